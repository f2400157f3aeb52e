"""Forms of servers, answered: each answer is kept as soon as it is given, and the last has the call go on.

As with approvals (`bot.turns.approvals`), a turn that wants to know something waits in the database, for as long as it
takes and whatever dies meanwhile. Only the person who asked can answer: it is they for whom the server would act.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.errors import Over, PersonError
from bot.domain.turns import Turn
from bot.people.admission import NOT_DECIDED
from bot.people.callers import Caller
from bot.tools.forms import Answers
from bot.tools.questions import Value
from bot.turns.approval_card import Which
from bot.turns.approvals import GIVEN, Approvals, Decided
from bot.turns.form_card import FormCard
from storage.programs import Program
from storage.tool_calls import CallState, KeptCall


@dataclass(frozen=True, slots=True)
class Given:
    """What became of answers."""

    card: FormCard
    """What is asked next; nothing if `decided`."""
    wrong: PersonError | None = None
    """What is wrong with the first that was not taken."""
    decided: Decided | None = None
    """All of it is answered, and kept."""
    twin: str | None = None
    """The message that has asked until now, if that is another than was pressed, and is known."""


class FormAnswers:
    """Has people answer."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    def asked(self, caller: Caller, which: Which) -> Program[FormCard]:
        """A form, while the one who calls may answer it. Raises PersonError if they may not, or it is too late."""
        _, _, call = yield from self._waiting(caller, which)
        return FormCard(which.name, call)

    def opened(self, caller: Caller, which: Which, card: str | None) -> Program[Given]:
        """The same, where the message that was pressed is the one that asks from now on. Raises as `asked`."""
        turn, _, call = yield from self._waiting(caller, which)
        twin = (yield from self._approvals.asks_in(turn, card)) if card is not None else None
        return Given(FormCard(which.name, call), twin=twin)

    def typed(self, caller: Caller, which: Which, step: int, texts: Sequence[str]) -> Program[Given]:
        """Keep what somebody has written, from the question of that number on, up to the first that is no answer.

        Raises PersonError as `asked`.
        """

        def read(form: FormCard, number: int) -> Value | None:
            if form.question is None:
                raise Over(GIVEN)
            return form.question.read(texts[number])

        return (yield from self._answered(caller, which, step, read, len(texts), None))

    def pressed(self, caller: Caller, which: Which, step: int, option: int | None, card: str | None) -> Program[Given]:
        """Keep what was chosen by a button; None leaves the question out."""

        def read(form: FormCard, _: int) -> Value | None:
            if form.question is None:
                raise Over(GIVEN)
            return form.question.left_out() if option is None else form.question.pressed(option)

        given = yield from self._answered(caller, which, step, read, 1, card)
        if given.card.question is None and given.card.is_one and given.wrong is None:
            # The button has said it all.
            return replace(given, decided=(yield from self.send(caller, Which.of(given.card.name), card)))
        return given

    def send(self, caller: Caller, which: Which, card: str | None) -> Program[Decided]:
        """All is answered: the call goes on with it. Raises PersonError as `asked`."""
        turn, calls, call = yield from self._waiting(caller, which)
        if FormCard(which.name, call).question is not None:
            raise Over(GIVEN)
        return (yield from self._approvals.settle(turn, calls, replace(call, state=CallState.ANSWERED), card))

    def leave(self, caller: Caller, which: Which, card: str | None) -> Program[Decided]:
        """The server gets no answer, and hears so. Raises PersonError as `asked`."""
        turn, calls, call = yield from self._waiting(caller, which)
        declined = replace(call, state=CallState.ANSWERED, answers=Answers(declined=True).kept)
        return (yield from self._approvals.settle(turn, calls, declined, card))

    def anew(self, caller: Caller, which: Which, card: str | None) -> Program[Given]:
        """Forget what was answered of a form. Raises PersonError as `asked`."""
        turn, _, call = yield from self._waiting(caller, which)
        return (yield from self._kept(turn, call, Answers(), card))

    def _answered(
        self,
        caller: Caller,
        which: Which,
        step: int,
        read: Callable[[FormCard, int], Value | None],
        count: int,
        card: str | None,
    ) -> Program[Given]:
        turn, _, call = yield from self._waiting(caller, which)
        values, wrong = Answers.of(call.answers).values, None
        if step != len(values):
            raise Over(GIVEN)
        form = FormCard(which.name, call)
        for number in range(count):
            try:
                values = (*values, read(form, number))
            except PersonError as error:
                wrong = error
                break
            form = FormCard(which.name, replace(call, answers=Answers(values).kept))
        return replace((yield from self._kept(turn, call, Answers(values), card)), wrong=wrong)

    def _waiting(self, caller: Caller, which: Which) -> Program[tuple[Turn, Sequence[KeptCall], KeptCall]]:
        turn, calls, call = yield from self._approvals.waiting(caller, which)
        if call.state is not CallState.WANTS:
            raise Over(GIVEN)
        if caller.person.id != turn.payer:
            raise PersonError(NOT_DECIDED)
        return turn, calls, call

    def _kept(self, turn: Turn, call: KeptCall, answers: Answers, card: str | None) -> Program[Given]:
        kept = call
        if answers != Answers.of(call.answers):
            kept = replace(call, answers=answers.kept)
            yield from self._approvals.note(turn, kept)
        twin = yield from self._approvals.asks_in(turn, card)
        return Given(FormCard(Which.at(turn.id, kept).name, kept), twin=twin)
