"""Recordings and films, told apart by their tracks: the same container can hold either.

Nothing is decoded. What the sender's program calls a file is not believed: who transcribes it goes by type and name.
"""

from collections.abc import Iterator
from typing import Literal

from bot.domain.messages import AudioPart

Tracks = Literal["sound", "film"]

EBML = b"\x1a\x45\xdf\xa3"
_OGG_FILMS = (b"theora", b"BBCD", b"OVP80", b"video")
_FILMS = (b"FLV\x01", b"\0\0\x01\xba", b"\0\0\x01\xb3")
_MPEG = (b"ID3", *(bytes((0xFF, head)) for head in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2)))
"""With tags before it, or of MPEG 1, 2 and 2.5, each with and without a sum to check it by."""

_AAC = (b"\xff\xf1", b"\xff\xf9")
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip")
_HOLDS = frozenset((b"moov", b"trak", b"mdia"))
_MOST_BOXES = 4096

_SEGMENT, _TRACKS, _TRACK, _TYPE = 0x18538067, 0x1654AE6B, 0xAE, 0x83
_CLUSTER = 0x1F43B675


def sound_of(data: bytes) -> tuple[str, str] | None:
    """The media type of a recording and how its name should end; None if it is none."""
    form = _form(data)
    return None if form is None or _has_pictures(data) else form


def is_film(data: bytes) -> bool:
    """Whether it is a film."""
    is_avi = data.startswith(b"RIFF") and data[8:12] == b"AVI "
    return is_avi or data.startswith(_FILMS) or _has_pictures(data)


def recording(data: bytes, name: str, media_type: str) -> AudioPart:
    """The recording with the right media type and file extension."""
    told = sound_of(data)
    if told is None:
        return AudioPart(data, media_type, name)
    stem = name.rpartition(".")[0] or name or "recording"
    return AudioPart(data, told[0], f"{stem}{told[1]}")


def _form(data: bytes) -> tuple[str, str] | None:
    if data.startswith(b"OggS"):
        return "audio/ogg", ".ogg"
    if data.startswith(_MPEG):
        return "audio/mpeg", ".mp3"
    if data.startswith(_AAC):
        return "audio/aac", ".aac"
    if data.startswith(b"fLaC"):
        return "audio/flac", ".flac"
    if data.startswith(b"#!AMR"):
        return "audio/amr", ".amr"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "audio/wav", ".wav"
    if data.startswith(b"FORM") and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio/aiff", ".aiff"
    return _form_of_tracks(data)


def _form_of_tracks(data: bytes) -> tuple[str, str] | None:
    if data.startswith(EBML):
        if "sound" not in set(_matroska(data)):
            return None
        return ("audio/webm", ".webm") if b"webm" in data[:64] else ("audio/x-matroska", ".mka")
    if _is_boxed(data) and (data[8:12] in _SOUND_BRANDS or "sound" in set(_boxed(data))):
        return ("audio/3gpp", ".3gp") if data[8:11] in (b"3gp", b"3g2") else ("audio/mp4", ".m4a")
    return None


def _has_pictures(data: bytes) -> bool:
    if data.startswith(b"OggS"):
        # The first pages name the codec of every stream.
        return any(mark in data[:512] for mark in _OGG_FILMS)
    if data.startswith(EBML):
        return "film" in set(_matroska(data))
    return _is_boxed(data) and "film" in set(_boxed(data))


def _is_boxed(data: bytes) -> bool:
    return data[4:8] == b"ftyp" or (data[:1] == b"\0" and data[4:8] in _QUICKTIME)


def _boxed(data: bytes) -> Iterator[Tracks]:
    """The tracks of an MP4, 3GP or QuickTime file (ISO 14496-12, 8.4.3: a handler says what a track is)."""
    waiting = [(0, len(data))]
    for _ in range(_MOST_BOXES):
        if not waiting:
            return
        place, end = waiting.pop()
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        begin = place + 8
        if size == 1:
            size, begin = int.from_bytes(data[place + 8 : place + 16], "big"), place + 16
        after = place + size if size else end
        if after < begin or len(kind) < 4:
            continue
        if after + 8 <= end:
            waiting.append((after, end))
        if kind in _HOLDS:
            waiting.append((begin, min(after, end)))
        elif kind == b"hdlr":
            handler = data[begin + 8 : begin + 12]
            if handler in (b"soun", b"vide"):
                yield "sound" if handler == b"soun" else "film"


def _matroska(data: bytes) -> Iterator[Tracks]:
    """The tracks of a WebM or Matroska file (RFC 9559, 5.1.4.1.3)."""
    waiting = [(0, len(data))]
    for _ in range(_MOST_BOXES):
        if not waiting:
            return
        place, end = waiting.pop()
        name, begin = _number(data, place, marked=True)
        size, begin = _number(data, begin, marked=False)
        after = end if size < 0 else begin + size
        if begin >= end or name == _CLUSTER:
            continue
        if after < end:
            waiting.append((after, end))
        if name in (_SEGMENT, _TRACKS, _TRACK):
            waiting.append((begin, min(after, end)))
        elif name == _TYPE and data[begin] in (1, 2):
            yield "film" if data[begin] == 1 else "sound"


def _number(data: bytes, place: int, *, marked: bool) -> tuple[int, int]:
    """An EBML number (RFC 8794, 4) and its end; -1 for an unknown size."""
    first = data[place] if place < len(data) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(data[place : place + width], "big")
    if not marked:
        value &= (1 << (7 * width)) - 1
        value = -1 if value == (1 << (7 * width)) - 1 else value
    return value, place + width
