"""Modes, the default one, and prices: as they are in force, and changing them.

Every change is a proposal first: the settings are read as the next start would read them, what differs is shown, and
only then can it be kept. It is in force at once, over what this process has read at its start; what an operator has
changed in the files since then waits for the next one.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from bot.domain.errors import PersonError, SettingsError
from bot.domain.people import Role
from bot.page.room import Room, field
from bot.page.visitors import Visitor
from bot.people.administering import ROLES
from bot.settings import Settings
from bot.settings.changes import FIELDS, Changes, over
from bot.settings.differences import DEFAULT_MODE, ENABLED, PRICE, Difference, differences, modes_of, prices_of
from bot.settings.explain import listed
from bot.texts import said_later
from bot.texts.efforts import EFFORTS
from storage import changed
from storage.acts import ActKind

LABELS = {
    "description": said_later("What /mode says about it"),
    "chain": said_later("Models, the first choice first"),
    "system_prompt": said_later("What its models are told"),
    "temperature": said_later("Temperature"),
    "effort": said_later("Reasoning effort"),
    "max_output_tokens": said_later("Longest answer, in tokens"),
    "role": said_later("Lowest role"),
    "allow": said_later("Only for these"),
    "enabled": said_later("Can be used"),
    DEFAULT_MODE: said_later("Default mode"),
    PRICE: said_later("Price"),
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "effort": {"": said_later("as its models see fit")} | {effort.value: word for effort, word in EFFORTS.items()},
    "role": {role.value: ROLES[role] for role in (Role.MEMBER, Role.ADMIN)},
    "enabled": {ENABLED: said_later("yes"), "": said_later("no")},
}
"""What the values mean of fields that are chosen from a list."""

_LISTS = frozenset(("chain", "allow"))
_NUMBERS: Mapping[str, Callable[[str], object]] = {"temperature": float, "max_output_tokens": int}
NO_FAULTS: Mapping[str, Sequence[str]] = {}
_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class _Standing:
    kept: Changes
    plain: Settings
    """What the operator's own files say."""
    coming: Settings | None
    """What the next start reads; None: it would refuse to start."""
    faults: Sequence[str] = ()
    """Why it would."""


async def _look(room: Room) -> _Standing:
    """Raises SettingsError: the operator's own files are wrong."""
    text = await room.database.read(changed.content())
    return await asyncio.to_thread(_looked, room.in_force.started, text)


def _looked(started: Settings, text: str) -> _Standing:
    kept = Changes.parse(text)
    plain = started.origin.again() if started.origin.again is not None else started
    try:
        return _Standing(kept, plain, over(plain, kept))
    except SettingsError as error:
        return _Standing(kept, plain, None, error.each)


