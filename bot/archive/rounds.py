"""An answer's calls of tools, between its parts and a file."""

from collections.abc import Iterator, Sequence

from bot.archive.values import ArchivedCall, ArchivedMessage, ArchivedRound
from bot.domain.calls import CallPart, ResultPart, rounds_of
from bot.domain.messages import Part, TextPart, joined_said, text_of


def archived(parts: Sequence[Part]) -> tuple[ArchivedRound, ...]:
    """The rounds of a message."""
    rounds, _ = rounds_of(parts)
    return tuple(
        ArchivedRound(
            text_of(made.said),
            tuple(
                ArchivedCall(call.id, call.tool, call.arguments, result.text, result.outcome, call.made_by, call.opaque)
                for call, result in zip(made.calls, made.results, strict=True)
            ),
        )
        for made in rounds
    )


def parts_of(message: ArchivedMessage) -> Iterator[Part]:
    """The reverse: the words of a message with its calls where they were made.

    Where the words do not begin with what was said before the calls, these stand before all of them.
    """
    before = joined_said(made.said for made in message.rounds)
    keeps = message.text.startswith(before)
    for made in message.rounds:
        if keeps and made.said:
            yield TextPart(made.said)
        # What a vendor has signed it takes back only as it was: a file may say anything.
        yield from (CallPart(call.id, call.tool, call.arguments) for call in made.calls)
        yield from (ResultPart(call.id, call.result, call.outcome) for call in made.calls)
    rest = message.text[len(before) :].strip("\n") if message.rounds and keeps and before else message.text
    if rest:
        yield TextPart(rest)
