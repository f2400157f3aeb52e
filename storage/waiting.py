"""What was taken in and is still to be done, in the order in which it came: see `bot.incoming.lanes`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import orjson

from bot.domain.incoming import ChatRenumbered, Deleted, Inbound, Invocation, Joined, ThreadChanged
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind
from storage.parts import parts_from_json, parts_to_json
from storage.programs import Program

Waiting = Inbound | Invocation | ThreadChanged | Deleted | ChatRenumbered | Joined
"""What can be kept so."""

_KINDS: Mapping[str, type[Waiting]] = {
    "said": Inbound,
    "command": Invocation,
    "thread": ThreadChanged,
    "deleted": Deleted,
    "renumbered": ChatRenumbered,
    "joined": Joined,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_PARTS = frozenset({"parts", "files", "pointed", "before"})


def hold(items: Sequence[tuple[Place, str]], process: str) -> Program[list[int]]:
    """Keep what came in at these places, sealed, for this process to do; returns the row ids."""
    numbers = []
    for place, sealed in items:
        rows = yield (
            "INSERT INTO waiting (platform, bot, sealed, process) VALUES (?, ?, ?, ?) RETURNING id",
            (place.platform, place.bot, sealed, process),
        )
        numbers.append(rows[0][0])
    return numbers


def take_over(platform: str, bot: str, process: str) -> Program[list[tuple[int, str]]]:
    """What waits for a bot and no living process is doing, for this one to do: numbers and what is sealed, the oldest
    first.
    """
    rows = yield (
        """
        UPDATE waiting
        SET process = ?
        WHERE platform = ?
          AND bot = ?
          AND process NOT IN (SELECT name FROM process)
        RETURNING id, sealed
        """,
        (process, platform, bot),
    )
    return sorted((number, sealed) for number, sealed in rows)


def any_left(platform: str, bot: str) -> Program[bool]:
    """Whether something waits for a bot that no living process is doing."""
    rows = yield (
        """
        SELECT 1
        FROM waiting
        WHERE platform = ?
          AND bot = ?
          AND process NOT IN (SELECT name FROM process)
        LIMIT 1
        """,
        (platform, bot),
    )
    return bool(rows)


def remove(number: int) -> Program[None]:
    """It is done."""
    yield ("DELETE FROM waiting WHERE id = ?", (number,))


def reencrypt(reseal: Callable[[str], str]) -> Program[None]:
    """Seal everything with another key."""
    for number, sealed in (yield ("SELECT id, sealed FROM waiting", ())):
        yield ("UPDATE waiting SET sealed = ? WHERE id = ?", (reseal(sealed), number))


def to_json(waiting: Waiting) -> str:
    """Everything of it."""
    data = {field.name: getattr(waiting, field.name) for field in fields(waiting)}
    kept = {name: parts_to_json(value) if name in _PARTS else value for name, value in data.items()}
    return orjson.dumps({"kind": _NAMES[type(waiting)], **kept}).decode()


def from_json(text: str) -> Waiting:
    """The reverse of `to_json`. Raises ValueError, LookupError or TypeError for what another version has written."""
    data = orjson.loads(text)
    kind: Any = _KINDS[data.pop("kind")]
    found: Waiting = kind(**{name: _value(name, value) for name, value in data.items()})
    return found


def _value(name: str, value: Any) -> Any:
    if name in _PARTS:
        return parts_from_json(value)
    match name, value:
        case "place" | "aside", dict():
            return _place(value)
        case "sender", dict():
            return Identity(**value | {"groups": tuple(value["groups"])})
        case "heard", list():
            return tuple(map(_place, value))
        case _, list():
            return tuple(value)
    return value


def _place(data: Mapping[str, Any]) -> Place:
    return Place(**{**data, "kind": PlaceKind(data["kind"])})
