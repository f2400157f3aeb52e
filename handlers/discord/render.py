"""Blocks as Discord's Markdown. Whatever the text itself holds of its signs is escaped."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from bot.blocks import Block, BlockKind, Span, SpanKind
from bot.layout import tables
from bot.markup.maths import readable

JOINT = 2
"""What parts two blocks: an empty line."""

LONGEST_ADDRESS = 1_000
"""Characters of an address that is linked to. A longer one leaves no room in a message: its label is shown alone."""

_SIGNS = {
    SpanKind.BOLD: "**",
    SpanKind.ITALIC: "*",
    SpanKind.UNDERLINE: "__",
    SpanKind.STRIKE: "~~",
    SpanKind.SPOILER: "||",
    SpanKind.CODE: "`",
    SpanKind.MATH: "`",
}
_ANNOUNCING = (BlockKind.HEADING, BlockKind.SUMMARY)
# Wider tables would wrap on a phone.
_TABLE_COLUMNS = 48
_VERBATIM = (SpanKind.CODE, SpanKind.MATH)
_ESCAPES = re.compile(r"([\\*_~`|\[\]])")
_AT_LINE_START = re.compile(r"^(\s*)(#|>|-|\d+(?=\.))", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]{1,20}")
_INNER_QUOTE = "│ "
_FENCE_BREAK = "`\u200b``"
"""Three backticks inside a code block would end it; a zero-width space between them does not show."""


def render(blocks: Sequence[Block]) -> str:
    """A message of these blocks; never empty, for Discord refuses that."""
    pieces: list[str] = []
    for number, block in enumerate(blocks):
        if number:
            before = blocks[number - 1]
            pieces.append("\n" if block.tight and before.kind is not BlockKind.CODE else _empty_line(before, block))
        pieces.append(_rendered(block))
    return "".join(pieces).strip("\n") or "…"


def measure(block: Block) -> int:
    """The code points of a block's Markdown."""
    return len(_rendered(block))


def _empty_line(before: Block, block: Block) -> str:
    # Two quotes with an empty line between them would be two boxes; headings bring their own distance, and what is
    # folded elsewhere belongs to the line above it.
    if (before.quote and before.quote == block.quote) or before.kind in _ANNOUNCING:
        return "\n"
    return "\n\n"


@lru_cache(maxsize=256)
def _rendered(block: Block) -> str:
    match block.kind:
        case BlockKind.CODE:
            text = _fenced(block.text, block.info)
        case BlockKind.MATH:
            plain = readable(block.text)
            text = _escaped(plain, at_start=True) if plain is not None else _fenced(block.text, "latex")
        case BlockKind.TABLE:
            columns = tables.columns(block, _TABLE_COLUMNS) if block.rows else block.text
            text = _inline(tables.listed(block)) if columns is None else _fenced(columns, "")
        case BlockKind.RULE:
            text = "———"
        case BlockKind.HEADING:
            text = _heading(block)
        case BlockKind.SUMMARY:
            text = _inline(block).replace("\n", " ")
            text = text if block.continued else f"**{text}**"
        case BlockKind.ITEM:
            text = _item(block)
        case BlockKind.PARAGRAPH:
            text = _indented(_inline(block), "  " * block.indent)
    if not block.quote:
        return text
    # Discord does not nest quotes; a mark before a fence would make it text.
    inner = "" if "```" in text else _INNER_QUOTE * (block.quote - 1)
    return _indented(text, f"> {inner}")


def _heading(block: Block) -> str:
    line = _inline(block).replace("\n", " ")
    # Discord has three levels; what lies deeper is bold.
    return line if block.continued else f"{'#' * block.level} {line}" if block.level <= 3 else f"**{line}**"


def _item(block: Block) -> str:
    indent = "  " * (block.indent - 1)
    if block.continued:
        return _indented(_inline(block), indent + "  ")
    marker = "-" if block.marker == "•" else block.marker
    return f"{indent}{marker} " + _inline(block).replace("\n", f"\n{indent}  ")


