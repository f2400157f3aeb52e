"""The buttons below an answer: its versions, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.contracts.platform import Capabilities
from bot.domain.blocks import Button, ButtonRows
from bot.domain.ids import AttachmentId, MessageId, TurnId
from bot.domain.messages import Message
from bot.domain.people import Steering
from bot.domain.policy import Policy
from bot.domain.turns import FinishReason
from bot.rendering.pages import AS_PLAIN
from bot.texts import Say
from storage import attachments, messages, tree, turns
from storage.programs import Program
from storage.tree import Siblings

_GOES_ON = (FinishReason.LENGTH, FinishReason.CUT, FinishReason.STOPPED)


@dataclass(frozen=True, slots=True)
class Below:
    """What the buttons of one answer depend on."""

    turn: TurnId | None
    """The turn that made it; None for one that came from elsewhere."""
    finish: FinishReason
    answers: Siblings
    questions: Siblings
    """The versions of the question that it answers."""
    original: AttachmentId | None = None
    """A picture of the answer's, which platforms show smaller than it is."""


def below(answer: Message, question: MessageId) -> Program[Below]:
    """The buttons below an answer now."""
    turn = yield from turns.of_answer(answer.id)
    finish = yield from messages.finish_of(answer.id)
    answers = yield from tree.siblings(answer.id)
    questions = yield from tree.siblings(question)
    return Below(turn, finish, answers, questions, (yield from original_of(answer.id)))


def original_of(answer: MessageId) -> Program[AttachmentId | None]:
    """The first picture of an answer, as a file."""
    made = yield from attachments.of_messages([answer])
    return made[0].id if made else None


def can_remind(policy: Policy, at: Capabilities) -> bool:
    """Whether people can be reminded of an answer: they are asked when, below it or in a form."""
    return policy.most_schedules > 0 and (at.forms or at.messages_per_answer is None)


def answer_buttons(
    shown: Below,
    say: Say,
    *,
    reminds: bool,
    forgets: bool = False,
    offered: MessageId | None = None,
    aloud: bool = False,
) -> ButtonRows:
    """The buttons below an answer; `forgets`: it is the first that does not know the beginning of its session.

    `reminds`: people can be reminded of it. `offered`: the question asks to have something remembered.
    `aloud`: only its beginning is read aloud.
    """
    answer = shown.answers.ids[shown.answers.at]
    rows = [_switch(shown.answers, ""), _switch(shown.questions, "✎ ")]
    if shown.turn is not None:
        number = (str(shown.turn),)
        acts = [Button(say("↻ Regenerate"), "again", number)]
        if shown.finish in _GOES_ON:
            acts.append(Button(say("Continue"), "go_on", number))
        if reminds:
            acts.append(Button(say("⏰ Remind me"), "remind_of", (str(answer),)))
        rows.append(tuple(acts))
        if aloud:
            rows.append((Button(say("Read all of it aloud"), "read_aloud", number),))
    if shown.original is not None:
        rows.append((Button(say("Original"), "document_file", (str(shown.original),)),))
    if offered is not None:
        rows.append((Button(say("Remember this"), "remember", (str(offered),)),))
    if forgets:
        rows.append((Button(say("What I still read"), "still_read", (str(answer),)),))
    return tuple(row for row in rows if row)


def _switch(versions: Siblings, mark: str) -> tuple[Button, ...]:
    """Buttons that lead to the neighbouring versions; none if there is only one."""
    ids, at = versions.ids, versions.at
    if len(ids) < 2:
        return ()
    row = [Button(f"{mark}{at + 1}/{len(ids)}", "version", (str(ids[at]),))]
    if at > 0:
        row.insert(0, Button("‹", "version", (str(ids[at - 1]),)))
    if at < len(ids) - 1:
        row.append(Button("›", "version", (str(ids[at + 1]),)))
    return tuple(row)


def stop_button(turn: TurnId, say: Say) -> Button:
    """The buttons below an answer while it grows."""
    return Button(say("Stop"), "stop_turn", (str(turn),))


def steer_buttons(turn: TurnId, offered: Sequence[Steering], say: Say) -> ButtonRows:
    """The buttons below the notice that a question waits."""
    labels = {Steering.NOW: say("Now instead"), Steering.ADD: say("Add to this answer")}
    row = tuple(Button(labels[how], "steer", (str(turn), how.value)) for how in offered)
    return (row,) if row else ()


def plain_button(answer: MessageId, say: Say) -> Button:
    """The note below an answer in the richer form, which not every app shows well."""
    return Button(say("As plain text"), AS_PLAIN, (str(answer),))


def retry_buttons(turn: TurnId, say: Say) -> ButtonRows:
    """The buttons below an apology."""
    return ((Button(say("↻ Try again"), "again", (str(turn),)),),)
