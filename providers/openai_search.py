"""Searching the web by OpenAI's way: `/responses` with the tool `web_search`.

Facts that shape this module (https://developers.openai.com/api/docs/guides/tools-web-search, November 2026): chat
completions search with models of their own kind alone; each search is billed by itself, opening a page it found is not;
what the answer cites stands in the annotations of its text.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from bot.contracts.web import Findings, Hit
from bot.domain.provider_errors import StreamBroken
from providers.loose import dicts_in, values_in, words_of_content
from providers.own_search import LONGEST_FINDINGS, MOST_SEARCHES, findings, request_for
from providers.usage import chat_usage


def asked(model: str, words: str) -> bytes:
    """The body of a request that has `words` searched for."""
    return orjson.dumps(
        {
            "model": model,
            "input": request_for(words),
            "tools": [{"type": "web_search"}],
            "max_tool_calls": MOST_SEARCHES,
            "max_output_tokens": LONGEST_FINDINGS,
            "store": False,
        }
    )


def found(data: bytes, endpoint: str) -> Findings:
    """What an answer holds.

    Raises:
        StreamBroken: it is no answer of this kind.
        EmptyAnswer: nothing was found.
    """
    answer = next(iter(values_in(data)[0]), None)
    output = answer.get("output") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(output, list):
        raise StreamBroken(f"{endpoint!r} returned nothing that was searched for.")
    items = dicts_in(output)
    searches = sum(map(_is_search, items))
    contents = [part for item in items if item.get("type") == "message" for part in dicts_in(item.get("content"))]
    text = "\n\n".join(words_of_content(part.get("text")) for part in contents)
    pages = [page for part in contents for page in _cited(part.get("annotations"))]
    return findings(text, pages, searches, chat_usage(answer.get("usage")))


def _is_search(item: dict[str, Any]) -> bool:
    action = item.get("action")
    kind = action.get("type") if isinstance(action, dict) else "search"
    return item.get("type") == "web_search_call" and kind == "search"


def _cited(annotations: Any) -> Iterator[Hit]:
    for note in dicts_in(annotations):
        if note.get("type") == "url_citation":
            yield Hit(str(note.get("title") or ""), str(note.get("url") or ""), "")
