"""Text as the server keeps it: checked, trimmed, with entities that fit. Everything counts in UTF-16 units."""

import re
from typing import Any

from bot.standins.telegram.errors import bad_request

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

Entity = dict[str, Any]

# What a client may ask for. The rest of the known types the server finds by itself and ignores when sent.
FORMATTING = frozenset(
    (
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    )
)
DETECTED = frozenset(
    (
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
    )
)
CODE = frozenset(("code", "pre"))
QUOTES = frozenset(("blockquote", "expandable_blockquote"))

_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>]*[^\s<>.,;:!?'\")\]])"
    r"|(?<![\w/@.])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z0-9_]{3,32})(?!\w)"
    r"|(?<![\w/])(?P<hashtag>\#\w{1,256})"
)


def units(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def beginning(text: str, limit: int) -> str:
    """The beginning of a text, at most `limit` UTF-16 units."""
    while units(text) > limit:
        text = text[:-1]
    return text


def pieces(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text cut every `limit` units, as an app cuts what a person pastes; no cut falls inside a character."""
    if text.isascii():
        return [text[start : start + limit] for start in range(0, len(text), limit)]
    cut: list[str] = []
    piece: list[str] = []
    size = 0
    for character in text:
        width = 2 if ord(character) > 0xFFFF else 1
        if size + width > limit:
            cut.append("".join(piece))
            piece, size = [], 0
        piece.append(character)
        size += width
    return [*cut, "".join(piece)] if piece else cut


def detected(text: str, taken: list[Entity] | None = None) -> list[Entity]:
    """The commands, mentions, links and hashtags in `text` that do not touch what `taken` covers."""
    if not any(sign in text for sign in "/@#"):
        return []
    closed = [e for e in taken or () if e["type"] in CODE or e["type"] in ("text_link", "text_mention")]
    found: list[Entity] = []
    for match in _FOUND.finditer(text):
        start = units(text[: match.start()])
        entity = {"type": match.lastgroup, "offset": start, "length": units(match[0])}
        if not any(_overlap(entity, other) for other in closed):
            found.append(entity)
    return found


def checked(text: str, entities: list[Any] | None) -> tuple[str, list[Entity]]:
    """The text and entities as the server keeps them: trimmed, sorted, nothing formatted inside code.

    Raises ApiError in the server's words for an entity that it would refuse.
    """
    wanted = [entity for raw in entities or () if (entity := _parsed(raw)) is not None]
    if wanted:
        _check_bounds(text, wanted)
        wanted.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    text, wanted = _trimmed(text, wanted)
    if any(entity["type"] in CODE for entity in wanted):
        wanted = _outside_code(wanted)
    if extra := detected(text, wanted):
        wanted = sorted([*wanted, *extra], key=lambda entity: (entity["offset"], -entity["length"]))
    return text, wanted


def _parsed(raw: Any) -> Entity | None:
    if not isinstance(raw, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    kind = raw.get("type")
    if kind in DETECTED:
        return None
    if kind not in FORMATTING:
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    offset, length = raw.get("offset"), raw.get("length")
    if not isinstance(offset, int) or not isinstance(length, int):
        raise bad_request("can't parse MessageEntity: Field must be of type Number")
    if not 0 <= offset <= 1_000_000:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if not 0 <= length <= 1_000_000:
        raise bad_request(f"receive an entity with incorrect length {length}")
    if length == 0:
        return None
    if kind == "text_link" and not str(raw.get("url", "")).strip():
        raise bad_request("can't parse MessageEntity: Can't find field \"url\"")
    return {key: value for key, value in raw.items() if value is not None}


def _check_bounds(text: str, entities: list[Entity]) -> None:
    encoded = text.encode("utf-16-le", "surrogatepass")
    size = len(encoded) // 2

    def splits(position: int) -> bool:
        return position < size and 0xDC <= encoded[2 * position + 1] <= 0xDF

    def byte_of(position: int) -> int:
        return len(encoded[: 2 * position].decode("utf-16-le", "ignore").encode())

    for entity in entities:
        start = entity["offset"]
        end = start + entity["length"]
        if start >= size:
            raise bad_request(f"entity begins after the end of the text at UTF-16 offset {start}")
        if splits(start):
            raise bad_request(f"entity begins in a middle of a UTF-16 symbol at byte offset {byte_of(start)}")
        if end > size:
            raise bad_request(
                f"entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {size}"
            )
        if splits(end):
            raise bad_request(
                f"entity beginning at UTF-16 offset {start} ends in a middle of a UTF-16 symbol "
                f"at byte offset {byte_of(end)}"
            )


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without trailing space, and without leading space up to the first entity."""
    if "\r" in text and not entities:
        text = text.replace("\r", "")
    bare = text.rstrip(" \n\t\r")
    first = entities[0]["offset"] if entities else len(bare)
    lead = min(first, len(bare) - len(bare.lstrip(" \n")))
    bare = bare[lead:]
    if not entities or (not lead and len(bare) == len(text)):
        return bare, entities
    size = units(bare)
    kept: list[Entity] = []
    for entity in entities:
        start = entity["offset"] - lead
        length = min(entity["length"], size - start)
        if length > 0:
            kept.append({**entity, "offset": start, "length": length})
    return bare, kept


def _outside_code(entities: list[Entity]) -> list[Entity]:
    """Entities with everything but quotes cut away where code is: code holds nothing and stands in nothing else."""
    code = [entity for entity in entities if entity["type"] in CODE]
    kept: list[Entity] = []
    end_of_code = 0
    for entity in entities:
        if entity["type"] in CODE:
            if entity["offset"] >= end_of_code:
                kept.append(entity)
                end_of_code = entity["offset"] + entity["length"]
        elif entity["type"] in QUOTES:
            kept.append(entity)
        else:
            kept.extend(_without(entity, code))
    return sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def _without(entity: Entity, holes: list[Entity]) -> list[Entity]:
    pieces = [(entity["offset"], entity["offset"] + entity["length"])]
    for hole in holes:
        left, right = hole["offset"], hole["offset"] + hole["length"]
        pieces = [
            piece
            for start, end in pieces
            for piece in ((start, min(end, left)), (max(start, right), end))
            if piece[0] < piece[1]
        ]
    return [{**entity, "offset": start, "length": end - start} for start, end in pieces]


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])
