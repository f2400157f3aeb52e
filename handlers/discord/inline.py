r"""Running text as Discord's Markdown, which is not CommonMark.

What its client does (it reads from the left, by simple-markdown's rules), and what follows:

- an address is taken as it stands, up to the next space or `<`: it is never escaped. Where that would take more than
  the address, or less, it stands in `<…>`, which the client does not show and where nothing is formatted;
- in a link's words backslashes are shown, and words that hold an address or an emoji make the whole no link:
  such words stand as text, and the address behind them;
- code is held by one backtick or by two; three begin a block. What holds both kinds inside cannot be code;
- bold, italic, … end at the first character like their own, even one in code or in an address: there they are split;
- `<@1>`, `@everyone`, `<t:0>`, `<:e:1>` and `:smile:` stand for something else, unless escaped.
"""

import itertools
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from bot.domain.blocks import Block, Span, SpanKind
from bot.rendering.markup.inline import ADDRESS
from bot.rendering.markup.maths import readable

LONGEST_ADDRESS = 1_000
"""Characters of an address that is linked to. A longer one leaves no room in a message: its label is shown alone."""

_SIGNS = {
    SpanKind.BOLD: "**",
    SpanKind.ITALIC: "*",
    SpanKind.UNDERLINE: "__",
    SpanKind.STRIKE: "~~",
    SpanKind.SPOILER: "||",
}
_CODES = (SpanKind.CODE, SpanKind.MATH)

_ESCAPES = re.compile(
    r"[\\*_~`|\[\]]|(?<=\])\("
    # Mentions, emoji, times, commands, numbers, mail.
    r"|<(?=[@#:+]|(?:a|t|id|sound|mailto|tel|sms):|/[-\w ]+:\d|\d+:|[^\s<>]+@)"
    r"|@(?=everyone|here)"
    # Of numbers, two are emoji; 12:30:45 is a time.
    r"|:(?=(?!\d+:)[\w+-]{1,64}:|1234:|100:)"
)
_ANGLE = re.compile("<")
_ANGLE_ENDS = re.compile("[: >]")
_AT_LINE_START = re.compile(r"^[^\S\n]*(?:[#>-]|\d+\.(?=\s|$))", re.MULTILINE)
_SCHEME = re.compile(r"(?:https?|steam)(?=://)")
# Characters of a sentence, and quotation marks of many languages: the client would take those along.
_NO_END = ".,:;!?\"'_~*“”„‘’«»‹›「」『』【】）。，、！？…"
# The client takes nothing shorter for an address: `://` and two characters.
_SHORTEST = 5
# What the client leaves out of an address at its end, before a space.
_ADDRESS_ENDS = re.compile(r"[.,:;\"']*(?:\s|\Z)")
_BACKTICKS = re.compile("`+")
_APART = "\u200b"
"""Keeps two characters from being read as one; it does not show."""

_LONGEST_LABEL = 1_000
# Of what is neither letter nor number, the client takes most characters for emoji, and drops unusual spaces.
_PLAIN_KINDS = ("L", "M", "N", "P")
_PLAIN_SIGNS = "\n ©®™°×÷±€£¥"
_EMOJI_AFTER_ALL = "\u203c\u2049\u3030\ufe0f\u20e3"
_READ_IN_LABEL = re.compile(
    r"https?:|steam:|\*.*\*|_.*_(?!\w)|__.*__|~~.*~~|\|\|.*\|\||`.*`|<[@#:/at]|@(?:everyone|here)|:[\w+-]+:|discord\.gg",
    re.DOTALL | re.IGNORECASE,
)
_TARGET_SIGNS = re.compile(r"[\s<>\\\"]")
_PARENTHESES = re.compile(r"[^()]*(?:\([^()]*\)[^()]*)*")


class _Piece(NamedTuple):
    """`text[start:end]` as the client has to get it, with nothing escaped; `start == end` inserts."""

    start: int
    end: int
    raw: str
    label: bool = False
    """A link's words, which are written character by character; `raw` is what ends them."""


