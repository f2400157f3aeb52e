"""What admins do about broadcasts, from a chat and from the page alike: written, looked at, begun, stopped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.contracts.platform import Platform
from bot.domain.blocks import Button, Page
from bot.domain.errors import PersonError
from bot.domain.people import Role, RoleRules
from bot.domain.places import Place, PlaceKind
from bot.people.administering import REASONS, By
from bot.rendering.pages import notice, paginate
from bot.texts import Say, said_later
from storage import broadcasts
from storage.acts import ActKind
from storage.broadcasts import Audience, Broadcast, BroadcastState, Counted, Miss
from storage.given_up import Reason
from storage.programs import Program

MOST_LETTERS = 1500
"""One message on every platform, with the button below it."""

STATES: Mapping[BroadcastState, str] = {
    BroadcastState.GOING: said_later("on its way"),
    BroadcastState.STOPPED: said_later("stopped"),
    BroadcastState.DONE: said_later("sent"),
}
"""How far one is that was begun."""

MISSES: Mapping[Miss, str] = {
    Miss.NO_CHAT: said_later("They have never written to me in private there."),
    Miss.NO_BOT: said_later("The bot that they write to does not run."),
    Miss.UNREACHABLE: REASONS[Reason.UNREACHABLE],
    Miss.REJECTED: REASONS[Reason.REJECTED],
}

ROLES: Mapping[Role | None, str] = {
    None: said_later("everybody"),
    Role.MEMBER: said_later("members"),
    Role.ADMIN: said_later("admins"),
}
"""To whom one can go."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft, and for how many it would be."""

    draft: Broadcast
    counted: Counted


def page_of(text: str, say: Say) -> Page:
    """What somebody gets of a broadcast, who hears the bot speak like this."""
    return notice(text, ((Button(say("No more of these"), "broadcasts_off"),),))


def written(by: By, text: str, audience: Audience, bots: Iterable[Platform]) -> Program[int]:
    """Keep a text as this admin's draft; gives its number.

    Raises:
        PersonError: there is nothing in it, or it takes more than one message on a platform of these bots.
    """
    text = text.strip()
    if not text:
        raise PersonError("There is nothing to send yet: write what people are to be told.")
    if len(text) > MOST_LETTERS or not all(_fits(bot, text) for bot in bots):
        raise PersonError("A broadcast is one message: shorten it, to {most} characters at most.", most=MOST_LETTERS)
    return (yield from broadcasts.draft(by.admin.id, text, audience, by.now))


def _fits(bot: Platform, text: str) -> bool:
    return len(paginate(bot, Place(bot.name, bot.bot, "", "", PlaceKind.PRIVATE), text)) == 1


def looked_at(by: By, number: int, rules: RoleRules) -> Program[Looked | None]:
    """A draft of this admin's, with the count; None if it is none any longer."""
    found = yield from broadcasts.find(number)
    if found is None or found.admin != by.admin.id or found.state is not BroadcastState.DRAFT:
        return None
    return Looked(found, (yield from broadcasts.count(found.audience, rules)))


def aim(by: By, number: int, to: Audience, rules: RoleRules) -> Program[Looked | None]:
    """Have a draft of this admin's go to others; None if it is none any longer."""
    if (yield from looked_at(by, number, rules)) is None:
        return None
    yield from broadcasts.aim(number, to)
    return (yield from looked_at(by, number, rules))


def begin(by: By, number: int, rules: RoleRules) -> Program[bool]:
    """Let a draft of this admin's go out; False if it is none any longer.

    Raises:
        PersonError: it is for nobody.
    """
    looked = yield from looked_at(by, number, rules)
    if looked is None:
        return False
    if not looked.counted.wanted:
        raise PersonError("No one would receive it. Choose other people.")
    yield from broadcasts.begin(number, looked.counted.wanted)
    yield from by.note(ActKind.BROADCAST, amount=looked.counted.wanted, words=str(number))
    return True


def stop(by: By, number: int) -> Program[None]:
    """Let nobody else get it, once."""
    if (yield from broadcasts.stop(number, by.now)):
        yield from by.note(ActKind.STOP_BROADCAST, words=str(number))


def discard(by: By, number: int, rules: RoleRules) -> Program[None]:
    """Throw a draft of this admin's away."""
    if (yield from looked_at(by, number, rules)) is not None:
        yield from broadcasts.discard(number)


def figures(say: Say, one: Broadcast) -> str:
    """How one went, or goes, in a sentence."""
    return say(
        "Reached: {reached} of {people} · not reached: {missed} · on their way: {waiting}",
        reached=one.reached,
        people=one.people,
        missed=one.missed,
        waiting=one.waiting,
    )
