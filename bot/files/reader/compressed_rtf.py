"""RTF as Outlook packs it ([MS-OXRTFCP]): runs of what came before, or of what most of RTF begins with."""

import struct

from bot.files.reader.trouble import Trouble

_PACKED, _PLAIN = b"LZFu", b"MELA"
_WINDOW = 4096
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What stands in the window before anything is unpacked (2.1.3.1.1 there)."""


def unpacked(data: bytes) -> bytes:
    """The RTF in a packed property. Raises `Trouble`: it is none."""
    if len(data) < 16:
        raise Trouble("broken")
    _, size, form = struct.unpack_from("<II4s", data)
    if form == _PLAIN:
        return data[16 : 16 + size]
    if form != _PACKED:
        raise Trouble("broken")
    return _runs(data, size)


def _runs(data: bytes, size: int) -> bytes:
    """At most `size` bytes: eight letters or runs at a time, behind a byte that tells which of the two they are."""
    window = bytearray(_KNOWN.ljust(_WINDOW, b"\0"))
    write = len(_KNOWN)
    made = bytearray()
    at = 16
    while at < len(data) and len(made) < size:
        flags, at = data[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                run = data[at : at + 1]
                at += 1
            elif at + 2 > len(data):
                return bytes(made[:size])
            else:
                told = int.from_bytes(data[at : at + 2], "big")
                at += 2
                begin, length = told >> 4, (told & 0xF) + 2
                if begin == write:
                    return bytes(made[:size])
                run = _copied(window, begin, write, length)
            made += run
            for byte in run:
                window[write] = byte
                write = (write + 1) % _WINDOW
    return bytes(made[:size])


def _copied(window: bytearray, begin: int, write: int, length: int) -> bytes:
    """A run of the window, which may reach into what it is itself about to write."""
    known = (write - begin) % _WINDOW
    run = bytes(window[(begin + place) % _WINDOW] for place in range(min(length, known)))
    return (run * -(-length // len(run)))[:length]