def inline(block: Block, *, labels: bool = True) -> str:
    """A block's text with its spans; without `labels` the address of a link stands behind its words."""
    block = with_plain_maths(block)
    text = block.text
    spans = [span for span in (_trimmed(text, span) for span in block.spans) if span is not None]
    if not spans and "://" not in text:
        return _escaped(text, 0, len(text), _escapes(text))
    codes = sorted((span for span in spans if span.kind in _CODES), key=_start)
    links = [_Link(text, span, codes, may_mask=labels) for span in spans if span.kind is SpanKind.LINK]
    masked = sorted((link.span for link in links if link.masked), key=_start)
    pieces = _pieces(text, codes, links, masked)
    holes = sorted([*pieces, *(_Piece(span.start, span.end, _closing(span), label=True) for span in masked)])
    marks = [*masked, *(part for span in spans if span.kind in _SIGNS for part in _split(text, span, holes))]
    escapes = _escapes(text, angles=bool(pieces or masked))
    for label in masked:
        # There a backslash would be seen.
        del escapes[bisect_left(escapes, label.start) : bisect_left(escapes, label.end)]
    return _written(text, pieces, sorted(marks, key=_start), escapes)


def _start(span: Span) -> int:
    return span.start


def with_plain_maths(block: Block) -> Block:
    """The block with its simple formulas as plain text."""
    plain = {
        formula: words
        for formula in sorted((span for span in block.spans if span.kind is SpanKind.MATH), key=_start)
        if (words := readable(block.text[formula.start : formula.end])) is not None
    }
    if not plain:
        return block
    pieces: list[str] = []
    ends, longer, done = [0], [0], 0
    for formula, words in plain.items():
        pieces += (block.text[done : formula.start], words)
        done = formula.end
        ends.append(done)
        longer.append(longer[-1] + len(words) - (formula.end - formula.start))
    pieces.append(block.text[done:])

    def moved(place: int) -> int:
        return place + longer[bisect_right(ends, place) - 1]

    spans = (replace(span, start=moved(span.start), end=moved(span.end)) for span in block.spans if span not in plain)
    return replace(block, text="".join(pieces), spans=tuple(span for span in spans if span.start < span.end))


def _trimmed(text: str, span: Span) -> Span | None:
    """The span without white space at its ends, where the client sees no formatting; None for one that is gone."""
    if span.kind in _CODES:
        return span
    if len(span.data) > LONGEST_ADDRESS:
        return None
    start, end = _without_space(text, span.start, span.end)
    if (start, end) == (span.start, span.end):
        return span
    return replace(span, start=start, end=end) if start < end else None


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    covered = text[start:end]
    return start + len(covered) - len(covered.lstrip()), start + len(covered.rstrip())


class _Link:
    """A link in the best of three forms: its words, its address alone, or its words with the address behind them."""

    def __init__(self, text: str, span: Span, codes: Sequence[Span], *, may_mask: bool) -> None:
        words = text[span.start : span.end]
        self.span = span
        self.piece: _Piece | None = None
        self.masked = False
        if _same_address(words, span.data):
            self.piece = _Piece(span.start, span.end, f"<{words}>")
        elif may_mask and _may_be_label(words, span, codes):
            self.masked = True
        else:
            self.piece = _Piece(span.end, span.end, f" (<{_target(span.data)}>)")


def _closing(span: Span) -> str:
    # Angle brackets keep Discord from adding a preview of the page.
    return f"](<{_target(span.data)}>)"


def _target(address: str) -> str:
    """The address as it can stand in a link's parentheses."""
    safe = _TARGET_SIGNS.sub(lambda character: "".join(f"%{byte:02X}" for byte in character[0].encode()), address)
    return safe if _PARENTHESES.fullmatch(safe) else safe.replace("(", "%28").replace(")", "%29")


def _same_address(words: str, address: str) -> bool:
    if not words.startswith(("http://", "https://")) or _TARGET_SIGNS.search(words):
        return False
    return unquote(words).rstrip("/") == unquote(address).rstrip("/")


