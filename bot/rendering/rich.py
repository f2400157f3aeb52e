"""Whether an answer goes out in the richer form that a platform may have beside its plain one.

The richer form has real tables, set formulas, parts that fold and longer messages, but an older client shows only a
placeholder for it. So it is for answers that need it and fit one such message, unless the operator or the person
decides otherwise; and where the platform has refused it, the plain form is sent for a while.
"""

from collections.abc import Sequence

from bot.domain.blocks import Block, BlockKind, SpanKind
from bot.rendering.markup.maths import readable

_NEEDING = (BlockKind.TABLE, BlockKind.MATH, BlockKind.SUMMARY)


def needed(blocks: Sequence[Block]) -> bool:
    """Whether the plain form would show this poorly. That it would need several pages is not looked at here."""
    return any(block.kind in _NEEDING or _has_unreadable_formula(block) for block in blocks)


def _has_unreadable_formula(block: Block) -> bool:
    return any(
        span.kind is SpanKind.MATH and readable(block.text[span.start : span.end]) is None for span in block.spans
    )
