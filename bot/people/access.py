"""Who may do what, and the few ways in which anything is reached for a person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, SessionId, UnixMs
from bot.domain.incoming import Inbound, Invocation
from bot.domain.model_names import OFFLINE, OWN
from bot.domain.people import Access, Identity, Person, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy, marks_of, stands_in
from bot.domain.sessions import Mode, Reach, Session, TitleBy
from bot.rendering.pages import filled
from bot.texts import Say, say_in
from storage import ledger, linking, people, places, sessions
from storage.database import Program

_TELL_AGAIN_MS = 6 * 3600 * 1000
"""A stranger who goes on writing is told once in this time that they are not let in."""

_RANK = {Role.BLOCKED: 0, Role.STRANGER: 1, Role.MEMBER: 2, Role.ADMIN: 3}


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone, where they are speaking: made by `identify` alone."""

    person: Person
    identity: Identity
    """As which of their accounts they speak."""
    place: Place
    place_row: int
    session: SessionId | None
    """The session that is open at the place."""
    is_new: bool
    adults_only: bool = False
    """Whether the platform lets only adults in here."""
    named: str = ""
    """What a person has called the thread in which they speak."""

    @property
    def reach(self) -> Reach:
        """The sessions that they can reach from here."""
        return Reach(owner=self.person.id) if self.place.kind.private else Reach(place=self.place_row)


def identify(incoming: Inbound | Invocation, policy: Policy, now: UnixMs) -> Program[Caller]:
    """Recognise who speaks where; the first message opens an account."""
    identity, place = incoming.sender, incoming.place
    person = yield from people.find(identity)
    is_new = person is None
    if person is None:
        person = yield from people.add(identity, Role.STRANGER, now)
    if not person.language and identity.language:
        # A platform may tell the language only with commands, not with messages.
        yield from people.set_language(person.id, identity.language)
        person = replace(person, language=identity.language)
    person = replace(person, role=(yield from _role_of(person, identity, place, policy)))
    if may_use(person, Role.MEMBER) and not person.welcomed:
        yield from _welcome(person, policy, now, anonymous=identity.anonymous)
    if policy.refill and may_use(person, Role.MEMBER) and not identity.anonymous:
        yield from refill(person.id, policy, now)
    person = at_home(policy, person)
    if isinstance(incoming, Inbound) and incoming.aside is not None and not may_use(person, Role.MEMBER):
        place = incoming.aside  # No thread is opened for who is not let in.
    place_row, session = yield from places.open_place(place, incoming.place_title)
    if place.kind is PlaceKind.PRIVATE:
        yield from people.note_private_chat(identity, place_row)
    return Caller(person, identity, place, place_row, session, is_new, incoming.adults_only, incoming.named)


def at_home(policy: Policy, person: Person) -> Person:
    """The person, in the operator's time zone unless they have chosen one."""
    return person if person.time_zone else replace(person, time_zone=policy.time_zone)


def _role_of(person: Person, identity: Identity, place: Place, policy: Policy) -> Program[Role]:
    """What somebody may do where they speak: what was granted, and what the settings say at this moment."""
    marks = [*marks_of(identity, place)]
    if policy.admins or policy.allowlist:
        # Who speaks on one platform may be named by who they are on the other.
        for other in (yield from linking.identities(person.id)):
            marks += marks_of(other)
    return policy.roles.role_of(person.role, marks)


def role_of(person: Person, policy: Policy) -> Program[Role]:
    """The same, wherever they speak."""
    known = yield from linking.identities(person.id)
    return policy.roles.role_of(person.role, (mark for identity in known for mark in marks_of(identity)))


def grant_role(person: Person, role: Role, policy: Policy, now: UnixMs) -> Program[None]:
    """Give a role for good; whoever comes in for the first time gets the tokens that everybody starts with."""
    yield from people.set_role(person.id, role)
    if _RANK[role] >= _RANK[Role.MEMBER] and not person.welcomed:
        yield from _welcome(person, policy, now, anonymous=False)


def _welcome(person: Person, policy: Policy, now: UnixMs, *, anonymous: bool) -> Program[None]:
    """Nothing for a group's or channel's own name: anybody can make any number of those."""
    yield from people.note_welcomed(person.id)
    if anonymous:
        return
    if (yield from linking.was_welcomed(person.id)):
        # Who erases everything and comes back would have this week's or month's tokens again and again.
        yield from ledger.note_refilled(person.id, policy.refill.period(now))
    elif policy.tokens_start:
        yield from ledger.grant(person.id, policy.tokens_start, "welcome", now)
    yield from refill(person.id, policy, now)


def refill(person: PersonId, policy: Policy, now: UnixMs) -> Program[None]:
    """Bring a balance back to what everybody has when a week or month begins, at the first sign of someone in it."""
    if policy.refill:
        yield from ledger.refill(person, policy.refill.period(now), policy.refill.amount, now)


def may_use(person: Person, least: Role) -> bool:
    """Whether a person's role is at least this one. Somebody blocked may use nothing."""
    return person.role is not Role.BLOCKED and _RANK[person.role] >= _RANK[least]


def may_be_turned_away(person: PersonId, now: UnixMs) -> Program[bool]:
    """Whether this person should hear now that they are not let in: the first time, and then once in six hours."""
    return (yield from people.may_be_told(person, now, _TELL_AGAIN_MS))


def why_not(person: Person, identity: Identity, policy: Policy) -> PersonError:
    """The one sentence for someone who is not let in, to be said in their language."""
    if person.role is Role.BLOCKED:
        return PersonError(
            "You cannot talk to this bot: an admin has blocked you. Ask them if you think that is a mistake."
        )
    if policy.access is Access.INVITE:
        return PersonError(
            "This bot is by invitation. If you have a code, send `/start CODE`; if not, ask the person who "
            "runs the bot."
        )
    if policy.access is Access.APPROVAL:
        return PersonError("An admin has been asked to let you in. You will hear from me here as soon as they have.")
    return PersonError(
        "This bot answers only the people its operator has listed. Ask the operator to add you: `{id}`.",
        id=own_mark(identity),
    )


