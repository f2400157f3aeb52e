"""Outlook's own files of a letter ([MS-OXMSG]): compound files whose streams are called by the properties they hold."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.files.reader.compound import Compound
from bot.files.reader.mapi import BINARY, NARROW, WIDE, Attached, Item, Properties, Value, codec_of, value_of
from bot.files.reader.trouble import Trouble

_FIXED = "__properties_version1.0"
"""The stream of all properties whose values are no longer than eight bytes."""

_HEADS = {"": 32, "letter": 24, "other": 8}
"""Bytes before the first of them: of the letter itself, of one within it, of what belongs to one."""

_STREAM = re.compile("__substg1\\.0_([0-9A-F]{4})([0-9A-F]{4})", re.IGNORECASE)
_LETTER = "__substg1.0_3701000D"
_DEEPEST = 8
"""Letters within letters."""


def read_item(path: Path) -> Item:
    """The letter in such a file. Raises `Trouble`."""
    file = Compound(path)
    if _FIXED not in file.names(""):
        raise Trouble("broken")
    return _item(file, "", 0)


def _item(file: Compound, storage: str, depth: int) -> Item:
    properties = _properties(file, storage, "letter" if storage else "", None)
    codec = codec_of(properties)
    folders = [f"{storage}{name}/" for name in file.names(storage)]
    return Item(
        properties,
        [
            _properties(file, folder, "other", codec)
            for folder in folders
            if "__recip_version1.0_" in folder[len(storage) :]
        ],
        [
            _attached(file, folder, codec, depth)
            for folder in folders
            if "__attach_version1.0_" in folder[len(storage) :]
        ],
    )


def _attached(file: Compound, folder: str, codec: str, depth: int) -> Attached:
    properties = _properties(file, folder, "other", codec)
    if _LETTER in file.names(folder) and depth < _DEEPEST:
        return Attached(properties, _item(file, f"{folder}{_LETTER}/", depth + 1))
    return Attached(properties)


def _properties(file: Compound, storage: str, head: str, codec: str | None) -> Properties:
    found: dict[int, Value] = dict(_fixed(file.stream(f"{storage}{_FIXED}") or b"", _HEADS[head]))
    codec = codec or codec_of(found)
    for name in file.names(storage):
        told = _STREAM.fullmatch(name)
        if told is None:
            continue
        number, kind = (int(each, 16) for each in told.groups())
        if kind in (NARROW, WIDE, BINARY) and (data := file.stream(f"{storage}{name}")) is not None:
            found[number] = value_of(kind, data, codec)
    return found


def _fixed(data: bytes, head: int) -> Iterator[tuple[int, Value]]:
    for at in range(head, len(data) - 15, 16):
        kind, number = (int.from_bytes(data[at + place : at + place + 2], "little") for place in (0, 2))
        if kind not in (NARROW, WIDE, BINARY):
            yield number, value_of(kind, data[at + 8 : at + 16], "ascii")
