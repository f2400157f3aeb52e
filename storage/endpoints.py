"""People's own API endpoints and the models they have chosen there. Keys are kept sealed, see `bot.vault`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.ids import PersonId, UnixMs
from bot.domain.model_names import OWN, ModelName
from storage.programs import Program

MOST_ENDPOINTS = 10
MOST_MODELS = 50

_ENDPOINT = "endpoint.id, endpoint.owner, endpoint.name, base_url, sealed_key, key_tail"


@dataclass(frozen=True, slots=True)
class OwnEndpoint:
    """A person's endpoint. `key_tail` is all of the key that is ever shown."""

    id: int
    owner: PersonId
    name: str
    base_url: str
    sealed_key: str = field(repr=False)
    key_tail: str

    @property
    def bound_to(self) -> str:
        """What the sealed key belongs to."""
        return f"{self.id} {self.base_url}"


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A model of a person's endpoint, as they want it asked."""

    id: int
    endpoint: OwnEndpoint
    name: str
    temperature: float | None
    max_tokens: int | None

    @property
    def reference(self) -> ModelName:
        """Its name among the models of everybody."""
        return ModelName.joined(OWN, str(self.id))

    @property
    def label(self) -> ModelName:
        """What people call it."""
        return ModelName.joined(self.endpoint.name, self.name)


def add(
    owner: PersonId, name: str, base_url: str, tail: str, seal: Callable[[str], str], now: UnixMs
) -> Program[OwnEndpoint | None]:
    """A new endpoint, or another key and address for the one of that name; None if there are too many.

    `seal` is given what the key belongs to, which holds the number of the row.
    """
    rows = yield ("SELECT COUNT(*) FROM endpoint WHERE owner = ? AND name <> ?", (owner, name))
    if rows[0][0] >= MOST_ENDPOINTS:
        return None
    rows = yield (
        f"""
        INSERT INTO endpoint (owner, name, base_url, sealed_key, key_tail, created_at)
        VALUES (?, ?, ?, '', ?, ?)
        ON CONFLICT (owner, name) DO UPDATE SET base_url = excluded.base_url, key_tail = excluded.key_tail
        RETURNING {_ENDPOINT}
        """,
        (owner, name, base_url, tail, now),
    )
    made = OwnEndpoint(*rows[0])
    yield ("UPDATE endpoint SET sealed_key = ? WHERE id = ?", (seal(made.bound_to), made.id))
    return (yield from find(owner, made.id))


def find(owner: PersonId, number: int) -> Program[OwnEndpoint | None]:
    """An endpoint, if it is this person's."""
    rows = yield (f"SELECT {_ENDPOINT} FROM endpoint WHERE owner = ? AND id = ?", (owner, number))
    return OwnEndpoint(*rows[0]) if rows else None


def of_owner(owner: PersonId) -> Program[list[OwnEndpoint]]:
    """A person's endpoints by name."""
    rows = yield (f"SELECT {_ENDPOINT} FROM endpoint WHERE owner = ? ORDER BY lower(name)", (owner,))
    return [OwnEndpoint(*row) for row in rows]


def remove(owner: PersonId, number: int) -> Program[None]:
    """Take an endpoint away, with its key and models; sessions that used it go back to the models of their mode."""
    for model in (yield from models_of(owner, number)):
        yield from remove_model(owner, model.id)
    yield ("DELETE FROM endpoint WHERE owner = ? AND id = ?", (owner, number))


def add_model(owner: PersonId, endpoint: int, name: str) -> Program[OwnModel | None]:
    """Add a model of an endpoint, to be chosen; None if there are too many."""
    rows = yield (
        """
        SELECT COUNT(*)
        FROM own_model
        JOIN endpoint ON endpoint.id = own_model.endpoint
        WHERE owner = ?
          AND own_model.name <> ?
        """,
        (owner, name),
    )
    if rows[0][0] >= MOST_MODELS:
        return None
    yield (
        """
        INSERT INTO own_model (endpoint, name)
        VALUES (?, ?)
        ON CONFLICT DO NOTHING
        """,
        (endpoint, name),
    )
    rows = yield ("SELECT id FROM own_model WHERE endpoint = ? AND name = ?", (endpoint, name))
    return (yield from find_model(owner, rows[0][0]))


def find_model(owner: PersonId, number: int) -> Program[OwnModel | None]:
    """A model, if its endpoint is this person's."""
    rows = yield (
        f"""
        SELECT {_ENDPOINT}, own_model.id, own_model.name, temperature, max_tokens
        FROM own_model
        JOIN endpoint ON endpoint.id = own_model.endpoint
        WHERE owner = ?
          AND own_model.id = ?
        """,
        (owner, number),
    )
    return _model(rows[0]) if rows else None


def models_of(owner: PersonId, endpoint: int | None = None) -> Program[list[OwnModel]]:
    """A person's models, of one endpoint or of all."""
    rows = yield (
        f"""
        SELECT {_ENDPOINT}, own_model.id, own_model.name, temperature, max_tokens
        FROM own_model
        JOIN endpoint ON endpoint.id = own_model.endpoint
        WHERE owner = ?
          AND (CAST(? AS BIGINT) IS NULL OR endpoint.id = ?)
        ORDER BY lower(endpoint.name), lower(own_model.name)
        """,
        (owner, endpoint, endpoint),
    )
    return [_model(row) for row in rows]


def _model(row: tuple[object, ...]) -> OwnModel:
    *endpoint, number, name, temperature, max_tokens = row
    return OwnModel(number, OwnEndpoint(*endpoint), name, temperature, max_tokens)  # type: ignore[arg-type]


def set_model(model: int, temperature: float | None, max_tokens: int | None) -> Program[None]:
    """How a model should be asked."""
    yield ("UPDATE own_model SET temperature = ?, max_tokens = ? WHERE id = ?", (temperature, max_tokens, model))


def remove_model(owner: PersonId, number: int) -> Program[None]:
    """Take a model away; what used it goes back to the models of its mode."""
    yield ("UPDATE session SET model = NULL WHERE owner = ? AND model = ?", (owner, f"own/{number}"))
    yield ("UPDATE person SET default_model = NULL WHERE id = ? AND default_model = ?", (owner, f"own/{number}"))
    yield (
        """
        DELETE FROM own_model
        WHERE id = ?
          AND endpoint IN (SELECT id FROM endpoint WHERE owner = ?)
        """,
        (number, owner),
    )


def reencrypt(reseal: Callable[[OwnEndpoint], str]) -> Program[int]:
    """Re-encrypt every key, all or none; returns how many."""
    rows = yield (f"SELECT {_ENDPOINT} FROM endpoint", ())
    for row in rows:
        endpoint = OwnEndpoint(*row)
        yield ("UPDATE endpoint SET sealed_key = ? WHERE id = ?", (reseal(endpoint), endpoint.id))
    return len(rows)