def refusal(caller: Caller, policy: Policy) -> str:
    """The same sentence, in their language."""
    why = why_not(caller.person, caller.identity, policy)
    return filled(say_in(caller.person.language), why.tell, why.values)


def own_mark(identity: Identity) -> str:
    """How the settings name this person: "telegram:user:4711"."""
    return next(iter(marks_of(identity)))


def comes_back(caller: Caller, policy: Policy) -> bool:
    """Whether someone would be let in here without anybody's doing, if nothing were known of them."""
    nobody = replace(caller.person, role=Role.STRANGER)
    role = policy.roles.role_of(nobody.role, marks_of(caller.identity, caller.place))
    return may_use(replace(nobody, role=role), Role.MEMBER)


def approval_buttons(person: PersonId, say: Say) -> ButtonRows:
    """What an admin gets to press about someone who wants to come in."""
    number = (str(person),)
    yes = Button(say("Approve"), "approve", number, "success")
    return ((yes, Button(say("Refuse"), "block", number, "danger")),)


def open_session(caller: Caller, policy: Policy, title: Callable[[], str], now: UnixMs) -> Program[Session]:
    """The session that is open where someone speaks; a new one where none is."""
    if caller.session is not None:
        session = yield from reach(caller, caller.session)
        if session is not None:
            return session
    mode = usable_default(caller, policy)
    return (yield from new_session(caller, mode, title(), TitleBy.WORDS, now))


def usable_default(caller: Caller, policy: Policy) -> str:
    """The mode in which this person's new sessions begin here."""
    wanted = caller.person.default_mode if caller.place.kind.private else None
    return wanted if wanted is not None and wanted in policy.modes else policy.default_mode


def new_session(caller: Caller, mode: str, title: str, by: TitleBy, now: UnixMs) -> Program[Session]:
    """A new session, open from now on where this person speaks; in a thread with a person's name it has that one."""
    if caller.named and by is not TitleBy.PERSON:
        title, by = caller.named, TitleBy.PERSON
    owner = caller.person.id if caller.place.kind.private else None
    session = yield from sessions.add(owner, caller.place_row, mode, title, by, caller.person.id, now)
    yield from places.show_session(caller.place_row, session.id, mode)
    return session


def _wishes(session: Session, person: Person, wish: str | None) -> Iterator[str]:
    """The models that were chosen for someone's question: for it alone, for its session, for all of their own."""
    own = person.default_model if session.owner == person.id else None
    yield from filter(None, (wish, session.model, own))


def _is_offered(model: str, session: Session, person: Person, policy: Policy) -> bool:
    """Whether a model may be asked: one of the operator's, or one of their own in a session that is theirs."""
    if model.startswith(f"{OWN}/"):
        return session.owner == person.id
    return any(model in mode.chain for mode in policy.modes.values())


def _chosen(session: Session, person: Person, wish: str | None, policy: Policy) -> str | None:
    wishes = _wishes(session, person, wish)
    return next((model for model in wishes if _is_offered(model, session, person, policy)), None)


def gone_models(session: Session, person: Person, wish: str | None, policy: Policy) -> tuple[str, ...]:
    """What was chosen for someone's question and is not offered any more, where it would have been asked."""
    wishes = _wishes(session, person, wish)
    return tuple(takewhile(lambda model: not _is_offered(model, session, person, policy), wishes))


def own_model(session: Session, person: Person, wish: str | None, policy: Policy) -> str | None:
    """The model of their own that someone's question is for, if it is for one. Only in sessions that are theirs."""
    chosen = _chosen(session, person, wish, policy)
    return chosen if chosen is not None and chosen.startswith(f"{OWN}/") else None


def models_for(session: Session, person: Person, wish: str | None, policy: Policy) -> tuple[str, ...]:
    """Whom someone's question is put to, in order: the turn's own wish, the session's, the mode's chain.

    A model that the operator has taken away since it was chosen is not among them.
    """
    chain = policy.mode_of(session).chain
    first = _chosen(session, person, wish, policy)
    if first is None:
        return chain
    if first.startswith(f"{OWN}/"):
        return (first,)  # Nothing was paid for any other.
    return (first, *(model for model in chain if model != first))


def price_of(session: Session, person: Person, wish: str | None, policy: Policy) -> int:
    """What is held for a question: nothing where one's own model answers it, or where only the built-in one can."""
    models = (*models_for(session, person, wish, policy), *policy.files.seeing)
    return policy.reserve if any(_is_paid_for(model) for model in models) else 0


def _is_paid_for(model: str) -> bool:
    return model.partition("/")[0] not in (OWN, OFFLINE)


def reach(caller: Caller, session: SessionId) -> Program[Session | None]:
    """A session, if it may be seen by this person at this place: one's own in private, the place's own in a group."""
    return (yield from sessions.reachable(session, caller.reach))


def why_not_mode(mode: Mode, caller: Caller) -> PersonError | None:
    """Why someone cannot use a mode where they are, or None where they can."""
    person, place = caller.person, caller.place
    named = not mode.allow or stands_in(mode.allow, caller.identity, place)
    if not may_use(person, Role.ADMIN) and not (named and may_use(person, mode.role)):
        return PersonError("The mode {mode} is not open to you. `/mode` lists those that are.", mode=mode.name)
    if mode.private_only and not place.kind.private and not caller.adults_only:
        return PersonError("The mode {mode} is for private chats. Write to me in private to use it.", mode=mode.name)
    return None
