"""Markdown as HTML: elements and a few classes ("center", "right", "in1" to "in3", "spoiler"), no style, no script."""

from html import escape
from itertools import pairwise

from bot.domain.blocks import Block, BlockKind, SpanKind
from bot.rendering import markup

_SIDES = {"^": ' class="center"', ">": ' class="right"'}
_TAGS = {
    SpanKind.BOLD: "b",
    SpanKind.ITALIC: "i",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKE: "s",
    SpanKind.CODE: "code",
    SpanKind.MATH: "code",
}


def html_of(text: str) -> str:
    """The text as elements: safe to stand in a page, whatever somebody has written."""
    return "".join(map(_block, markup.parse(text)))


def _block(block: Block) -> str:
    inner = _spans(block)
    match block.kind:
        case BlockKind.HEADING:
            made = f"<h{min(6, block.level + 1)}>{inner}</h{min(6, block.level + 1)}>"
        case BlockKind.ITEM:
            made = f'<p class="in{min(3, block.indent)}">{escape(block.marker)} {inner}</p>'
        case BlockKind.CODE | BlockKind.MATH:
            made = f"<pre><code>{escape(block.text)}</code></pre>"
        case BlockKind.TABLE:
            sides = [_SIDES.get(side, "") for side in block.aligns or "-" * len(block.rows[0])]
            rows = (
                "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in zip(row, sides, strict=False))
                for row in block.rows
            )
            made = "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
        case BlockKind.RULE:
            made = "<hr>"
        case BlockKind.SUMMARY:
            made = f"<p><b>{inner}</b></p>"
        case BlockKind.PARAGRAPH:
            made = f"<p>{inner}</p>"
    return "<blockquote>" * block.quote + made + "</blockquote>" * block.quote


def _spans(block: Block) -> str:
    """The text with its formatting: cut at every start and end of a span, each piece inside all its tags."""
    edges = sorted({0, len(block.text), *(edge for span in block.spans for edge in (span.start, span.end))})
    pieces = []
    for start, end in pairwise(edges):
        piece = escape(block.text[start:end]).replace("\n", "<br>")
        for span in block.spans:
            if span.start <= start and end <= span.end:
                piece = _wrapped(piece, span.kind, span.data)
        pieces.append(piece)
    return "".join(pieces)


def _wrapped(piece: str, kind: SpanKind, data: str) -> str:
    if kind is SpanKind.LINK:
        safe = data.lower().startswith(("https://", "http://", "mailto:"))
        return f'<a href="{escape(data)}" rel="noopener noreferrer">{piece}</a>' if safe else piece
    if kind is SpanKind.SPOILER:
        return f'<span class="spoiler">{piece}</span>'
    return f"<{_TAGS[kind]}>{piece}</{_TAGS[kind]}>"
