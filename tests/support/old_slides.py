"""A presentation as PowerPoint wrote it before 2007, as small as it can be ([MS-PPT])."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from tests.support.old_office import compound

TITLE = 0
"""Points to the first text of a slide's outline."""


class Margins(NamedTuple):
    """What stands in margins: flags of what is seen of it, a date, a foot."""

    shown: int
    date: str = ""
    foot: str = ""

    def record(self, instance: int = 0) -> bytes:
        """Of one slide; 3 is of all that have none of their own."""
        said = ((0, self.date), (2, self.foot))
        texts = (_record(4026, text.encode("utf-16-le"), nth) for nth, text in said if text)
        return _holder(4057, _record(4058, struct.pack("<HH", 0, self.shown)), *texts, instance=instance)


class Slide(NamedTuple):
    """Texts of the outline, which shapes point to; texts in boxes; rows of a table; notes; its own margins."""

    outline: Sequence[str] = ()
    boxes: Sequence[str] = ()
    table: Sequence[Sequence[str]] = ()
    notes: str = ""
    margins: Margins | None = None


def _record(kind: int, data: bytes, instance: int = 0, version: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def _holder(kind: int, *inside: bytes, instance: int = 0) -> bytes:
    return _record(kind, b"".join(inside), instance, 0xF)


def _words(text: str) -> bytes:
    signs = text.replace("\n", "\r")
    kind, data = (4008, signs.encode("latin-1")) if signs.isascii() else (4000, signs.encode("utf-16-le"))
    return _record(3999, bytes(4)) + _record(kind, data)


def _box(*inside: bytes) -> bytes:
    return _holder(0xF004, *inside)


def _drawing(slide: Slide) -> bytes:
    pointers = (_box(_holder(0xF00D, _record(3998, struct.pack("<I", nth)))) for nth in range(len(slide.outline)))
    boxes = (_box(_holder(0xF00D, _words(text))) for text in slide.boxes)
    cells = [
        _box(_record(0xF00F, struct.pack("<4i", 10 * left, 10 * top, 0, 0)), _holder(0xF00D, _words(text)))
        for top, line in enumerate(slide.table)
        for left, text in enumerate(line)
    ]
    # The cells of a table may stand in any order.
    table = [_holder(0xF003, _box(_record(0xF122, struct.pack("<HI", 0x39F, 1), 1)), *reversed(cells))] * bool(cells)
    return _holder(1036, _holder(0xF002, _holder(0xF003, _box(), *pointers, *boxes, *table)))


def ppt(
    slides: Sequence[Slide],
    *,
    before: Sequence[Slide] = (),
    shown: Sequence[int] = (),
    margins: Margins | None = None,
) -> bytes:
    """Slides, saved once or, with what stood there `before`, twice; in the order `shown` (all, as they are)."""
    of_all = b"" if margins is None else margins.record(3)
    data, places, last = b"", dict[int, int](), 0
    for version in filter(None, (before, slides)):
        for nth, slide in enumerate(version):
            places[2 + 2 * nth] = len(data)
            own = b"" if slide.margins is None else slide.margins.record()
            data += _holder(1006, _record(1007, bytes(24)), _drawing(slide), own)
            places[3 + 2 * nth] = len(data)
            notes = _drawing(Slide(boxes=[slide.notes] if slide.notes else []))
            data += _holder(1008, _record(1009, struct.pack("<II", 256 + nth, 0)), notes)
        order = shown or range(len(version))
        listed = b"".join(
            _record(1011, struct.pack("<5I", 2 + 2 * nth, 0, 0, 256 + nth, 0))
            + b"".join(map(_words, version[nth].outline))
            for nth in order
        )
        pages = b"".join(_record(1011, struct.pack("<5I", 3 + 2 * nth, 0, 0, nth, 0)) for nth in order)
        places[1] = len(data)
        data += _holder(1000, of_all, _holder(4080, listed), _holder(4080, pages, instance=2))
        directory = len(data)
        data += _record(6002, struct.pack("<I", 1 | len(places) << 20) + b"".join(map(_place, sorted(places.items()))))
        edit = len(data)
        data += _record(4085, struct.pack("<7I", 0, 0, last, directory, 1, 0, 0))
        last = edit
    user = _record(4086, struct.pack("<III", 20, 0xE391C05F, last) + bytes(8))
    return compound({"PowerPoint Document": data, "Current User": user})


def _place(item: tuple[int, int]) -> bytes:
    return struct.pack("<I", item[1])