def _may_be_label(words: str, span: Span, codes: Sequence[Span]) -> bool:
    """Whether the client shows exactly these words as a link's."""
    if len(words) > _LONGEST_LABEL or not _brackets_pair(words):
        return False
    first = max(bisect_right(codes, span.start, key=_start) - 1, 0)
    for code in itertools.takewhile(lambda code: code.start < span.end, codes[first:]):
        start, end = max(code.start - span.start, 0), max(code.end - span.start, 0)
        if "`" in words[start:end] or "\\" in words[start:end]:
            return False
        words = words[:start] + "x" * len(words[start:end]) + words[end:]
    return all(map(_is_plain, words)) and not _READ_IN_LABEL.search(words)


def _brackets_pair(words: str) -> bool:
    depth = 0
    for character in words:
        depth += (character == "[") - (character == "]")
        if not 0 <= depth <= 1:
            return False
    return not depth


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isprintable() or character == "\n"
    return character not in _EMOJI_AFTER_ALL and (
        character in _PLAIN_SIGNS or unicodedata.category(character)[0] in _PLAIN_KINDS
    )


def _pieces(text: str, codes: Sequence[Span], links: Sequence[_Link], labels: Sequence[Span]) -> list[_Piece]:
    """What has to be there as it is, in order: code, addresses, and the addresses of links that cannot be."""
    pieces = [link.piece for link in links if link.piece is not None]
    taken = bytearray(len(text))
    for piece in pieces:
        taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
    pieces += _code(text, [code for code in codes if not any(taken[code.start : code.end])])
    for span in (*codes, *labels):
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    others = [link.span for link in links if not link.masked]
    edges = sorted({edge for span in others for edge in (span.start, span.end)})
    return sorted([*pieces, *_addresses(text, taken, [*edges, len(text)])])


def _code(text: str, spans: Iterable[Span]) -> Iterator[_Piece]:
    for span in spans:
        code = text[span.start : span.end]
        runs = {len(run) for run in _BACKTICKS.findall(code)}
        if not code.strip() or {1, 2} <= runs:
            continue  # nothing holds it: it stays text
        ticks = "``" if 1 in runs else "`"
        # The client takes a space away beside a backtick.
        bare = code.strip(" ")
        before, after = " " * bare.startswith("`"), " " * bare.endswith("`")
        yield _Piece(span.start, span.end, f"{ticks}{before}{code}{after}{ticks}")


def _addresses(text: str, taken: bytearray, edges: Sequence[int]) -> Iterator[_Piece]:
    """Addresses in running text; none goes over an edge."""
    done = 0
    for scheme in _SCHEME.finditer(text):
        start, colon = scheme.span()
        if start < done or taken[start]:
            continue
        found = ADDRESS.match(text, colon)
        end = min(found.end() if found else colon, edges[bisect_right(edges, start)])
        end = taken.find(1, start, end) if any(taken[start:end]) else end
        done = start + len(text[start:end].rstrip(_NO_END))
        if done < colon + _SHORTEST:
            # No address, but the client would take what follows for one, backslashes and all.
            yield _Piece(colon, colon, "\\")
        elif text[done - 1] == ")" or not (after := _ADDRESS_ENDS.match(text, done)) or any(taken[done : after.end()]):
            yield _Piece(start, done, f"<{text[start:done]}>")
        else:
            yield _Piece(start, done, text[start:done])


def _split(text: str, span: Span, holes: Sequence[_Piece]) -> Iterator[Span]:
    """The span without what would end it too early, and without parts of a piece."""
    character, start = _SIGNS[span.kind], span.start
    first = max(bisect_left(holes, (span.start,)) - 1, 0)
    for hole in itertools.takewhile(lambda hole: hole.start < span.end, holes[first:]):
        if hole.start == hole.end or hole.end <= span.start:
            continue
        ends_it = character in hole.raw or hole.raw.endswith(character[0])
        if ends_it and hole.label:
            ends_it = span.start <= hole.start
        cut = not hole.label and not (span.start <= hole.start and hole.end <= span.end)
        if ends_it or cut:
            yield from _part(text, span, start, hole.start)
            start = max(start, hole.end)
    yield from _part(text, span, start, span.end)


def _part(text: str, span: Span, start: int, end: int) -> Iterator[Span]:
    if (start, end) == (span.start, span.end):
        yield span
    elif start < end:
        start, end = _without_space(text, start, end)
        if start < end:
            yield replace(span, start=start, end=end)


