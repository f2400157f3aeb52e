"""JSON from strangers: however deeply nested, with numbers of any size, and as lines of which each is a value."""

import json
import re
from typing import Any

from bot.archive.values import ImportFault

_LONG = 18
"""The most digits of a whole number that certainly fits; a longer one is read as a float."""


def parsed(data: bytes) -> Any:
    """What a file's JSON holds, in UTF-8, -16 or -32; a list of what its lines hold, where each is a value by itself.

    Raises ImportFault, which says where it breaks.
    """
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise ImportFault("The file is not text in UTF-8.") from error
    try:
        return _value(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and error.lineno > 1:
            return _lines(text)
        raise _broken(error.lineno, error.colno) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):
        return _patiently(text)


def _lines(text: str) -> list[Any]:
    values = []
    # Within a string there may be what else ends a line.
    for number, line in enumerate(text.split("\n"), 1):
        try:
            if line.strip():
                values.append(_value(line))
        except json.JSONDecodeError as error:
            raise _broken(number, error.colno) from error
    return values


def _broken(line: int, column: int) -> ImportFault:
    return ImportFault("The file is not JSON: line {line}, column {column}.", line=line, column=column)


def _patiently(text: str) -> Any:
    try:
        return _Reader(text).value()
    except (ValueError, IndexError, KeyError) as error:
        raise ImportFault("The file is not readable JSON.") from error


class _Reader:
    """Reads JSON without recursion: an export that nests each answer below its question is as deep as it is long."""

    _SPACE = re.compile(r"[ \t\r\n]*")
    _PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|-?Infinity|NaN")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self) -> Any:
        """The one value of the text. Raises ValueError, IndexError or KeyError: it is not JSON."""
        root: list[Any] = []
        open_: list[tuple[Any, str]] = [(root, "")]
        while True:
            character = self._sign()
            container, ending = open_[-1]
            if character == ending and not container:
                self._at += 1
                open_.pop()
            else:
                key = self._key() if isinstance(container, dict) else None
                value = self._scalar()
                if key is not None:
                    container[key] = value
                else:
                    container.append(value)
                if isinstance(value, dict | list) and self._text[self._at - 1] in "[{":
                    open_.append((value, "}" if isinstance(value, dict) else "]"))
                    continue
            self._close(open_)
            if len(open_) == 1:
                if self._sign() or len(root) != 1:
                    raise ValueError("more than one value")
                return root[0]

    def _close(self, open_: list[tuple[Any, str]]) -> None:
        """Past a comma, or the ends of what is open."""
        while len(open_) > 1:
            character = self._sign()
            if character == ",":
                self._at += 1
                if self._sign() == open_[-1][1]:
                    raise ValueError("a comma before the end")
                return
            if character != open_[-1][1]:
                raise ValueError("neither a comma nor the end")
            self._at += 1
            open_.pop()

    def _sign(self) -> str:
        found = self._SPACE.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at
        return self._text[self._at : self._at + 1]

    def _key(self) -> str:
        key = self._string()
        if self._sign() != ":":
            raise ValueError("no colon")
        self._at += 1
        return key

    def _string(self) -> str:
        if self._sign() != '"':
            raise ValueError("no string")
        found, self._at = json.decoder.scanstring(self._text, self._at + 1, True)  # type: ignore[attr-defined]
        text: str = found
        return text

    def _scalar(self) -> Any:
        character = self._sign()
        if character in ("{", "["):
            self._at += 1
            return {} if character == "{" else []
        if character == '"':
            return self._string()
        found = self._PLAIN.match(self._text, self._at)
        if found is None:
            raise ValueError("no value")
        self._at = found.end()
        return _plain(found[0])


_NAMED = {"true": True, "false": False, "null": None}


def _plain(text: str) -> Any:
    if text in _NAMED:
        return _NAMED[text]
    return int(text) if text.lstrip("-").isdigit() and len(text) <= _LONG else float(text)
