"""What is said to people who are not let in, and to the admins who decide about them."""

from bot.contracts.abilities import Reaction
from bot.delivery.reactions import Unheard
from bot.domain.ids import UnixMs
from bot.domain.policy import Policy
from bot.people import admission, membership
from bot.people.callers import Caller, reader_of
from bot.rendering.pages import escaped, notice
from bot.texts import say_in
from storage import outbox, private_chats
from storage.outbox import OutboxPage, Target
from storage.programs import Program


def turn_away(
    caller: Caller,
    policy: Policy,
    pages: list[OutboxPage],
    now: UnixMs,
    remote_id: str,
    *,
    receipt: str = "",
    alone: bool = True,
    told: bool = False,
) -> Program[Unheard | None]:
    """Tell someone who is not let in why, once in a while, and tell the admins where they are to decide.

    `remote_id` is what they said; returns it where it is met with a sign. `receipt` is that of the command they have
    given, or of a question to a guest: its platform waits for an answer, which they get each time, alone if that can
    be. `told`: they are told already.
    """
    place, words = caller.place, admission.refusal(caller, policy)
    first = yield from admission.may_be_turned_away(caller.person.id, now)
    if (first or receipt) and not told:
        target = Target(
            caller.place_row,
            place,
            reply_to=None if place.kind.private or receipt else remote_id,
            receipt=receipt,
            private=bool(receipt) and alone,
            reader=reader_of(caller.identity, place),
        )
        pages.append((yield from outbox.add(target, notice(words), now)))
    if first:
        yield from _ask_admins(caller, policy, pages, now)
    if first or receipt:
        return None
    return Unheard(place, caller.place_row, remote_id, caller.person.id, Reaction.CLOSED, words)


def _ask_admins(caller: Caller, policy: Policy, pages: list[OutboxPage], now: UnixMs) -> Program[None]:
    """If admins decide who may join, they hear of someone who would like to."""
    if membership.is_awaiting(caller.person, policy.access_at(caller.place, caller.identity)):
        for chat in (yield from private_chats.of_admins(policy.roles)):
            say = say_in(chat.language)
            name, platform = escaped(caller.person.name), caller.place.platform
            words = say("{name} would like to talk to this bot ({platform}).", name=name, platform=platform)
            request = notice(words, admission.approval_buttons(caller.person.id, say))
            pages.append((yield from outbox.add(Target(chat.row, chat.place), request, now)))
