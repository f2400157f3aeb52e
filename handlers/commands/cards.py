"""The cards of turns that wait: a press is answered by the next one, and what else asks the same is closed."""

from bot.contracts.command import Closed, View
from bot.delivery.outbox import NOT_ASKED
from bot.incoming.call import Call
from bot.turns.approval_card import Which
from bot.turns.approvals import Decided
from bot.turns.form_card import FormCard
from bot.turns.turns import Turns


def pressed_card(call: Call) -> str | None:
    """The message whose button was pressed: what follows takes its place."""
    return call.invocation.remote_id if call.invocation.origin == "button" else None


def after(call: Call, under_way: Turns, decided: Decided, words: str) -> View:
    """What follows a decision: the next card, or these words until the turn's answer takes their place."""
    under_way.kick(decided.session, decided.pages)
    closes = twin(call, decided.twin)
    if decided.next is None:
        # What was pressed says it until the answer comes; what was left says it already.
        return View("", follows=True) if decided.pages else View(words, closes=closes, is_over=True)
    card = decided.next
    return View(card.text(call.say), card.buttons(call.say), card_of=card.turn, closes=closes)


def asking(call: Call, form: FormCard, lead: str = "") -> View:
    """The card of a form, below what there is to say first."""
    text = "\n\n".join(filter(None, (lead, form.text(call.say))))
    return View(text, form.buttons(call.say), card_of=Which.of(form.name).turn)


def twin(call: Call, remote_id: str | None) -> Closed | None:
    """The end of another message that asks the same."""
    return Closed(remote_id, call.say(NOT_ASKED)) if remote_id is not None else None
