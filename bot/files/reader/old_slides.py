"""What PowerPoint wrote before 2007 ([MS-PPT]): slides in the order in which they are shown, each with its notes.

A presentation is a stream of records. What was saved last stands behind what it replaces, so that a directory tells
where each slide is now. The words of a slide's own outline stand in the presentation's list of slides, and the slide
points to them; other words stand in the shapes.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bot.files.reader.compound import Compound
from bot.files.reader.old_office import whole
from bot.files.reader.pages import row, tidy
from bot.files.reader.trouble import Trouble

_DOCUMENT, _SLIDE, _NOTES, _LIST = 1000, 1006, 1008, 4080
_EDIT, _DIRECTORY, _PERSIST, _SLIDE_ATOM, _NOTES_ATOM = 4085, 6002, 1011, 1007, 1009
_HEADER, _CHARS, _BYTES, _POINTER = 3999, 4000, 4008, 3998
_DRAWING, _GROUP, _SHAPE, _WORDS_OF_SHAPE = 1036, 0xF003, 0xF004, 0xF00D
_ANCHORS = (0xF00F, 0xF010)
_PROPERTIES = (0xF00B, 0xF121, 0xF122)
_IS_TABLE = frozenset((0x039F, 0x03A0))
_COMMENT, _STRING = 12000, 4026
_MARGINS, _MARGINS_SHOWN, _OF_ALL_SLIDES = 4057, 4058, 3
_DATE, _FOOT = (0, 0b101), (2, 0b100000)
"""Which text of a slide's margins it is, and the flags without which it is not seen: a date that does not change."""

_TAGS = frozenset((5000, 5002, 5003))
"""Containers of what newer versions added, among it comments."""

_HAS_PASSWORD = 0xF3D1C4DF
_SLIDES, _ALL_NOTES = 0, 2
"""Which list this is."""

_MOST_EDITS = 10_000
_DEEPEST = 60
_SIGNS = str.maketrans("\r\x0b\x0c", "\n\n\n", "\0")


class _Record(NamedTuple):
    kind: int
    instance: int
    begin: int
    end: int


@dataclass(slots=True)
class _Listed:
    """A slide in the list: where the directory has it, its own number, and the words of its outline."""

    place: int
    number: int
    words: list[str] = field(default_factory=list)


def read_ppt(path: Path) -> Iterator[str]:
    """The slides. Raises `Trouble`."""
    file = Compound(path)
    data = file.stream("PowerPoint Document")
    if data is None:
        raise Trouble("broken")
    user = file.stream("Current User") or b""
    if len(user) >= 20 and struct.unpack_from("<I", user, 12)[0] == _HAS_PASSWORD:
        raise Trouble("encrypted")
    pages = _Presentation(data).pages(struct.unpack_from("<I", user, 16)[0] if len(user) >= 20 else 0)
    # What PowerPoint 95 wrote has other records; of that, one text is known and not where its slides begin.
    yield from pages if any(pages) else whole(path, "ppt")


