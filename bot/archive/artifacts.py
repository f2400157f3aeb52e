"""Claude's artifacts and files: what an answer writes by calling a tool, shown as part of that answer.

    artifacts    {"command": "create" | "update" | "rewrite", "id", "title", "type", "language", "content",
                  "old_str", "new_str"}
create_file  {"path", "file_text"}
repl         {"code"}
"""

from collections.abc import Mapping
from typing import Any

from bot.archive.fields import MOST_TEXT, line, words
from bot.archive.losses import CANVAS, TOOLS, Losses
from bot.archive.markdown import fence

_LANGUAGES = {
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.ant.react": "jsx",
}
_WORDS = ("text/markdown", "text/plain", "")


class Artifacts:
    """The artifacts of one conversation in their present state."""

    shown = ("artifacts", "create_file", "repl")
    """The tools whose calls are shown."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._known: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Content and the call that began it, by id."""

    def called(self, tool: str, given: Mapping[str, Any]) -> str:
        """What a call shows; "" for a call of another tool."""
        if tool == "repl" and words(given.get("code")):
            return fence(words(given.get("code")), "javascript")
        if tool == "create_file" and words(given.get("file_text")):
            name = line(given.get("path"), 100).rpartition("/")[2]
            return f"**{name.replace('*', '')}**\n\n{fence(words(given.get('file_text')), name.rpartition('.')[2])}"
        if tool == "artifacts":
            return self._artifact(given)
        self._losses.add(TOOLS)
        return ""

    def _artifact(self, given: Mapping[str, Any]) -> str:
        name, content = words(given.get("id")), words(given.get("content"))
        before, begun = self._known.get(name, ("", given))
        if not content:
            old, new = words(given.get("old_str")), words(given.get("new_str"))
            if not old or old not in before:
                self._losses.add(CANVAS)
                return ""
            content = before.replace(old, new, 1)[:MOST_TEXT]
        self._known[name] = content, begun
        return _shown({**begun, **{key: value for key, value in given.items() if value}}, content)


def _shown(about: Mapping[str, Any], content: str) -> str:
    kind, title = words(about.get("type")), line(about.get("title"), 100).replace("*", "")
    body = content
    if kind not in _WORDS:
        body = fence(content, line(about.get("language"), 30) or _LANGUAGES.get(kind, ""))
    return f"**{title}**\n\n{body}" if title else body
