"""The model's Markdown -> blocks of text with spans. No platform's form is known here.

CommonMark with tables, strikethrough, `||spoilers||`, task boxes, footnotes and LaTeX, read the way people chat: a line
break is a line break, `2*3*4` and `snake_case` are no emphasis, and HTML is text but for the few elements that say the
same as some Markdown. The outer structure comes from markdown-it; a text without any markup never gets that far, nor
does a paragraph without it.

Three rules hold for every input: nothing that would be read is dropped, nothing raises, and the work grows
with the length of the text, not with its square.
"""

import functools
import re

from bot.domain.blocks import Block, BlockKind
from bot.rendering.markup.html import unfolded
from bot.rendering.markup.maths import with_formulas
from bot.rendering.markup.opaque import is_opaque, opaque, put_back
from bot.rendering.markup.read import Parser, Reader
from bot.rendering.markup.tail import repair

__all__ = ["as_read", "opaque", "parse"]

# Whatever may be markup, at the start of a line or anywhere; a text without a match is paragraphs and line breaks.
_MARKUP = re.compile(
    r"[\\`*_~\[<&$]|\|\||^[ ]{0,3}(?:[#>+\-=|:]|\d{1,9}[.)](?:\s|$))|^[ ]{0,3}(?:[ ]|\t)", re.MULTILINE
)
_EMPTY_LINES = re.compile(r"\n[ \t]*\n\s*")
_LINE_EDGES = re.compile(r"[ \t]*\n[ \t]*")

_OTHER_LINE_ENDS = frozenset("\x0b\x0c\u2028\u2029")
"""What Word and PDFs end lines and pages with, and Unicode's own."""

# Characters that a chat cannot show and some servers remove, which would shift every offset behind them.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufdd0\ud800-\udfff]")


def parse(markdown: str, *, growing: bool = False) -> tuple[Block, ...]:
    """The text as blocks, in reading order.

    `growing` says that more is to come: markers that were opened in the last lines and not closed yet count
    as closed at the end, so that a preview does not flicker between `**` and bold.
    """
    text = _clean(markdown)
    blocks = _read(text, growing=growing)
    return tuple(map(put_back, blocks)) if is_opaque(text) else blocks


def as_read(markdown: str) -> str:
    """The words that a reader of the text sees, without any markup: for excerpts."""
    return "\n".join(map(with_formulas, parse(markdown)))


def _read(text: str, *, growing: bool) -> tuple[Block, ...]:
    if not _MARKUP.search(text):
        return _paragraphs(text)
    text = unfolded(text, growing=growing)
    if growing:
        text = repair(text)
    return Reader(_parser(), text).blocks()


@functools.cache
def _parser() -> Parser:
    return Parser()


def _clean(text: str) -> str:
    """One kind of line end; what else cannot be shown, and lone surrogates, become U+FFFD."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSHOWABLE.sub(_shown, text)


def _shown(unshowable: re.Match[str]) -> str:
    return "\n" if unshowable[0] in _OTHER_LINE_ENDS else "\ufffd"


def _paragraphs(text: str) -> tuple[Block, ...]:
    stripped = text.strip()
    if not stripped:
        return ()
    return tuple(
        Block(BlockKind.PARAGRAPH, _LINE_EDGES.sub("\n", part) if "\n" in part else part)
        for part in _EMPTY_LINES.split(stripped)
    )
