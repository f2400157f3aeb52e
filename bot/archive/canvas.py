"""ChatGPT's canvases: documents that an answer writes and changes by calls of a tool named `canmore`.

    canmore.create_textdoc   {"name", "type": "document" | "code/LANGUAGE", "content"}
    canmore.update_textdoc   {"updates": [{"pattern", "multiple", "replacement"}]}
    canmore.comment_textdoc  {"comments": [{"pattern", "comment"}]}

A pattern is a regular expression from a stranger, which is never run: one that means the whole text, or that is a text
without any special sign, is followed; others are counted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.archive.fields import MOST_TEXT, line, mapping, objects, words
from bot.archive.losses import CANVAS, Losses
from bot.archive.markdown import fence

PREFIX = "canmore."
_WHOLE = (".*", "(?s).*", "^.*$", "[\\s\\S]*")
_ESCAPED = re.compile(r"\\([^\w])")
_SPECIAL = re.compile(r"(?<!\\)(?:\\\\)*[.*+?^$()\[\]{}|]|\\[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canvas as it stands."""

    name: str
    kind: str
    content: str

    def shown(self) -> str:
        """The canvas as part of an answer."""
        kind, _, language = self.kind.partition("/")
        body = fence(self.content, language) if kind == "code" else self.content
        return f"**{self.name.replace('*', '')}**\n\n{body}" if self.name else body


def called(recipient: str, given: str, open_: Canvas | None, losses: Losses) -> Canvas | None:
    """The canvas after a call; None if it shows nothing new."""
    try:
        args = mapping(json.loads(given))
    except (ValueError, RecursionError):
        losses.add(CANVAS)
        return None
    if recipient.endswith("create_textdoc") and words(args.get("content")):
        return Canvas(line(args.get("name"), 100), line(args.get("type"), 40), words(args.get("content")))
    updates = objects(args.get("updates"))
    if recipient.endswith("update_textdoc") and open_ is not None and updates:
        changed = open_
        for update in updates:
            changed = _updated(changed, update, losses)
        return changed if changed != open_ else None
    losses.add(CANVAS)
    return None


def _updated(canvas: Canvas, update: Mapping[str, Any], losses: Losses) -> Canvas:
    pattern, replacement = words(update.get("pattern")), words(update.get("replacement"))
    if pattern in _WHOLE:
        return replace(canvas, content=replacement)
    plain = _ESCAPED.sub(r"\1", pattern)
    if not plain or _SPECIAL.search(pattern) or plain not in canvas.content:
        losses.add(CANVAS)
        return canvas
    count = canvas.content.count(plain) if update.get("multiple") is True else 1
    if len(canvas.content) + count * (len(replacement) - len(plain)) > MOST_TEXT:
        losses.add(CANVAS)
        return canvas
    return replace(canvas, content=canvas.content.replace(plain, replacement, count))
