"""Rich messages: the server's limits, and a plain reading of Markdown into blocks.

The real server parses all of its Markdown and HTML; here a fence becomes a `pre` block, a line with number signs a
heading, and every other run of lines a paragraph: enough for an answer that a client can parse. What was sent is kept.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from bot.standins.telegram.errors import bad_request

MAX_BYTES = 32_768
MAX_BLOCKS = 500
MAX_DEPTH = 16
MAX_COLUMNS = 20
FORMS = ("markdown", "html", "blocks")

_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*(\S*)[^\n]*\n(.*?)(?:^\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*)$")
_TAG = re.compile(r"<[^<>]*>")

Block = dict[str, Any]


def checked_rich(message: dict[str, Any], *, draft: bool = False) -> dict[str, Any]:
    """The rich message as the server gives it back: `{"blocks": [...]}`, with `is_rtl` where it was set.

    Raises ApiError if not exactly one form is used or a limit is passed.
    """
    given = [form for form in FORMS if message.get(form)]
    if not given:
        raise bad_request("rich message must be non-empty")
    if len(given) > 1:
        raise bad_request("exactly one of the fields html, markdown, or blocks must be used")
    content = message[given[0]]
    size = len(content.encode()) if isinstance(content, str) else len(orjson.dumps(content))
    if size > MAX_BYTES:
        raise bad_request("RICH_MESSAGE_TOO_LONG")
    blocks = content if isinstance(content, list) else list(_blocks_of(content, html=given[0] == "html"))
    _check_blocks(blocks, draft=draft)
    kept: dict[str, Any] = {"blocks": blocks}
    if message.get("is_rtl"):
        kept["is_rtl"] = True
    return kept


def rich_text(blocks: list[Block]) -> str:
    """The visible text of blocks, one line per block, cell or item."""
    return "\n".join(line for block in blocks if (line := _plain(block)))


def _plain(value: Any) -> str:
    match value:
        case str():
            return value
        case list():
            return "".join(_plain(piece) for piece in value)
        case {"type": "table", "cells": rows}:
            return "\n".join("\t".join(_plain(cell.get("text", "")) for cell in row) for row in rows)
        case {"items": items}:
            return "\n".join(f"{item.get('label', '•')} {rich_text(item.get('blocks', []))}" for item in items)
        case {"blocks": blocks}:
            return "\n".join(filter(None, (_plain(value.get("summary", "")), rich_text(blocks))))
        case {"expression": expression}:
            return str(expression)
        case {"text": text}:
            return _plain(text)
    return ""


def _blocks_of(source: str, *, html: bool) -> Iterator[Block]:
    end = 0
    for fence in _FENCE.finditer(source) if not html else ():
        yield from _paragraphs(source[end : fence.start()])
        block: Block = {"type": "pre", "text": fence[3].removesuffix("\n")}
        if fence[2]:
            block["language"] = fence[2]
        yield block
        end = fence.end()
    rest = source[end:]
    yield from _paragraphs(_TAG.sub("", rest) if html else rest)


def _paragraphs(source: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n[ \t]*\n", source):
        if text := paragraph.strip("\n"):
            heading = _HEADING.match(text)
            if heading and "\n" not in text:
                yield {"type": "heading", "text": heading[2], "size": len(heading[1])}
            elif text.strip():
                yield {"type": "paragraph", "text": text}


def _check_blocks(blocks: list[Block], *, draft: bool) -> None:
    if sum(_count(block, 1, draft=draft) for block in blocks) > MAX_BLOCKS:
        raise bad_request("RICH_MESSAGE_TOO_MANY_BLOCKS")


def _count(block: Any, depth: int, *, draft: bool) -> int:
    """Blocks with what is nested in them; list items and table rows count too."""
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        raise bad_request("can't parse rich message block: expected an Object with a type")
    if depth > MAX_DEPTH:
        raise bad_request("RICH_MESSAGE_NESTING_TOO_DEEP")
    if block["type"] == "thinking" and not draft:
        raise bad_request("thinking blocks can be used only in drafts")
    count = 1
    if rows := block.get("cells"):
        if max(len(row) for row in rows) > MAX_COLUMNS:
            raise bad_request("RICH_MESSAGE_TABLE_TOO_WIDE")
        count += len(rows)
    nested = list(block.get("blocks") or ())
    for item in block.get("items") or ():
        count += 1
        nested.extend(item.get("blocks") or ())
    return count + sum(_count(inner, depth + 1, draft=draft) for inner in nested)
