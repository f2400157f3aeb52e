r"""Words that a sentence of ours is filled with: titles, names, what was said. No Markdown is read in them.

A backslash before each character is not enough: LaTeX's `\[ … \]` is read before the escape, nothing is escaped in
code, and an address or the beginning of a line needs other care. So each character that may have a meaning is replaced
by a Unicode noncharacter, which has none and which no text can hold; once the blocks are parsed, it is put back.
"""

from dataclasses import replace

from bot.domain.blocks import Block

_SIGNS = [chr(code) for code in (0x09, 0x0A, *range(0x20, 0x7F)) if not chr(code).isalpha()]
# U+FDD0 is taken (`bot.rendering.markup.html.SUMMARY`); there are 31 more of these, and two at the end of each plane.
_NONCHARACTERS = [
    *map(chr, range(0xFDD1, 0xFDF0)),
    *(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF)),
]
_HIDDEN = {ord(character): hidden for character, hidden in zip(_SIGNS, _NONCHARACTERS, strict=False)}
_SHOWN = {ord(hidden): chr(code) for code, hidden in _HIDDEN.items()}
_ANY = frozenset(_HIDDEN.values())


def opaque(words: str) -> str:
    """The words in a form that Markdown reads literally anywhere."""
    return words.translate(_HIDDEN)


def is_opaque(text: str) -> bool:
    """Whether there is anything to put back."""
    return not text.isascii() and not _ANY.isdisjoint(text)


def put_back(block: Block) -> Block:
    """The block with its characters again; nothing moves."""
    return replace(
        block,
        text=block.text.translate(_SHOWN),
        info=block.info.translate(_SHOWN),
        rows=tuple(tuple(cell.translate(_SHOWN) for cell in row) for row in block.rows),
        spans=tuple(replace(span, data=span.data.translate(_SHOWN)) if span.data else span for span in block.spans),
    )
