"""The parts of a message as the database keeps them.

JSON: {"text": …} or {"file": remote id, "name": …, "type": …, "bytes": …, "spoken": true for a voice message}.
"""

import orjson

from bot.types import FilePart, Part, TextPart


def parts_to_json(parts: tuple[Part, ...]) -> str:
    """Parts as the database keeps them."""
    return orjson.dumps([_part_to_data(part) for part in parts]).decode()


def parts_from_json(text: str) -> tuple[Part, ...]:
    """The reverse of `parts_to_json`."""
    return tuple(
        TextPart(data["text"])
        if "text" in data
        else FilePart(data["file"], data["name"], data["type"], data.get("bytes"), data.get("spoken", False))
        for data in orjson.loads(text)
    )


def _part_to_data(part: Part) -> dict[str, object]:
    match part:
        case TextPart(text):
            return {"text": text}
        case FilePart(remote_id, name, media_type, size_bytes, spoken):
            data: dict[str, object] = {"file": remote_id, "name": name, "type": media_type, "bytes": size_bytes}
            return data | {"spoken": True} if spoken else data