def _written(text: str, pieces: Sequence[_Piece], marks: Sequence[Span], escapes: Sequence[int]) -> str:
    """Everything put together: spans are opened and closed in the order of a stack, so that they nest."""
    out = _Out()
    borders = sorted({0, len(text), *_borders(pieces), *_borders(marks)})
    behind = Span(len(text) + 1, len(text) + 1, SpanKind.CODE)
    coming, waiting = iter((*marks, behind)), iter((*pieces, _Piece(behind.start, behind.end, "")))
    mark, piece, done = next(coming), next(waiting), 0
    active: list[Span] = []
    for start, end in itertools.pairwise((*borders, len(text))):
        active = [one for one in active if one.end > start]
        while mark.start <= start:
            active.append(mark)
            mark = next(coming)
        out.change(active, opens=False)
        while piece.end <= start:
            out.put(piece.raw)
            piece = next(waiting)
        out.change(active)
        if piece.start <= start:
            out.put(piece.raw)
            done = piece.end
            piece = next(waiting)
        if start >= done:
            out.put(_escaped(text, start, end, escapes))
    out.change([])
    return out.text()


def _borders(parts: Sequence[_Piece] | Sequence[Span]) -> Iterator[int]:
    for part in parts:
        yield part.start
        yield part.end


class _Out:
    """What has been written, and which spans are open in it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._stack: list[Span] = []
        self._closed = False
        """Whether a character that closes something was the last."""

    def put(self, raw: str) -> None:
        if raw:
            if raw[0] == "`" and self._parts and self._parts[-1][0] == "`":
                self._parts.append(_APART)
            self._parts.append(raw)
            self._closed = False

    def change(self, wanted: Sequence[Span], *, opens: bool = True) -> None:
        """Close what is no longer wanted, with what lies above it, then open what is missing."""
        keep = 0
        while keep < len(self._stack) and self._stack[keep] in wanted:
            keep += 1
        while len(self._stack) > keep:
            self._close(self._stack.pop())
        missing = [span for span in wanted if span not in self._stack] if opens else []
        # The longest opens first.
        for span in sorted(missing, key=lambda span: span.start - span.end):
            if not any(open_span.kind is span.kind for open_span in self._stack):
                self._open(span)

    def _open(self, span: Span) -> None:
        character = _SIGNS.get(span.kind, "[")
        if self._closed and (self._parts[-1][-1] == character[0] or (self._parts[-1] == "~~" and character == "__")):
            self._parts.append(_APART)
        self._stack.append(span)
        self._parts.append(character)

    def _close(self, span: Span) -> None:
        character = _SIGNS[span.kind] if span.kind in _SIGNS else _closing(span)
        # These two end at the first pair, and look at no backslash.
        if character in ("~~", "||") and not self._closed and self._parts[-1].endswith(character[0]):
            self._parts.append(_APART)
        self._parts.append(character)
        self._closed = True

    def text(self) -> str:
        return "".join(self._parts)


def _escapes(text: str, *, angles: bool = False) -> list[int]:
    """Before which characters a backslash stands, in order."""
    places = {found.start() for found in _ESCAPES.finditer(text)}
    places.update(found.end() - 1 for found in _AT_LINE_START.finditer(text))
    places.update(_angles(text, angles=angles))
    return sorted(places)


def _angles(text: str, *, angles: bool) -> Iterator[int]:
    """Where a `<` may begin `<scheme:/…>`, which may also end in what is written behind it or in a later block."""
    ends = -1
    for angle in _ANGLE.finditer(text):
        if ends < angle.start():
            found = _ANGLE_ENDS.search(text, angle.end())
            ends = found.start() if found else len(text)
        if angles or ends == len(text) or text.startswith(":/", ends):
            yield angle.start()


def _escaped(text: str, start: int, end: int, escapes: Sequence[int]) -> str:
    first, last = bisect_left(escapes, start), bisect_left(escapes, end)
    if first == last:
        return text[start:end]
    borders = (start, *escapes[first:last], end)
    return "\\".join(text[one:other] for one, other in itertools.pairwise(borders))