async def show(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The page."""
    return await _shown(room, visitor)


async def _shown(
    room: Room,
    visitor: Visitor,
    *,
    wrong: PersonError | None = None,
    faults: Mapping[str, Sequence[str]] = NO_FAULTS,
    sent: Mapping[str, str] | None = None,
) -> web.Response:
    """`faults` of what was `sent`, by the section in which it was: "modes" or "prices"."""
    running = room.in_force.settings
    standing, broken = None, list[str]()
    try:
        standing = await _look(room)
        broken += standing.faults
    except SettingsError as error:
        broken += error.each
    coming = (standing.coming if standing is not None else None) or running
    return room.frame.page(
        "modes",
        visitor,
        wrong=wrong,
        standing=standing,
        broken=broken,
        waiting=list(differences(running, coming)),
        modes=modes_of(coming),
        models=sorted({model for mode in coming.every_mode().values() for model in mode.chain}),
        default_mode=coming.default_mode,
        prices=prices_of(coming),
        faults=faults,
        sent=sent or {},
        labels=LABELS,
        words=WORDS,
    )


async def show_one(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The form for one mode, as the next start reads it."""
    standing, name = await _whole(room), request.match_info["mode"]
    values = _fields(standing.coming, name)
    if not values:
        raise web.HTTPNotFound
    return _form(room, visitor, name, standing, values, {})


async def show_new(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The form for a mode that there is not yet; nothing is kept before that is sent."""
    standing, name = await _whole(room), await field(request, "mode")
    if _fields(standing.coming, name):
        return room.to(f"modes/{name}")
    try:
        return _form(room, visitor, name, standing, await _fresh(standing, name), {})
    except SettingsError as error:
        return await _shown(room, visitor, faults={"modes": error.each}, sent={"mode": name})


async def _fresh(standing: _Standing, name: str) -> Mapping[str, str]:
    """What a mode has where nothing is said of it but its name. Raises SettingsError: it cannot be called that."""
    alone = standing.kept.of_mode(name, {"enabled": True})
    return modes_of(await asyncio.to_thread(over, standing.plain, alone))[name]


async def _whole(room: Room) -> _Standing:
    """Raises HTTPSeeOther where nothing can be changed now: the page says why."""
    try:
        standing = await _look(room)
    except SettingsError:
        standing = None
    if standing is None or standing.coming is None:
        raise web.HTTPSeeOther(f"{room.links.path}/modes")
    return standing


def _fields(settings: Settings | None, name: str) -> Mapping[str, str]:
    """What can be changed of a mode; empty where there is none of this name."""
    return modes_of(settings).get(name, {}) if settings is not None else {}


def _form(
    room: Room,
    visitor: Visitor,
    name: str,
    standing: _Standing,
    values: Mapping[str, str],
    faults: Mapping[str, Sequence[str]],
) -> web.Response:
    return room.frame.page(
        "mode",
        visitor,
        name=name,
        values=values,
        faults=faults,
        changed=standing.kept.modes.get(name, {}),
        own=not _fields(standing.plain, name),
        labels=LABELS,
        words=WORDS,
    )


async def propose(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Show what would differ with other fields of a mode, or at which of them something is wrong."""
    standing, name = await _whole(room), request.match_info["mode"]
    sent = {one: _tidy(one, await field(request, one)) for one in FIELDS}
    try:
        plain = _fields(standing.plain, name)
        before = plain or await _fresh(standing, name)
        changed = {one: _value(one, text) for one, text in sent.items() if text != _tidy(one, before[one])}
        # What makes a mode of the admins' own is that it is named at all.
        fields = changed if plain else {"enabled": True, **changed}
        return await _proposed(room, visitor, standing, standing.kept.of_mode(name, fields))
    except SettingsError as error:
        return _form(room, visitor, name, standing, sent, _at_fields(name, error.each))


def _tidy(name: str, text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    return "\n".join(re.split(r"[\s,]+", text)) if name in _LISTS else text


def _value(name: str, text: str) -> object:
    """As it is kept. What is no number stays as it was written: then it is said."""
    if name in _LISTS:
        return text.split()
    if name == "enabled":
        return text == ENABLED
    try:
        return _NUMBERS.get(name, str)(text)
    except ValueError:
        return text


def _at_fields(name: str, faults: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The faults by the fields that they begin with; "": all others."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        where = re.match(rf"modes\.{re.escape(name)}\.(\w+)", fault)
        found.setdefault(where[1] if where is not None and where[1] in FIELDS else "", []).append(fault)
    return found


async def undo(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Show what would differ if a mode were as the operator's own files say, or not there if they say nothing of it."""
    standing = await _whole(room)
    try:
        return await _proposed(room, visitor, standing, standing.kept.of_mode(request.match_info["mode"], {}))
    except SettingsError as error:
        return await _shown(room, visitor, faults={"modes": error.each})


async def undo_all(room: Room, _: web.Request, visitor: Visitor) -> web.Response:
    """The same of all."""
    try:
        return await _proposed(room, visitor, await _look(room), Changes())
    except SettingsError as error:
        return await _shown(room, visitor, faults={"modes": error.each})


async def propose_default(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Show what would differ with another default mode."""
    standing, mode = await _whole(room), await field(request, "mode")
    chosen = "" if mode == standing.plain.default_mode else mode
    try:
        return await _proposed(room, visitor, standing, replace(standing.kept, default_mode=chosen))
    except SettingsError as error:
        return await _shown(room, visitor, faults={"modes": error.each})


async def propose_price(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Show what would differ with another price of a model; with none: with that which it has otherwise."""
    standing = await _whole(room)
    sent = {"model": await field(request, "model"), "price": await field(request, "price")}
    try:
        return await _proposed(room, visitor, standing, standing.kept.of_price(**sent))
    except SettingsError as error:
        return await _shown(room, visitor, faults={"prices": error.each}, sent=sent)


async def _proposed(room: Room, visitor: Visitor, standing: _Standing, changes: Changes) -> web.Response:
    """Raises SettingsError: the next start would refuse it."""
    proposed = await _checked(room, standing.plain, changes)
    found = list(differences(standing.coming or room.in_force.settings, proposed))
    texts = {"proposal": changes.written(), "seen": standing.kept.written()}
    return room.frame.page(
        "changes",
        visitor,
        differences=found,
        # What no longer fits differs from nothing that runs, and yet is undone.
        is_new=changes != standing.kept,
        texts=texts,
        labels=LABELS,
        words=WORDS,
    )


async def _checked(room: Room, plain: Settings, changes: Changes) -> Settings:
    """The settings with these changes. Raises SettingsError: they, or a bot's own rules, do not fit."""
    proposed = await asyncio.to_thread(over, plain, changes)
    wrong, read = list[str](), proposed.bounds().read
    for bot in await room.roster.kept():
        try:
            read(bot.rules)
        except SettingsError as error:
            wrong.append(f"{bot.name}: {error}")
    if wrong:
        raise SettingsError(listed(wrong), each=wrong)
    return proposed


async def keep(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """Keep what was shown, unless something else is kept by now."""
    try:
        changes, seen = [Changes.parse(await field(request, name)) for name in ("proposal", "seen")]
        standing = await _look(room)
        proposed = await _checked(room, standing.plain, changes)
    except SettingsError as error:
        return await _shown(room, visitor, faults={"modes": error.each})
    words = ", ".join(map(_named, differences(standing.coming or room.in_force.settings, proposed)))[:_LONGEST_NOTE]
    note = room.by(visitor, "").note(ActKind.CHANGE_SETTINGS, words=words)
    if not await room.in_force.keep(changes, seen, note):
        return await _shown(room, visitor, wrong=PersonError("Something else was changed meanwhile: look once more."))
    return room.to("modes")


def _named(difference: Difference) -> str:
    return f"{difference.of} {difference.field}".strip()