class _Presentation:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._margins: _Record | None = None
        """What stands in the margins of each slide that does not say otherwise."""

    def pages(self, last_edit: int) -> list[str]:
        """All slides; of a damaged presentation, those that are found, in the order in which they were written."""
        places, document = self._directory(last_edit)
        if document is not None:
            of_all = (each for each in self._margins_in(document) if each.instance == _OF_ALL_SLIDES)
            self._margins = next(of_all, None)
        lists = dict(self._lists(document)) if document is not None else {}
        slides = lists.get(_SLIDES, [])
        notes = {number: place for place, number in self._notes(lists.get(_ALL_NOTES, []), places)}
        pages = [self._page(places.get(each.place, -1), each, notes) for each in slides]
        if any(pages):
            return pages
        found = [each for each in self._records(0, len(self._data)) if each.kind == _SLIDE]
        return [self._page(each.begin - 8, _Listed(0, -1), {}) for each in found]

    def _directory(self, edit: int) -> tuple[Mapping[int, int], _Record | None]:
        """Where each part stands, by its number, and the document: the newest edit's word counts."""
        places: dict[int, int] = {}
        document: int | None = None
        for _ in range(_MOST_EDITS):
            found = self._at(edit)
            if found is None or found.kind != _EDIT or found.end - found.begin < 20:
                break
            before, directory, root = struct.unpack_from("<III", self._data, found.begin + 8)
            document = root if document is None else document
            for number, place in self._entries(directory):
                places.setdefault(number, place)
            if not before or before >= edit:
                break
            edit = before
        root_record = self._at(places.get(document, -1)) if document is not None else None
        if root_record is None or root_record.kind != _DOCUMENT:
            return places, None
        return places, root_record

    def _entries(self, place: int) -> Iterator[tuple[int, int]]:
        found = self._at(place)
        if found is None or found.kind != _DIRECTORY:
            return
        at = found.begin
        while at + 4 <= found.end:
            head = self._number(at)
            first, count = head & 0xFFFFF, head >> 20
            for nth in range(min(count, (found.end - at - 4) // 4)):
                yield first + nth, self._number(at + 4 + 4 * nth)
            at += 4 + 4 * count

    def _lists(self, document: _Record) -> Iterator[tuple[int, list[_Listed]]]:
        for each in self._records(document.begin, document.end):
            if each.kind == _LIST:
                yield each.instance, self._listed(each)

    def _listed(self, parent: _Record) -> list[_Listed]:
        listed: list[_Listed] = []
        for each in self._records(parent.begin, parent.end):
            if each.kind == _PERSIST and each.end - each.begin >= 16:
                listed.append(_Listed(self._number(each.begin), self._number(each.begin + 12)))
            elif listed and each.kind == _HEADER:
                listed[-1].words.append("")
            elif listed and listed[-1].words and each.kind in (_CHARS, _BYTES):
                listed[-1].words[-1] += self._text(each)
        return listed

    def _notes(self, listed: Sequence[_Listed], places: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Where a page of notes stands, and the number of the slide that it is of."""
        for each in listed:
            page = self._at(places.get(each.place, -1))
            inside = self._records(page.begin, page.end) if page is not None and page.kind == _NOTES else ()
            atom = next((one for one in inside if one.kind == _NOTES_ATOM), None)
            if atom is not None:
                yield places[each.place], self._number(atom.begin)

    def _page(self, place: int, listed: _Listed, notes: Mapping[int, int]) -> str:
        slide = self._at(place)
        if slide is None:
            return tidy("\n".join(listed.words))
        shown = set[int]()
        words = "".join(self._shown(slide, listed.words, shown))
        # Of an outline that no shape points to, as damaged files have it, every word is told all the same.
        rest = "\n".join(text for nth, text in enumerate(listed.words) if nth not in shown and text not in words)
        page = self._at(notes.get(listed.number, -1))
        beside = "".join(self._shown(page, (), set())) if page is not None else ""
        comments = "\n".join(self._comments(slide, 0))
        margins = "\n".join(text for text in self._in_margins(slide) if text not in words)
        told = (words, rest, beside, comments, margins)
        return tidy("\n\n".join(filter(None, (each.strip("\n") for each in told))))

    def _shown(self, parent: _Record, outline: Sequence[str], shown: set[int]) -> Iterator[str]:
        for each in self._records(parent.begin, parent.end):
            if each.kind == _DRAWING:
                yield from self._drawn(each, outline, shown, 0)

    def _drawn(self, parent: _Record, outline: Sequence[str], shown: set[int], depth: int) -> Iterator[str]:
        """The words of shapes, one after the other; a table's, row by row."""
        inside = list(self._records(parent.begin, parent.end))
        if parent.kind == _GROUP and inside and self._is_table(inside[0]):
            yield from self._table(inside[1:], outline, shown)
            return
        for each in inside:
            if each.kind == _WORDS_OF_SHAPE:
                words = self._words(each, outline, shown)
                if words.strip() and words.strip() != "*":  # Stands for the number of a slide.
                    yield words.rstrip("\n") + "\n"
            elif self._is_container(each) and depth < _DEEPEST:
                yield from self._drawn(each, outline, shown, depth + 1)

    def _table(self, cells: Sequence[_Record], outline: Sequence[str], shown: set[int]) -> Iterator[str]:
        rows: dict[int, list[tuple[int, str]]] = {}
        for cell in cells:
            inside = list(self._records(cell.begin, cell.end))
            anchor = next((each for each in inside if each.kind in _ANCHORS and each.end - each.begin >= 16), None)
            if anchor is not None and any(each.kind == _WORDS_OF_SHAPE for each in inside):
                left, top = struct.unpack_from("<ii", self._data, anchor.begin)
                rows.setdefault(top, []).append((left, "".join(self._drawn(cell, outline, shown, 0))))
        for _, found in sorted(rows.items()):
            yield row([words for _, words in sorted(found)])

    def _is_table(self, shape: _Record) -> bool:
        for each in self._records(shape.begin, shape.end):
            if each.kind in _PROPERTIES:
                ids = (struct.unpack_from("<H", self._data, each.begin + 6 * nth)[0] for nth in range(each.instance))
                if each.begin + 6 * each.instance <= each.end and any(one & 0x3FFF in _IS_TABLE for one in ids):
                    return True
        return False

    def _words(self, box: _Record, outline: Sequence[str], shown: set[int]) -> str:
        text = ""
        for each in self._records(box.begin, box.end):
            if each.kind in (_CHARS, _BYTES):
                text += self._text(each)
            elif each.kind == _POINTER and each.end - each.begin >= 4:
                nth = self._number(each.begin)
                if nth < len(outline):
                    shown.add(nth)
                    text += outline[nth]
        return text

    def _comments(self, parent: _Record, depth: int) -> Iterator[str]:
        for each in self._records(parent.begin, parent.end):
            if each.kind == _COMMENT:
                said = {one.instance: one for one in self._records(each.begin, each.end) if one.kind == _STRING}
                lines = [self._text(said[nth]._replace(kind=_CHARS)) for nth in (0, 1) if nth in said]
                yield f"[Comment: {' '.join(filter(None, lines))}]"
            elif each.kind in _TAGS and depth < _DEEPEST:
                yield from self._comments(each, depth + 1)

    def _margins_in(self, parent: _Record) -> Iterator[_Record]:
        return (each for each in self._records(parent.begin, parent.end) if each.kind == _MARGINS)

    def _in_margins(self, slide: _Record) -> Iterator[str]:
        """The date and the foot that are seen on a slide."""
        margins = next(self._margins_in(slide), self._margins)
        if margins is None:
            return
        inside = list(self._records(margins.begin, margins.end))
        shown = next((self._number(each.begin) >> 16 for each in inside if each.kind == _MARGINS_SHOWN), 0)
        for which, flags in (_DATE, _FOOT):
            found = next((each for each in inside if each.kind == _STRING and each.instance == which), None)
            if found is not None and shown & flags == flags:
                yield self._text(found._replace(kind=_CHARS))

    def _text(self, found: _Record) -> str:
        # The short form has the lower bytes of UTF-16 alone.
        data = self._data[found.begin : found.end]
        text = data.decode("latin-1") if found.kind == _BYTES else data.decode("utf-16-le", "replace")
        return text.translate(_SIGNS)

    def _is_container(self, found: _Record) -> bool:
        return bool(self._data[found.begin - 8] & 0xF == 0xF)

    def _records(self, begin: int, end: int) -> Iterator[_Record]:
        while begin + 8 <= end:
            found = self._at(begin)
            if found is None:
                return
            yield found._replace(end=min(found.end, end))
            begin = found.end

    def _at(self, place: int) -> _Record | None:
        if not 0 <= place <= len(self._data) - 8:
            return None
        head, kind, length = struct.unpack_from("<HHI", self._data, place)
        return _Record(kind, head >> 4, place + 8, min(place + 8 + length, len(self._data)))

    def _number(self, place: int) -> int:
        return int.from_bytes(self._data[place : place + 4], "little")
