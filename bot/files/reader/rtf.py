"""RTF: words between control words, in groups, some of which are told elsewhere (notes, comments) or not at all.

A group that nobody knows is text, unless it says itself that it may be skipped (`\\*`). Letters are bytes in the code
page of their font, or Unicode with some characters behind that stand in for it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from pathlib import Path

from bot.files.reader.pages import Pages, row
from bot.files.reader.powers import raised
from bot.files.reader.trouble import Trouble
from bot.files.reader.word_signs import of_its_font

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.DOTALL
)
_UNSEEN = frozenset(
    b"fonttbl colortbl stylesheet info pict fldinst sp nonshppict shprslt background xe tc bkmkstart bkmkend themedata"
    b" filetbl revtbl listtable listoverridetable upr falt mmathPr ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn".split()
)
_SEEN = frozenset(b"shpinst shptxt ud moMath moMathPara nesttableprops".split())
"""Groups with words in them, although they say that they may be skipped, or lie in one that is."""

_ASIDE = frozenset(
    b"footnote annotation atnauthor header headerl headerr headerf footer footerl footerr footerf".split()
)
_SIGNS: Mapping[bytes, str] = {
    **dict.fromkeys((b"emspace", b"enspace", b"qmspace", b"~"), " "),
    **dict.fromkeys((b"tab", b"nestcell"), "\t"),
    **dict.fromkeys((b"line", b"nestrow"), "\n"),
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"_": "\u2011",
    b"{": "{",
    b"}": "}",
    b"\\": "\\",
}
_CHARSETS: Mapping[int, str] = {
    int(number): codec
    for number, codec in (
        each.split("=")
        for each in [
            "0=cp1252",
            "2=symbol",
            "77=mac_roman",
            "128=cp932",
            "129=cp949",
            "130=johab",
            "134=gbk",
            "136=big5",
            "161=cp1253",
            "162=cp1254",
            "163=cp1258",
            "177=cp1255",
            "178=cp1256",
            "186=cp1257",
            "204=cp1251",
            "222=cp874",
            "238=cp1250",
            "254=cp437",
            "255=cp850",
        ]
    )
}
"""Code pages by the numbers that Windows gives the character sets of fonts."""


def read_rtf(path: Path) -> Iterator[str]:
    """The pages of a document, as far as it says where they begin. Raises `Trouble`."""
    return words_of_rtf(path.read_bytes())


def words_of_rtf(data: bytes) -> Iterator[str]:
    """The same of a document's bytes. Raises `Trouble`."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Trouble("broken")
    return _Reader(data).pages()


