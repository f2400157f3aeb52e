"""Searching the web by Anthropic's way: Messages with the server's tool `web_search`.

Facts that shape this module (https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool, November
2026): a search that fails is a result with an error code in an answer of status 200, and is not billed; a long turn is
paused (`pause_turn`) and goes on when what has come is sent back as it is; what was found is read as input.
"""

from collections.abc import Iterable
from typing import Any

from bot.contracts.web import Findings, Hit
from bot.domain.provider_errors import StreamBroken
from bot.domain.turns import Usage
from providers.anthropic_events import encode
from providers.chat import plain_word
from providers.loose import dicts_in, values_in
from providers.own_search import LONGEST_FINDINGS, MOST_SEARCHES, findings, request_for
from providers.usage import chat_usage, together

_TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": MOST_SEARCHES}
"""The version that every model takes that has any."""
_PAUSE = "pause_turn"


class AnthropicSearch:
    """One search, with all its pauses."""

    def __init__(self, model: str, words: str, endpoint: str) -> None:
        self.over = False
        self._endpoint = endpoint
        self._model = model
        self._question = {"role": "user", "content": request_for(words)}
        self._said: list[dict[str, Any]] = []
        self._used: list[Usage | None] = []
        self._searches = 0

    def asked(self) -> bytes:
        """The body of the next request."""
        said = [{"role": "assistant", "content": self._said}] if self._said else []
        return encode(
            {
                "model": self._model,
                "max_tokens": LONGEST_FINDINGS,
                "messages": [self._question, *said],
                "tools": [_TOOL],
            }
        )

    def take(self, data: bytes) -> None:
        """An answer has come. Raises StreamBroken where it is none."""
        answer = next(iter(values_in(data)[0]), None)
        content = answer.get("content") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(content, list):
            raise StreamBroken(f"{self._endpoint!r} returned nothing that was searched for.")
        blocks = dicts_in(content)
        self._said += blocks
        counts = answer.get("usage")
        self._used.append(chat_usage(counts))
        self._searches += _searches(counts)
        self.over = plain_word(answer.get("stop_reason")) != _PAUSE or not blocks

    def found(self) -> Findings:
        """What came of it. Raises EmptyAnswer where nothing was found."""
        texts = (text for block in self._said if isinstance(text := block.get("text"), str))
        return findings("".join(texts), [*self._pages()], self._searches, together(self._used))

    def _pages(self) -> Iterable[Hit]:
        """Those that the model cites before those that it was shown."""
        named = [note for block in self._said for note in dicts_in(block.get("citations"))]
        shown = [
            result
            for block in self._said
            if block.get("type") == "web_search_tool_result"
            for result in dicts_in(block.get("content"))
        ]
        for page in (*named, *shown):
            words = str(page.get("cited_text") or "")
            yield Hit(str(page.get("title") or ""), str(page.get("url") or ""), words)


def _searches(counts: Any) -> int:
    served = counts.get("server_tool_use") if isinstance(counts, dict) else None
    made = served.get("web_search_requests") if isinstance(served, dict) else None
    return made if isinstance(made, int) and not isinstance(made, bool) and made >= 0 else 0
