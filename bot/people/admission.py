"""Admission: whether someone may do something, decided here and nowhere else.

Messages, commands, buttons, context menus and autocomplete all ask `admit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.domain.needs import Need, Theirs
from bot.domain.people import RANK, Access, Identity, Person, Role, has_role
from bot.domain.places import PlaceKind
from bot.domain.policy import Policy, marks_of, stands_in
from bot.domain.sessions import Mode
from bot.people.callers import Caller
from bot.rendering.pages import filled
from bot.texts import Say, said_later, say_in
from storage import people
from storage.programs import Program

_TELL_AGAIN_MS = 6 * 3600 * 1000
"""A stranger who keeps writing is told once in this time that they have no access."""


class Why(Enum):
    """Why someone may not."""

    NOT_LET_IN = auto()
    """They are a stranger, and it is for members; or they are blocked."""
    RIGHTS = auto()
    """They are admitted, but it needs a higher role."""
    PLACE = auto()
    """It is for private chats."""
    NOT_THEIRS = auto()
    """Its object belongs to someone else."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The caller is refused; the one who asked words the answer."""

    why: Why


def admit(caller: Caller, need: Need) -> Caller | Refused:
    """The caller, if they meet this need."""
    person, place = caller.person, caller.place
    if not has_role(person, min(need.role, Role.MEMBER, key=RANK.__getitem__)):
        return Refused(Why.NOT_LET_IN)
    named = not need.named or stands_in(need.named, caller.identity, place)
    if not has_role(person, Role.ADMIN) and not (named and has_role(person, need.role)):
        return Refused(Why.RIGHTS)
    if need.private and not place.kind.private and not (need.or_adults and caller.adults_only):
        return Refused(Why.PLACE)
    if place.kind is PlaceKind.GUEST and not need.guests:
        return Refused(Why.PLACE)
    if need.theirs is not None and not _is_theirs(caller, need.theirs):
        return Refused(Why.NOT_THEIRS)
    return caller


def _is_theirs(caller: Caller, what: Theirs) -> bool:
    if caller.place.kind.private or what.whose == caller.person.id:
        return True
    if what.or_admins and has_role(caller.person, Role.ADMIN):
        return True
    return (what.or_moderators and caller.keeps_order is True) or stands_in(
        what.or_named, caller.identity, caller.place
    )


NOT_ASKED = said_later("Only the person who asked can do that. Ask it yourself, and the answer is yours.")
NOT_BEGUN = said_later("Only the person who started this session, or an admin of this chat, can do that.")
NOT_BROUGHT = said_later("Only the person who sent this file, or an admin of this chat, can do that.")

NOT_DECIDED = said_later("Only the person who asked can decide about this.")


def must_be_theirs(caller: Caller, whose: PersonId | None, refusal: str, *, or_moderators: bool = True) -> None:
    """Raises PersonError with `refusal`, one of our sentences, if something of that person's is not the caller's."""
    if not may(caller, Need(theirs=Theirs(whose, or_moderators))):
        raise PersonError(refusal)


NOT_SHAPED = said_later("Only an admin of this chat can choose what holds here. `/status` shows it.")
NOT_SHAPED_HERE = said_later("Only an admin of this bot can choose what holds here. `/status` shows it.")


def must_shape(caller: Caller, policy: Policy) -> None:
    """Raises PersonError if the caller may not choose what holds at the place where they speak."""
    refusal = NOT_SHAPED if policy.here else NOT_SHAPED_HERE
    must_be_theirs(caller, None, refusal, or_moderators=policy.here)


def must_decide(caller: Caller, whose: PersonId, policy: Policy) -> None:
    """Raises PersonError if the caller may not decide about what somebody's answer wants to have done.

    It acts for that person, so not even an admin may, unless the operator names them for it.
    """
    theirs = Theirs(whose, or_moderators=False, or_admins=False, or_named=policy.tools.approvers)
    if not may(caller, Need(theirs=theirs)):
        raise PersonError(NOT_DECIDED)


def may(caller: Caller, need: Need) -> bool:
    """Whether they are admitted, if no reason has to be given."""
    return not isinstance(admit(caller, need), Refused)


def may_be_turned_away(person: PersonId, now: UnixMs) -> Program[bool]:
    """Whether to tell this person now that they have no access: the first time, and then every six hours."""
    return (yield from people.may_be_told(person, now, _TELL_AGAIN_MS))


def why_not(person: Person, identity: Identity, access: Access) -> PersonError:
    """The one sentence for someone without access, to be translated. `access`: how strangers come in there."""
    if person.role is Role.BLOCKED:
        return PersonError(
            "You cannot talk to this bot: an admin has blocked you. Ask them if you think that is a mistake."
        )
    if access is Access.INVITE:
        return PersonError(
            "This bot is by invitation. If you have a code, send `/start CODE`; if not, ask the person who "
            "runs the bot."
        )
    if access is Access.APPROVAL:
        return PersonError("An admin has been asked to let you in. You will hear from me here as soon as they have.")
    return PersonError(
        "This bot answers only the people its operator has listed. Ask the operator to add you: `{id}`.",
        id=own_mark(identity),
    )


def why_not_here(caller: Caller, policy: Policy) -> PersonError:
    """The same for who speaks to a bot, which the operator may have given words of its own."""
    own = policy.of_bot(caller.place).refusal
    if own and caller.person.role is not Role.BLOCKED:
        return PersonError(own)
    return why_not(caller.person, caller.identity, policy.access_at(caller.place, caller.identity))


def why_refused(person: Person, known: Sequence[Identity], policy: Policy) -> PersonError | None:
    """The same of somebody who is not speaking; None for who has access. `known`: their accounts."""
    if has_role(person, Role.MEMBER) or not known:
        return None
    return why_not(person, known[0], policy.access)


def refusal(caller: Caller, policy: Policy) -> str:
    """The same sentence, in their language."""
    why = why_not_here(caller, policy)
    return filled(say_in(caller.person.language), why.tell, why.values)


def own_mark(identity: Identity) -> str:
    """How the settings name this person: "telegram:user:4711"."""
    return next(iter(marks_of(identity)))


def comes_back(caller: Caller, policy: Policy) -> bool:
    """Whether someone about whom nothing is known would be admitted here automatically."""
    role = policy.roles_at(caller.place).role_of(Role.STRANGER, marks_of(caller.identity, caller.place))
    return may(replace(caller, person=replace(caller.person, role=role)), Need())


def would_help(caller: Caller, policy: Policy) -> bool:
    """Whether a code lets someone in where they speak: not with a bot that is not for them."""
    role = policy.roles_at(caller.place).role_of(Role.MEMBER, marks_of(caller.identity, caller.place))
    return may(replace(caller, person=replace(caller.person, role=role)), Need())


def approval_buttons(person: PersonId, say: Say) -> ButtonRows:
    """The buttons for an admin about someone who asks for access."""
    number = (str(person),)
    yes = Button(say("Approve"), "approve", number, "success")
    return ((yes, Button(say("Refuse"), "block", number, "danger")),)


def why_not_mode(mode: Mode, caller: Caller) -> PersonError | None:
    """Why someone cannot use a mode where they are, or None if they can."""
    match admit(caller, mode.need):
        case Refused(Why.PLACE):
            return PersonError(
                "The mode {mode} is for private chats. Write to me in private to use it.", mode=mode.name
            )
        case Refused():
            return PersonError("The mode {mode} is not open to you. `/mode` lists those that are.", mode=mode.name)
        case Caller():
            return None
