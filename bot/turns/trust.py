"""Whose words a model has read. Whoever wrote them may have wanted something done: pages, files, other people, tools.

A consent that was given for longer than once holds only where all of it is the asker's own, but for what the very tool
has said to which it was given: that can only have the same tool called again. What cannot be told is somebody else's: a
summary, what was imported, a conversation that is read from its middle.
"""

from collections.abc import Collection, Sequence

from bot.contracts.provider import PromptMessage, PromptPart
from bot.domain.calls import CallPart, ResultPart
from bot.domain.messages import Author, InstructionPart, OverheardPart, SummaryPart, TextPart, is_quoting
from bot.tools.tool import OWN_WORDS
from bot.turns.briefing import Begun, Briefing
from storage import tree
from storage.programs import Program


def tools_heard(begun: Begun, briefing: Briefing) -> Program[frozenset[str] | None]:
    """The tools that have said something of what was read for this turn, where nobody else has but the asker and the
    model itself; None where somebody has.
    """
    path, alone = begun.path, begun.turn.place.kind.private and begun.session.owner == begun.payer.id
    is_whole = path[0].parent is None and begun.summary is None and not begun.has_files
    if not (alone and is_whole and _is_plain(briefing.messages)):
        return None
    for message in path:
        if message.author not in (Author.USER, Author.ASSISTANT) or message.speaker or is_quoting(message.parts):
            return None
    if not (yield from tree.are_all_of([message.id for message in path], begun.payer.id)):
        return None
    said = [message.parts for message in path] + [message.parts for message in briefing.messages]
    return frozenset(part.tool for parts in said for part in parts if isinstance(part, CallPart)) - OWN_WORDS


def _is_plain(told: Sequence[PromptMessage]) -> bool:
    """Whether messages hold words alone, what the gateway says itself or the person has chosen to have said, and calls
    of tools with what came of them.
    """
    parts = [part for message in told for part in message.parts]
    calls = {part.id for part in parts if isinstance(part, CallPart)}
    return all(_is_plain_part(part, calls) for part in parts)


def _is_plain_part(part: PromptPart, calls: Collection[str]) -> bool:
    match part:
        case CallPart():
            return True
        case ResultPart():
            return part.call in calls
        case SummaryPart() | OverheardPart():
            return False
        case _:
            return isinstance(part, TextPart | InstructionPart)