class _Group:
    """What holds until a group ends. `stand_ins`: characters behind each Unicode one for those who cannot read it."""

    __slots__ = ("aside", "codec", "deleted", "in_table", "raised", "stand_ins", "unseen")

    def __init__(self) -> None:
        self.codec = ""
        self.stand_ins = 1
        self.unseen = self.deleted = self.in_table = self.raised = False
        self.aside: bytes = b""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._out = Pages()
        self._groups = [_Group()]
        self._sinks: list[list[str]] = []
        self._line: list[str] = []
        self._cell: list[str] = []
        self._cells: list[str] = []
        self._bytes = bytearray()
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = self._default = 0
        self._starred = False
        self._left = 0
        """Characters that still stand in for the Unicode one before them."""
        self._notes = 0
        self._author = ""
        self._section_begins_page = True
        self._does: Mapping[bytes, Callable[[int], None]] = {
            b"u": self._unicode, b"uc": self._stand_ins, b"f": self._use_font, b"deff": self._default_font,
            b"fcharset": self._charset, b"ansicpg": self._code_page, b"cpg": self._charset_page, b"plain": self._plain,
            b"mac": lambda _: self._code_page(10000), b"pc": lambda _: self._code_page(437), b"bin": self._skip_bytes,
            b"deleted": self._deleted, b"intbl": self._in_table, b"pard": self._new_paragraph, b"par": self._end_line,
            b"cell": self._end_cell, b"row": self._end_row, b"page": self._turn, b"pagebb": self._turn_once,
            b"softpage": self._mark, b"sbknone": self._section_goes_on, b"sectd": self._section_starts,
            b"sect": self._end_section, b"super": self._raise, b"nosupersub": self._lower, b"sub": self._lower,
        }  # fmt: skip

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def pages(self) -> Iterator[str]:
        """What the document says."""
        while self._at < len(self._data):
            found = _TOKEN.match(self._data, self._at)
            if found is None:
                break
            self._at = found.end()
            self._take(found)
        self._end_line(1)
        if self._cells or self._cell:
            self._end_row(1)
        return self._out.finished()

    def _take(self, found: re.Match[bytes]) -> None:
        word, number, code, character, brace, text = found.groups()
        if text or code:
            letters: bytes = text or bytes.fromhex(code.decode())
            gone = min(self._left, len(letters))
            self._left -= gone
            self._bytes += letters[gone:]
        elif brace:
            self._left = 0
            self._flush()
            self._open() if brace == b"{" else self._close()
        elif self._left and (word or character) and word not in (b"u", b"bin"):
            self._left -= 1
        elif word:
            if word != b"u" or self._bytes:
                self._flush()
            self._word(word, None if number is None else int(number))
        elif character == b"*":
            self._starred = True
        elif character is not None:
            self._flush()
            self._say(_SIGNS.get(character, ""))
            if character in (b"\n", b"\r"):
                self._end_line(1)

    def _word(self, word: bytes, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word in _ASIDE:
            self._flush()
            self._group.aside, self._group.unseen = word, False
            self._sinks.append([])
        elif word in _SEEN:
            self._group.unseen = False
        elif word in _UNSEEN or (starred and word not in self._does):
            self._group.unseen = True
            if word == b"fonttbl":
                self._group.aside = b"fonttbl"
        elif word in _SIGNS:
            self._say(_SIGNS[word])
        elif word in self._does:
            self._does[word](1 if number is None else number)

    # groups

    def _open(self) -> None:
        group = copy(self._group)
        if group.aside != b"fonttbl":
            group.aside = b""
        self._groups.append(group)
        self._starred = False

    def _close(self) -> None:
        closed = self._groups.pop()
        if not self._groups:
            self._groups.append(_Group())
        if closed.aside in _ASIDE and self._sinks:
            self._told_aside(closed.aside, _joined(self._sinks.pop()).strip())

    def _told_aside(self, kind: bytes, text: str) -> None:
        if kind == b"footnote" and text:
            self._notes += 1
            self._say(f"[{self._notes}]")
            self._out.foot(f"[{self._notes}] {text}")
        elif kind == b"atnauthor":
            self._author = text
        elif kind == b"annotation":
            self._out.foot(f"[{self._author or 'Comment'}: {text}]")
        elif text:
            above = kind.startswith(b"header")
            self._out.margin(self._out.number, text if above else "", "" if above else text)

    # words

    def _say(self, text: str) -> None:
        if self._group.unseen or self._group.deleted:
            return
        (self._sinks[-1] if self._sinks else self._line).append(text)

    def _flush(self) -> None:
        if self._bytes:
            codec = self._group.codec or self._fonts.get(self._default) or self._page
            if codec == "symbol":
                self._say("".join(of_its_font(0xF000 + byte) if byte > 0x7F else chr(byte) for byte in self._bytes))
            else:
                text = bytes(self._bytes).decode(codec, "replace")
                line = self._sinks[-1] if self._sinks else self._line
                self._say(raised(text, line[-1]) if self._group.raised and line else text)
            self._bytes.clear()

    def _unicode(self, number: int) -> None:
        unit = number & 0xFFFF
        self._say(of_its_font(unit))
        self._left = self._group.stand_ins

    def _stand_ins(self, number: int) -> None:
        self._group.stand_ins = max(0, number)

    def _use_font(self, number: int) -> None:
        self._font = number
        self._group.codec = self._fonts.get(number, "")

    def _default_font(self, number: int) -> None:
        self._default = number

    def _charset(self, number: int) -> None:
        if self._group.aside == b"fonttbl" and number in _CHARSETS and number:
            self._fonts[self._font] = _CHARSETS[number]

    def _charset_page(self, number: int) -> None:
        if self._group.aside == b"fonttbl" and _is_known(f"cp{number}"):
            self._fonts[self._font] = f"cp{number}"

    def _code_page(self, number: int) -> None:
        name = {10000: "mac_roman", 65001: "utf-8"}.get(number, f"cp{number}")
        if _is_known(name):
            self._page = name

    def _plain(self, _: int) -> None:
        self._group.codec, self._group.deleted, self._group.raised = "", False, False

    def _raise(self, number: int) -> None:
        self._group.raised = bool(number)

    def _lower(self, _: int) -> None:
        self._group.raised = False

    def _skip_bytes(self, number: int) -> None:
        self._at += max(0, number)

    def _deleted(self, number: int) -> None:
        self._group.deleted = bool(number)

    # lines, tables, pages

    def _in_table(self, _: int) -> None:
        self._group.in_table = True

    def _new_paragraph(self, _: int) -> None:
        self._group.in_table = False

    def _end_line(self, _: int) -> None:
        if self._sinks:
            self._sinks[-1].append("\n")
        elif not self._group.unseen:
            text = _joined(self._line)
            self._line = []
            if self._group.in_table:
                self._cell.append(text + "\n")
            else:
                self._out.write(text + "\n")

    def _end_cell(self, _: int) -> None:
        if self._sinks:
            self._sinks[-1].append("\t")
            return
        self._cells.append("".join(self._cell) + _joined(self._line))
        self._cell, self._line = [], []

    def _end_row(self, _: int) -> None:
        if self._cell or "".join(self._line).strip():
            self._end_cell(1)
        if self._cells:
            self._out.write(row(self._cells))
        self._cells = []

    def _turn(self, _: int) -> None:
        self._out.write(_joined(self._line))
        self._line = []
        self._out.turn()

    def _turn_once(self, _: int) -> None:
        if not self._line and not self._sinks and not self._group.unseen:
            self._out.turn_unless_begun()

    def _mark(self, _: int) -> None:
        self._out.write(_joined(self._line))
        self._line = []
        self._out.mark()

    def _section_starts(self, _: int) -> None:
        self._section_begins_page = True

    def _section_goes_on(self, _: int) -> None:
        self._section_begins_page = False

    def _end_section(self, _: int) -> None:
        self._end_line(1)
        if self._section_begins_page:
            self._out.turn_unless_begun()


def _joined(pieces: list[str]) -> str:
    """Pieces as one text: characters beyond the first 65,536 come in two halves."""
    text = "".join(pieces)
    if any("\ud800" <= character <= "\udfff" for character in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _is_known(codec: str) -> bool:
    import codecs

    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True
