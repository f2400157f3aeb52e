"""What an edit leaves of a message, and whether it has changed anything."""

from dataclasses import replace

from bot.domain.incoming import Inbound
from bot.domain.messages import FilePart, Part, QuotedPart
from bot.incoming.thread_history import kept
from storage.pieces import Piece


def corrected(piece: Piece, inbound: Inbound) -> Piece:
    """A piece as an edit leaves it."""
    before = kept(piece.parts)
    aside = _kept_aside(piece.parts[len(before) :], inbound.pointed)
    return replace(piece, parts=(*before, *aside, *inbound.parts))


def _kept_aside(before: tuple[Part, ...], pointed: tuple[Part, ...]) -> tuple[Part, ...]:
    """What a message brought along of the one it replies to; an edit of its words leaves that as it was."""
    match before, pointed:
        case (QuotedPart(first), *_), (QuotedPart(second), *_) if first == second:
            return before[: len(pointed)]
    return ()


def looks_alike(before: tuple[Part, ...], after: tuple[Part, ...]) -> bool:
    """Whether an edit left all that people see as it was: a platform may name the same file again each time."""
    return [_seen(part) for part in before] == [_seen(part) for part in after]


def _seen(part: Part) -> object:
    return (part.name, part.size_bytes) if isinstance(part, FilePart) else part
