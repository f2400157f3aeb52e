"""The cards of turns that wait: a press is answered by the next one, and what else asks the same is closed."""

from bot.contracts.command import Closed, View
from bot.delivery.outbox import NOT_ASKED
from bot.incoming.call import Call
from bot.turns.approval_card import Which
from bot.turns.approvals import Approvals, Decided
from bot.turns.form_card import FormCard
from bot.turns.turns import Turns
from handlers.commands.once import Done, once
from storage.programs import Program, T


def pressed_card(call: Call) -> str | None:
    """The message whose button was pressed: what follows takes its place."""
    return call.invocation.remote_id if call.invocation.origin == "button" else None


async def decided(call: Call, asked: Approvals, which: Which, program: Program[T]) -> T | View:
    """What comes of a decision; where it was kept before a crash, and nobody was shown what follows, that.

    Raises:
        PersonError: as the program; `Done` if it was kept, and nothing more is asked.
    """
    try:
        return await call.database.write(once(call, program))
    except Done:
        found = await call.database.read(asked.asks_now(call.caller, which.turn))
        if found is None:
            raise
        card, shown = found
        closes = twin(call, shown if shown != pressed_card(call) else None)
        return View(card.text(call.say), card.buttons(call.say), card_of=card.turn, closes=closes)


def after(call: Call, under_way: Turns, made: Decided, words: str) -> View:
    """What follows a decision: the next card, or these words until the turn's answer takes their place."""
    under_way.kick(made.session, made.pages)
    closes = twin(call, made.twin)
    if made.next is None:
        # What was pressed says it until the answer comes; what was left says it already.
        return View("", follows=True) if made.pages else View(words, closes=closes, is_over=True)
    card = made.next
    return View(card.text(call.say), card.buttons(call.say), card_of=card.turn, closes=closes)


def asking(call: Call, form: FormCard, lead: str = "") -> View:
    """The card of a form, below what there is to say first."""
    text = "\n\n".join(filter(None, (lead, form.text(call.say))))
    return View(text, form.buttons(call.say), card_of=Which.of(form.name).turn)


def twin(call: Call, remote_id: str | None) -> Closed | None:
    """The end of another message that asks the same."""
    return Closed(remote_id, call.say(NOT_ASKED)) if remote_id is not None else None
