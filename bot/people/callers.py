"""Callers: who is speaking, with which of their accounts, and where."""

from dataclasses import dataclass, replace

from bot.domain.ids import SessionId, UnixMs
from bot.domain.incoming import Inbound, Invocation
from bot.domain.people import Identity, Person, Role, has_role
from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.sessions import Elsewhere, Reach
from bot.people import membership, roles
from storage import customs, people, places, private_chats
from storage.programs import Program, together


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone, where they are speaking: made by `identify` and `not_speaking` alone."""

    person: Person
    identity: Identity
    """The account they are speaking with."""
    place: Place
    place_row: int
    session: SessionId | None
    """The session that is open at the place."""
    is_new: bool
    adults_only: bool
    """Whether the platform admits only adults here."""
    named: str
    """The name that a person gave to this thread."""
    keeps_order: bool | None
    """Whether the platform lets them moderate the chat; None if it has not said."""
    customs: Customs = NO_CUSTOMS
    """What its admins have chosen for the place."""

    @property
    def reach(self) -> Reach:
        """The sessions they can use from here."""
        if self.place.kind is PlaceKind.GUEST:
            return Reach(owner=self.person.id, place=self.place_row)
        return reach_alone(self.person) if self.place.kind.private else Reach(place=self.place_row)

    def elsewhere(self, *, alone: bool) -> Elsewhere:
        """The sessions they can also find; `alone`: only they see the result.

        If everyone sees it, those are the sessions of this chat, whose members see its threads anyway.
        """
        return Elsewhere(self.person.id, None if alone else self.place_row)


def identify(incoming: Inbound | Invocation, policy: Policy, now: UnixMs) -> Program[Caller]:
    """Identify who is speaking where; the first message opens an account."""
    identity, place, title = incoming.sender, incoming.place, incoming.place_title
    aside = incoming.aside if isinstance(incoming, Inbound) else None
    opened = None
    if aside is None:
        person, opened = yield from together(people.find(identity), places.open_place(place, title))
    else:
        person = yield from people.find(identity)
    is_new = person is None
    if person is None:
        person = yield from people.add(identity, Role.STRANGER, now)
    if not person.language and identity.language:
        # A platform may tell the language only with commands, not with messages.
        yield from people.set_language(person.id, identity.language)
        person = replace(person, language=identity.language)
    person = replace(person, role=(yield from roles.role_at(person, identity, place, policy)))
    if has_role(person, Role.MEMBER) and not person.welcomed:
        yield from membership.welcome(person, policy, now, anonymous=identity.anonymous)
    if not identity.anonymous:
        yield from membership.refill(person, policy, now)
    person = spoken_to(policy, at_home(policy, person), place)
    if aside is not None and not has_role(person, Role.MEMBER):
        place = aside  # No thread is opened for someone without access.
    place_row, session = opened or (yield from places.open_place(place, title))
    if place.kind.private:
        yield from private_chats.note(identity, (yield from private_chats.around(place, place_row)))
    chosen = policy.bounded((yield from customs.at(place)))
    keeps_order = incoming.moderates if isinstance(incoming, Invocation) else None
    return Caller(
        among(chosen, person),
        identity,
        place,
        place_row,
        session,
        is_new,
        incoming.adults_only,
        incoming.named,
        keeps_order,
        chosen,
    )


def not_speaking(
    person: Person,
    identity: Identity,
    place: Place,
    place_row: int,
    session: SessionId | None,
    chosen: Customs = NO_CUSTOMS,
) -> Caller:
    """Somebody for whom something is done at a place while they are not speaking there."""
    return Caller(
        among(chosen, person),
        identity,
        place,
        place_row,
        session,
        is_new=False,
        adults_only=False,
        named="",
        keeps_order=None,
        customs=chosen,
    )


def reader_of(identity: Identity, place: Place) -> str:
    """Who reads there what concerns them alone, as the platform calls them; "" where nobody else reads, or for those
    who speak under the name of a chat.
    """
    return "" if place.kind.private or identity.anonymous else identity.user_id


def in_browser(person: Person) -> Caller:
    """Somebody in a browser that has proven who they are: no platform's chat, and nobody else hears what is said."""
    nowhere = Place("", "", "", "", PlaceKind.PRIVATE)
    return not_speaking(person, Identity("", "", person.name), nowhere, 0, None)


def reach_alone(person: Person) -> Reach:
    """The sessions that somebody can use where nobody else hears what is said."""
    return Reach(owner=person.id)


def at_home(policy: Policy, person: Person) -> Person:
    """The person, in the operator's time zone unless they have chosen one."""
    return person if person.time_zone else replace(person, time_zone=policy.time_zone)


def spoken_to(policy: Policy, person: Person, place: Place) -> Person:
    """The person, in the language of the bot at a place if it has one of its own."""
    language = policy.of_bot(place).language
    return replace(person, language=language) if language else person


def among(chosen: Customs, person: Person) -> Person:
    """The person, spoken to in the language that was chosen for the place where they are, if one was."""
    return replace(person, language=chosen.language) if chosen.language is not None else person
