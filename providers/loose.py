"""JSON of strangers, read generously: what is of another form than documented costs nothing but itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

_TEXTS = ("text", "output_text", "content", "value", "refusal")
"""Where parts of a content keep their words."""
_BETWEEN = re.compile(r"[\s,\]\x00\ufeff]*")
_DECODER = json.JSONDecoder(strict=False)
_MOST_VALUES = 100_000
_HALVES = re.compile("[\ud800-\udfff]")


class Halves:
    """Puts halves of surrogate pairs together: some servers cut between the two, and their JSON is cut as well."""

    def __init__(self) -> None:
        self.held = ""
        """A half whose other one may be to come."""

    def joined(self, text: str) -> str:
        """`text` behind what was held; of a half whose other one may be to come, nothing yet."""
        if not self.held and (text.isascii() or not _HALVES.search(text)):
            return text
        text, self.held = self.held + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self.held = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def values_in(data: bytes) -> tuple[list[Any], bool]:
    """The JSON values in `data`, one after the other, and whether that is all of it.

    Half a surrogate pair, NaN, a raw tab or a broken byte cost nothing else; of a list that is torn, the values before
    the tear are left.
    """
    try:
        return [orjson.loads(data)], True
    except ValueError:
        return _values_one_by_one(data.decode("utf-8", "replace"))


def _values_one_by_one(text: str) -> tuple[list[Any], bool]:
    found: list[Any] = []
    at = 0
    while len(found) < _MOST_VALUES and (match := _BETWEEN.match(text, at)) is not None:
        at = match.end()
        if at == len(text):
            return found, bool(found)
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            if text[at] != "[" or found:
                break
            # A list that is torn: its values are read as if they stood alone.
            at += 1
            continue
        found.append(value)
    return found, False


def words_of_content(content: Any) -> str:
    """The words in a content of whatever form: a string, or parts that hold strings."""
    return content if isinstance(content, str) else "".join(_words(content))


def dicts_in(values: Any) -> list[dict[str, Any]]:
    """The objects in a list; [] if it is none."""
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def spoken(content: Any) -> Iterator[tuple[str, str]]:
    """A content as (thought, text), part by part: thinking models put both into one list."""
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict) and str(part.get("type")).startswith(("thinking", "reasoning")):
            yield words_of_content(part.get("thinking") or part.get("reasoning") or part.get("summary") or part), ""
        else:
            yield "", words_of_content(part)


def error_in(event: dict[str, Any]) -> Any:
    """The error that an event is, in any of its forms; None if it is none."""
    if (error := event.get("error")) and not is_blank(error):
        return error
    if event.get("object") == "error" or event.get("type") == "error":
        return event
    told = event.get("message") or event.get("detail") or event.get("msg")
    if not isinstance(told, str) or "choices" in event or "done" in event or "candidates" in event:
        return None
    return event


def is_blank(error: Any) -> bool:
    """Whether an error says that there is none: some send the field with every event."""
    if isinstance(error, dict):
        return all(is_blank(value) for value in error.values())
    return not error or error in ("0", "ok", "OK", "success", "none", "None", "null")


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for inner in part:
            yield from _words(inner)
    elif isinstance(part, dict):
        for name in _TEXTS:
            if isinstance(part.get(name), str | list | dict):
                yield from _words(part[name])
                return
