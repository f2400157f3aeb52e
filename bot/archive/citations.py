"""What ChatGPT writes in place of sources: spans between private-use characters, and lenticular brackets.

    \\ue200cite\\ue202turn0search1\\ue202turn0news2\\ue201     sources; `metadata.content_references` says which
    \\ue200entity\\ue202["city","Paris","capital"]\\ue201       a name that was made a link
    \\ue203 … \\ue204                                        marks around a text that has sources
    【4†source】, 【12:0†plan.pdf】                              sources; `metadata.citations` has where they lead

Seen in exports of 2023 to 2026 as the readers of convoviz (docs/dev/chatgpt-spec.md) and of LibreChat
(api/server/utils/import/importers.js) describe them. OpenAI documents none of it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.archive.fields import mapping, number, objects, sequence, words
from bot.archive.losses import CITATIONS, Losses
from bot.archive.markdown import link

_SPAN = re.compile("[ \t]*\ue200([^\ue200\ue201]{0,4000})(?:\ue201|$)")
_MARKS = re.compile("[\ue200-\ue206]")
_BRACKET = re.compile(r"[ \t]*【([^【】\n]{0,200}†[^【】\n]{0,200})】")
_NUMBER = re.compile(r"\d{1,6}")
_NAMES = ("entity", "url", "link")
"""Spans whose first argument is shown to the person."""
_MOST_LINKS = 8


def cited(text: str, metadata: Mapping[str, Any], losses: Losses) -> str:
    """The text with sources as links, if the metadata has their addresses; the others are removed and counted."""
    if "\ue200" in text or "\ue203" in text:
        references = {words(each.get("matched_text")): each for each in objects(metadata.get("content_references"))}
        text = _SPAN.sub(lambda found: _span(found, references, losses), text)
        text = _MARKS.sub("", text)
    if "【" in text:
        sources = dict(_sources(text, metadata))
        text = _BRACKET.sub(lambda found: _bracket(found, sources, losses), text)
    return text


def _span(found: re.Match[str], references: Mapping[str, Mapping[str, Any]], losses: Losses) -> str:
    whole = found[0].lstrip(" \t")
    space = found[0][: len(found[0]) - len(whole)]
    kind, *given = found[1].split("\ue202")
    if (links := _links(references.get(whole, {}))) or kind not in _NAMES:
        losses.add(CITATIONS, int(not links))
        return " " + links if links else ""
    return space + _name(given)


def _name(given: list[str]) -> str:
    """What a person reads of a span that names something: its arguments are words, or one list in JSON."""
    first = given[0] if given else ""
    try:
        listed = sequence(json.loads(first))
    except (ValueError, RecursionError):
        return first
    texts = [words(each) for each in listed if isinstance(each, str)]
    return texts[1] if len(texts) > 1 else texts[0] if texts else ""


def _links(reference: Mapping[str, Any]) -> str:
    items = objects(reference.get("items"))
    supporting = [each for item in items for each in objects(item.get("supporting_websites"))]
    pairs = [(words(each.get("title")), words(each.get("url"))) for each in (reference, *items, *supporting)]
    pairs += [("", words(url)) for url in sequence(reference.get("safe_urls"))]
    made: dict[str, str] = {}
    for title, url in pairs:
        if url and url not in made and (shown := link(title, url)):
            made[url] = shown
    return ", ".join(list(made.values())[:_MOST_LINKS])


def _sources(text: str, metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The addresses of brackets: by the words that a citation replaces, and by its number."""
    for each in objects(metadata.get("citations")):
        about = mapping(each.get("metadata"))
        made = link(words(about.get("title")), words(about.get("url")))
        start, end = number(each.get("start_ix")), number(each.get("end_ix"))
        if made and start is not None and end is not None and 0 <= start < end <= len(text):
            yield text[int(start) : int(end)].strip(), made
        index = number(mapping(about.get("extra")).get("cited_message_idx"))
        if made and index is not None:
            yield str(int(index)), made


def _bracket(found: re.Match[str], sources: Mapping[str, str], losses: Losses) -> str:
    first = _NUMBER.match(found[1])
    made = sources.get(found[0].strip()) or (sources.get(first[0]) if first is not None else None)
    losses.add(CITATIONS, int(made is None))
    return f" {made}" if made else ""
