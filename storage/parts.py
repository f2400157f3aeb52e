"""The parts of a message as the database keeps them.

JSON: {"text": …}, {"quoted": its words, "what": …}, {"file": remote id, "name": …, "type": …, "bytes": …, "spoken":
true for a voice message}, {"call": id, "tool": …, "arguments": …, "by": …, "opaque": …} or {"result": the call's id,
"content": …, "outcome": …}.
"""

from typing import Any

import orjson

from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.messages import FilePart, Part, QuotedPart, TextPart


def parts_to_json(parts: tuple[Part, ...]) -> str:
    """Parts as the database keeps them."""
    return orjson.dumps([_part_to_data(part) for part in parts]).decode()


def parts_from_json(text: str) -> tuple[Part, ...]:
    """The reverse of `parts_to_json`."""
    return tuple(map(_part_from_data, orjson.loads(text)))


def _part_from_data(data: dict[str, Any]) -> Part:
    if "text" in data:
        return TextPart(data["text"])
    if "quoted" in data:
        return QuotedPart(data["what"], data["quoted"])
    if "call" in data:
        return CallPart(data["call"], data["tool"], data["arguments"], data.get("by", ""), data.get("opaque", ""))
    if "result" in data:
        return ResultPart(data["result"], data["content"], Outcome(data["outcome"]))
    return FilePart(data["file"], data["name"], data["type"], data.get("bytes"), data.get("spoken", False))


def _part_to_data(part: Part) -> dict[str, object]:
    match part:
        case TextPart(text):
            return {"text": text}
        case QuotedPart(what, text):
            return {"quoted": text, "what": what}
        case FilePart(remote_id, name, media_type, size_bytes, spoken):
            data: dict[str, object] = {"file": remote_id, "name": name, "type": media_type, "bytes": size_bytes}
            return data | {"spoken": True} if spoken else data
        case CallPart(call, tool, arguments, made_by, opaque):
            return {"call": call, "tool": tool, "arguments": arguments, "by": made_by, "opaque": opaque}
        case ResultPart(call, text, outcome):
            return {"result": call, "content": text, "outcome": outcome.value}