def _indented(text: str, prefix: str) -> str:
    return prefix + text.replace("\n", "\n" + prefix) if prefix else text


def _fenced(text: str, language: str) -> str:
    label = language if _LANGUAGE.fullmatch(language) else ""
    inside = text.replace("```", _FENCE_BREAK)
    return f"```{label}\n{inside}\n```"


def _inline(block: Block) -> str:
    """The text with its spans: opened and closed in the order of a stack, so that they nest."""
    block = _with_plain_maths(block)
    if any(len(span.data) > LONGEST_ADDRESS for span in block.spans):
        kept = tuple(span for span in block.spans if len(span.data) <= LONGEST_ADDRESS)
        block = replace(block, spans=kept)
    if not block.spans:
        return _escaped(block.text, at_start=True)
    text = block.text
    borders = sorted({0, len(text), *(s.start for s in block.spans), *(s.end for s in block.spans)})
    pieces: list[str] = []
    stack: list[Span] = []
    for start, end in itertools.pairwise(borders):
        wanted = [span for span in block.spans if span.start <= start and span.end >= end]
        _change(stack, wanted, pieces)
        raw = text[start:end]
        verbatim = any(span.kind in _VERBATIM for span in stack)
        pieces.append(raw.replace("`", "'") if verbatim else _escaped(raw, at_start=start == 0))
    _change(stack, [], pieces)
    return "".join(pieces)


def _with_plain_maths(block: Block) -> Block:
    """The block with its simple formulas as plain text."""
    formulas = [span for span in block.spans if span.kind is SpanKind.MATH]
    for formula in sorted(formulas, key=lambda span: span.start, reverse=True):
        plain = readable(block.text[formula.start : formula.end])
        if plain is None:
            continue
        more = len(plain) - (formula.end - formula.start)
        spans = (_moved(span, formula, more) for span in block.spans if span != formula)
        text = block.text[: formula.start] + plain + block.text[formula.end :]
        block = replace(block, text=text, spans=tuple(span for span in spans if span.start < span.end))
    return block


def _moved(span: Span, formula: Span, more: int) -> Span:
    """A span after the formula has become longer by `more`."""
    start = span.start + more if span.start >= formula.end else span.start
    end = span.end + more if span.end >= formula.end else span.end
    return replace(span, start=start, end=end)


def _change(stack: list[Span], wanted: list[Span], pieces: list[str]) -> None:
    """Close what is no longer wanted, with what lies above it, then open what is missing."""
    keep = 0
    while keep < len(stack) and stack[keep] in wanted:
        keep += 1
    while len(stack) > keep:
        pieces.append(_closing(stack.pop()))
    missing = [span for span in wanted if span not in stack]
    # Code takes no formatting inside, so it goes innermost; of the others the longest opens first.
    for span in sorted(missing, key=lambda span: (span.kind in _VERBATIM, -(span.end - span.start))):
        if not any(open_span.kind in _VERBATIM or open_span.kind is span.kind for open_span in stack):
            stack.append(span)
            pieces.append("[" if span.kind is SpanKind.LINK else _SIGNS[span.kind])


def _closing(span: Span) -> str:
    # Angle brackets keep Discord from adding a preview of the page.
    return f"](<{span.data.replace('>', '%3E')}>)" if span.kind is SpanKind.LINK else _SIGNS[span.kind]


def _escaped(text: str, *, at_start: bool) -> str:
    escaped = _ESCAPES.sub(r"\\\1", text)
    head, newline, rest = escaped.partition("\n")
    if at_start:
        head = _AT_LINE_START.sub(_escape_start, head)
    return head + newline + _AT_LINE_START.sub(_escape_start, rest)


def _escape_start(found: re.Match[str]) -> str:
    # A number keeps its digits; it is the dot behind them that would make a list.
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"
