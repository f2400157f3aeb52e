"""The words of Telegram's messages: what stands behind them, and where in them the bot is named."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from handlers.telegram import rich_inbound
from handlers.telegram.rich_inbound import quote

Json = Mapping[str, Any]
Range = tuple[int, int]

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def units(text: str) -> int:
    """The length in UTF-16 units, which Telegram counts in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def index(text: str, offset: int) -> int:
    """Where a position in UTF-16 units stands in the string."""
    if text.isascii():
        return offset
    return len(text.encode("utf-16-le")[: 2 * offset].decode("utf-16-le", "ignore"))


def text_and_entities(message: Json) -> tuple[str, Sequence[Json]]:
    """The text or caption with its entities; a rich message's text comes without any."""
    if text := message.get("text"):
        return text, message.get("entities") or ()
    if (rich := message.get("rich_message")) is not None:
        return rich_inbound.to_markdown(rich["blocks"]), ()
    return message.get("caption") or "", message.get("caption_entities") or ()


def words(message: Json) -> str:
    """All words of a message as Markdown, with the addresses that stand behind them."""
    text, entities = text_and_entities(message)
    return marked(text, entities, (0, len(text)))


def marked(text: str, entities: Iterable[Json], part: Range) -> str:
    """A part of a text, with what of its formatting has a meaning: quotations, links, and code."""
    begin, end = part
    known = sorted(entities, key=_by_offset)
    pieces: list[str] = []
    done = begin
    for _, start, stop in _apart(text, known, _QUOTED, part):
        pieces += (_inline(text, known, (done, start)), quote(_inline(text, known, (start, stop))))
        done = stop
    if not pieces:
        return _inline(text, known, part)
    # Without an empty line, what follows a quotation would belong to it.
    return "\n\n".join(filter(None, (piece.strip("\n") for piece in (*pieces, _inline(text, known, (done, end))))))


def _inline(text: str, entities: Sequence[Json], part: Range) -> str:
    pieces: list[str] = []
    done, end = part
    for entity, start, stop in _apart(text, entities, _MARKED, part):
        pieces += (text[done:start], _with_meaning(text[start:stop], entity))
        done = stop
    return "".join((*pieces, text[done:end]))


def _apart(text: str, entities: Sequence[Json], kinds: Sequence[str], part: Range) -> Iterator[tuple[Json, int, int]]:
    """The entities of these kinds with where they stand, without what is cut away or inside another one."""
    done, end = part
    for entity in entities:
        if entity["type"] not in kinds:
            continue
        start, stop = _range(text, entity)
        if done <= start < stop <= end:
            yield entity, start, stop
            done = stop


_MARKED = ("text_link", "pre", "code")
_QUOTED = ("blockquote", "expandable_blockquote")


def _by_offset(entity: Json) -> int:
    offset: int = entity["offset"]
    return offset


def _range(text: str, entity: Json) -> Range:
    return index(text, entity["offset"]), index(text, entity["offset"] + entity["length"])


def _with_meaning(words: str, entity: Json) -> str:
    match entity["type"]:
        case "text_link":
            url = entity.get("url") or ""
            return words if words == url else f"[{words}]({url})"
        case "pre":
            return f"```{entity.get('language') or ''}\n{words}\n```"
        case _:
            return f"`{words}`"


def mentions(message: Json, username: str, bot: str) -> list[Range]:
    """Where in the text (in code points) the bot is named."""
    text, entities = text_and_entities(message)
    if message.get("rich_message") is not None and not message.get("text"):
        hidden = _CODE.sub(lambda code: " " * len(code[0]), text)
        name = re.compile(rf"(?<![\w@])@{re.escape(username)}(?!\w)", re.IGNORECASE)
        return [match.span() for match in name.finditer(hidden)]
    return [span for entity in entities if (span := _mention(text, entity, username, bot))]


def _mention(text: str, entity: Json, username: str, bot: str) -> Range | None:
    if entity["type"] not in ("mention", "text_mention"):
        return None
    start, end = _range(text, entity)
    named = text[start:end].lower() == f"@{username.lower()}"
    return (start, end) if named or str((entity.get("user") or {}).get("id")) == bot else None


def without(text: str, named: Sequence[Range]) -> Range:
    """The part of the text without mentions at its ends, and without the comma or colon after the first."""
    start, end = 0, len(text)
    for first, last in named:
        if not text[start:first].strip():
            start = last
    for first, last in reversed(named):
        if first >= start and not text[last:end].strip():
            end = first
    characters = ",: \n" if start else " \n"
    start += len(text[start:end]) - len(text[start:end].lstrip(characters))
    return start, start + len(text[start:end].rstrip())
