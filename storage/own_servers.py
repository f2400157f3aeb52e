"""People's own servers of tools. What opens one is kept sealed, see `bot.vault`."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from itertools import chain, count

from bot.domain.ids import PersonId, UnixMs
from bot.domain.servers import own_key
from storage import server_tools
from storage.programs import Program

_COLUMNS = "id, owner, name, url, login, begun"


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A person's server."""

    id: int
    owner: PersonId
    name: str
    url: str
    login: str = field(repr=False)
    """What opens it, sealed; "" for nothing."""
    begun: str = field(repr=False)
    """A login that its owner has begun and not ended, sealed; "" for none."""

    @property
    def bound_to(self) -> str:
        """What all that is sealed here belongs to."""
        return f"own server {self.id} {self.url}"


def add(owner: PersonId, name: str, url: str, most: int, now: UnixMs) -> Program[OwnServer | None]:
    """A new server; with a number behind its name if its owner has one of that name. None if there are `most`."""
    rows = yield ("SELECT name FROM own_server WHERE owner = ?", (owner,))
    if len(rows) >= most:
        return None
    free = _free(name, {taken for (taken,) in rows})
    rows = yield (
        f"""
        INSERT INTO own_server (owner, name, url, login, begun, created_at)
        VALUES (?, ?, ?, '', '', ?)
        RETURNING {_COLUMNS}
        """,
        (owner, free, url, now),
    )
    return OwnServer(*rows[0])


def find(owner: PersonId, number: int) -> Program[OwnServer | None]:
    """A server, if it is this person's."""
    rows = yield (f"SELECT {_COLUMNS} FROM own_server WHERE owner = ? AND id = ?", (owner, number))
    return OwnServer(*rows[0]) if rows else None


def of_owner(owner: PersonId) -> Program[list[OwnServer]]:
    """A person's servers by name."""
    rows = yield (f"SELECT {_COLUMNS} FROM own_server WHERE owner = ? ORDER BY name", (owner,))
    return [OwnServer(*row) for row in rows]


def begin_login(owner: PersonId, number: int, begun: str) -> Program[None]:
    """Its owner begins to log in; what they had begun before leads nowhere now."""
    yield ("UPDATE own_server SET begun = ? WHERE owner = ? AND id = ?", (begun, owner, number))


def set_login(owner: PersonId, number: int, login: str) -> Program[None]:
    """What opens it from now on; a login that was begun has ended."""
    yield ("UPDATE own_server SET login = ?, begun = '' WHERE owner = ? AND id = ?", (login, owner, number))


def remove(owner: PersonId, number: int) -> Program[None]:
    """Take a server away, with its login and all that is kept of its tools."""
    rows = yield ("DELETE FROM own_server WHERE owner = ? AND id = ? RETURNING id", (owner, number))
    for (gone,) in rows:
        yield from server_tools.forget(own_key(gone))


def remove_all(owner: PersonId) -> Program[None]:
    """Take all servers of a person away."""
    for server in (yield from of_owner(owner)):
        yield from remove(owner, server.id)


def join(survivor: PersonId, gone: PersonId) -> Program[None]:
    """Two accounts become one: it has the servers of both."""
    taken = {server.name for server in (yield from of_owner(survivor))}
    for server in (yield from of_owner(gone)):
        name = _free(server.name, taken)
        taken.add(name)
        yield ("UPDATE own_server SET owner = ?, name = ? WHERE id = ?", (survivor, name, server.id))


def _free(name: str, taken: Set[str]) -> str:
    """The name, with a number behind it if somebody has it."""
    names = chain((name,), (f"{name}{number}" for number in count(2)))
    return next(each for each in names if each not in taken)


def reencrypt(reseal: Callable[[str, str], str]) -> Program[int]:
    """Re-encrypt every login, all or none; returns how many. `reseal` is given what is sealed, and what it belongs to.

    A login that somebody has begun leads nowhere afterwards: it is good for minutes.
    """
    rows = yield (f"SELECT {_COLUMNS} FROM own_server WHERE login <> ''", ())
    for server in (OwnServer(*row) for row in rows):
        login = reseal(server.login, server.bound_to)
        yield ("UPDATE own_server SET login = ?, begun = '' WHERE id = ?", (login, server.id))
    return len(rows)
