"""Blocks as Discord's Markdown. Whatever the text itself holds of its signs is escaped."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from bot.domain.blocks import Block, BlockKind, Span, SpanKind, paragraph
from bot.rendering.layout import tables
from bot.rendering.markup.maths import readable
from handlers.discord.inline import inline

SEPARATOR = 2
"""What parts two blocks: an empty line."""

_ANNOUNCING = (BlockKind.HEADING, BlockKind.SUMMARY)
# Wider tables would wrap on a phone.
_TABLE_COLUMNS = 48
_LANGUAGE = re.compile(r"[a-zA-Z0-9_+#.-]{1,20}")
_NUMBER = re.compile(r"(\d+)\.")
_BULLET = -1
# The client takes a list to begin between 1 and this.
_HIGHEST = 1_000_000_000
_LABEL_GOES_ON = re.compile(r"\]\(<[^>]*>\)[^\[]*\]\(")
# What is nested deeper is text to the client; so is what stands in an inner quote, behind our own sign for that.
_DEEPEST = 11
_FENCES = re.compile("`{3,}")
_INNER_QUOTE = "│ "
_APART = "\u200b"
"""A zero-width space: keeps signs from being read as one, and does not show."""


def render(blocks: Sequence[Block]) -> str:
    """A message of these blocks; never empty, for Discord refuses that."""
    text = _message(blocks, labels=True)
    # To the client a link's words end at the last `](` before the next `[`. In code that cannot be escaped.
    if "](<" in text and _LABEL_GOES_ON.search(text):
        text = _message(blocks, labels=False)
    return text.strip("\n") or "…"


def _message(blocks: Sequence[Block], *, labels: bool) -> str:
    pieces: list[str] = []
    lists = _Lists()
    for number, block in enumerate(blocks):
        if number:
            before = blocks[number - 1]
            pieces.append("\n" if block.tight and before.kind is not BlockKind.CODE else _empty_line(before, block))
        pieces.append(_rendered(lists.shown(block), labels=labels))
    return "".join(pieces)


def measure(block: Block) -> int:
    """The code points of a block's Markdown, at most."""
    return len(_rendered(block)) + (block.kind is BlockKind.ITEM)


class _Lists:
    """The lists that are open in the client, by their indent.

    It counts an ordered list itself, from its first item on (`1.`, `5.` are shown as 1 and 2), and takes bullets and
    numbers in one list for the same. An item that would be shown as another, or as none
    because it is empty, gets a marker that is text.
    """

    def __init__(self) -> None:
        self._next: dict[int, int] = {}
        self._quote = 0

    def shown(self, block: Block) -> Block:
        """The block, with its marker as text where it has to be."""
        if not block.tight or not block.indent or block.quote != self._quote or block.kind is BlockKind.CODE:
            self._next, self._quote = {}, block.quote
        if block.kind is not BlockKind.ITEM or block.continued:
            return block
        deeper = [indent for indent in self._next if indent > block.indent]
        first = [self._next.pop(indent) for indent in sorted(deeper)][:1]
        if first and not self._next:
            # Where the first line is indented most, the client takes the others for the same list.
            self._next[block.indent] = first[0]
        marker = _NUMBER.match(block.marker)
        number = int(marker[1]) if marker else _BULLET
        expected = self._next.pop(block.indent, None)
        if block.quote > 1 or block.indent > _DEEPEST:
            return replace(block, marker="\\•") if block.marker == "•" else block
        if not marker and block.marker != "•":
            return block
        begins = expected is None and (number == _BULLET or 1 <= number <= _HIGHEST)
        if block.text and (number == expected or begins):
            self._next[block.indent] = number + 1 if marker else _BULLET
            return block
        as_text = block.marker.replace(".", "\\.", 1) if marker else "\\•"
        return replace(block, marker=as_text)


def _empty_line(before: Block, block: Block) -> str:
    # Two quotes with an empty line between them would be two boxes; headings bring their own distance, and what is
    # folded elsewhere belongs to the line above it.
    if (before.quote and before.quote == block.quote) or before.kind in _ANNOUNCING:
        return "\n"
    return "\n\n"


@lru_cache(maxsize=256)
def _rendered(block: Block, *, labels: bool = True) -> str:
    match block.kind:
        case BlockKind.CODE:
            text = _fenced(block.text, block.info)
        case BlockKind.MATH:
            plain = readable(block.text)
            text = inline(paragraph(plain)) if plain is not None else _fenced(block.text, "latex")
        case BlockKind.TABLE:
            columns = tables.columns(block, _TABLE_COLUMNS) if block.rows else block.text
            text = inline(tables.listed(block), labels=labels) if columns is None else _fenced(columns, "")
        case BlockKind.RULE:
            text = "———"
        case BlockKind.HEADING:
            text = _heading(block, labels=labels)
        case BlockKind.SUMMARY:
            text = inline(block if block.continued else _bold(block), labels=labels).replace("\n", " ")
        case BlockKind.ITEM:
            text = _item(block, labels=labels)
        case BlockKind.PARAGRAPH:
            text = _indented(inline(block, labels=labels), "  " * block.indent)
    if not block.quote:
        return text
    # Discord does not nest quotes; a mark before a fence would make it text.
    inner = "" if "```" in text else _INNER_QUOTE * (block.quote - 1)
    return _indented(text, f"> {inner}")


def _heading(block: Block, *, labels: bool) -> str:
    # Discord has three levels; what lies deeper is bold.
    if block.level > 3 and not block.continued:
        return inline(_bold(block), labels=labels).replace("\n", " ")
    line = inline(block, labels=labels).replace("\n", " ")
    # The client takes `#` from the end.
    line += _APART * line.endswith("#")
    return line if block.continued else f"{'#' * block.level} {line}"


def _bold(block: Block) -> Block:
    whole = Span(0, len(block.text), SpanKind.BOLD)
    return replace(block, spans=(whole, *(span for span in block.spans if span.kind is not SpanKind.BOLD)))


def _item(block: Block, *, labels: bool) -> str:
    indent = "  " * (block.indent - 1)
    if block.continued:
        return _indented(inline(block, labels=labels), indent + "  ")
    marker = "-" if block.marker == "•" else block.marker
    return f"{indent}{marker} " + inline(block, labels=labels).replace("\n", f"\n{indent}  ")


def _indented(text: str, prefix: str) -> str:
    return prefix + text.replace("\n", "\n" + prefix) if prefix else text


def _fenced(text: str, language: str) -> str:
    label = language if _LANGUAGE.fullmatch(language) else ""
    inside = _FENCES.sub(lambda run: _APART.join(run[0]), text)
    # Without a letter in it, it would go on to the next fence.
    return f"```{label}\n{inside if inside.strip() else _APART}\n```"
