"""What Google's API does with beginnings of conversations that it is to keep, and how it refuses."""

import re
from collections.abc import Mapping
from typing import Any

LEAST_TOKENS = 4096
"""Of what is kept."""
_ALONE = ("systemInstruction", "tools", "toolConfig")


class KeptContents:
    """What is kept for those who asked for it, by its name. Words count as tokens."""

    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}
        """The bodies they were made by. What is taken out has come to its end."""

    def keep(self, body: Mapping[str, Any]) -> str | dict[str, Any]:
        """Keep a beginning: what is answered, or why it is refused."""
        if not str(body.get("model")).startswith("models/"):
            return "* CreateCachedContentRequest.model: unexpected model name format"
        if not re.fullmatch(r"[0-9.]+s", str(body.get("ttl"))):
            return "CachedContent expiration must be set by ttl or expire_time."
        tokens = _tokens_in([body.get("systemInstruction"), body.get("contents")])
        if tokens < LEAST_TOKENS:
            return f"Cached content is too small. total_token_count={tokens}, min_total_token_count={LEAST_TOKENS}"
        name = f"cachedContents/{len(self.kept):016x}"
        self.kept[name] = body
        return {"name": name, "model": body["model"], "usageMetadata": {"totalTokenCount": tokens}}

    def whole(self, model: str, body: Mapping[str, Any]) -> tuple[int, str] | dict[str, Any]:
        """A request with the beginning that it names put before it, or with which status and words it is refused."""
        if (name := body.get("cachedContent")) is None:
            return dict(body)
        if name not in self.kept:
            return 403, "CachedContent not found (or permission denied)"
        if any(key in body for key in _ALONE):
            return 400, (
                "CachedContent can not be used with GenerateContent request setting system_instruction, tools or "
                "tool_config. Proposed fix: move those values to CachedContent from GenerateContent request."
            )
        kept = self.kept[name]
        if kept["model"] != f"models/{model}":
            return 400, f"Model used by GenerateContent request (models/{model}) and CachedContent has to be the same."
        return {**body, "contents": [*kept["contents"], *body["contents"]]}


def _tokens_in(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_tokens_in(each) for each in value.values())
    if isinstance(value, list):
        return sum(map(_tokens_in, value))
    return len(value.split()) if isinstance(value, str) else 0
