"""The pages of a document while it is read: lines, breaks, and what stands at a page's head and foot."""

import re
from collections.abc import Callable, Iterator

from bot.files.reader.parts import parts
from bot.files.reader.powers import raised


class Pages:
    """Collects what is read, in the order of reading.

    A page that a writer began (a break) and where its program last saw a page begin (a mark) are often noted both; the
    first mark behind a break, with nothing between them, is that break.
    """

    def __init__(self) -> None:
        self._done: list[tuple[list[str], list[str]]] = []
        self._now: list[str] = []
        self._foot: list[str] = []
        self._heads: dict[int, list[str]] = {}
        self._feet: dict[int, list[str]] = {}
        self._margins: set[str] = set()
        self._cells: list[tuple[list[str], bool]] = []
        self._late = False
        self._broken = True
        """Whether a page has just been begun, so that a mark tells nothing new."""

    @property
    def number(self) -> int:
        """Of the page that is being written, from 0."""
        return len(self._done)

    def write(self, text: str) -> None:
        """More of the page."""
        self._now.append(text)
        if self._broken and not text.isspace() and text:
            self._broken = False

    def power(self, text: str) -> None:
        """More of the page, raised above its line."""
        self.write(raised(text, self._now[-1] if self._now else ""))

    def fill(self) -> None:
        """There is something on the page that is not text."""
        self._broken = False

    def foot(self, text: str) -> None:
        """A note that stands at the foot of this page."""
        if text.strip():
            self._foot.append(text.strip())

    def margin(self, page: int, head: str, foot: str) -> None:
        """What stands above and below the text of a page; what stands on many is told once."""
        for where, text in ((self._heads, head.strip()), (self._feet, foot.strip())):
            if text and text not in self._margins:
                self._margins.add(text)
                where.setdefault(page, []).append(text)

    def turn(self) -> None:
        """A page begins here."""
        if self._cells:
            self._late = True
            return
        self._done.append((self._now, self._foot))
        self._now, self._foot = [], []
        self._broken = True

    def turn_unless_begun(self) -> None:
        """A page begins here if none has just begun."""
        if not self._broken:
            self.turn()

    def mark(self) -> None:
        """A page began here when the document was last laid out."""
        if not self._broken:
            self.turn()
        self._broken = False

    def captured(self, write: Callable[[], None]) -> str:
        """What is written meanwhile, which then stands nowhere; a page that begins inside begins behind it."""
        self._cells.append((self._now, self._late))
        self._now = []
        try:
            write()
            return "".join(self._now)
        finally:
            self._now, _ = self._cells.pop()

    def turn_if_late(self) -> None:
        """Begin the page that began inside of what was captured."""
        if self._late and not self._cells:
            self._late = False
            self.turn()

    def finished(self) -> Iterator[str]:
        """The pages, each cut where it is too long."""
        for number, (body, notes) in enumerate([*self._done, (self._now, self._foot)]):
            blocks = [*self._heads.get(number, ()), tidy("".join(body)), *notes, *self._feet.get(number, ())]
            yield from parts("\n\n".join(block for block in blocks if block))


def row(cells: list[str]) -> str:
    """A table's row: one line, its cells separated by tabs; a cell alone keeps its lines."""
    if len(cells) == 1:
        return cells[0].strip("\n") + "\n"
    line = "\t".join(" ".join(cell.split()) for cell in cells).rstrip("\t")
    return line + "\n" if line else ""


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, and without more than one empty line."""
    lines = (line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n ")
