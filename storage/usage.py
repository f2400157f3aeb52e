"""What answers have used: noted with each answer, summed up by time, model and person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.ids import PersonId, TurnId, UnixMs
from bot.domain.turns import Usage
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Used:
    """What some answers have used together, in their models' tokens."""

    answers: int
    input_tokens: int
    """All that was read, from a cache or not."""
    cached_tokens: int
    output_tokens: int
    microusd: int
    """What the operator pays for them by list prices, as far as those are known."""
    unpriced: int
    """Answers among them whose price nobody knows."""

    def __add__(self, other: "Used") -> "Used":
        """Both together."""
        return Used(
            self.answers + other.answers,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.microusd + other.microusd,
            self.unpriced + other.unpriced,
        )

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens


NOTHING_USED = Used(0, 0, 0, 0, 0, 0)

_QUARTER = "at - at % 900000"
"""Sums are of quarters of an hour: a day begins with one of them in every time zone there is."""

_SUMS = """COUNT(*), SUM(input_tokens), SUM(cached_tokens), SUM(output_tokens), COALESCE(SUM(microusd), 0),
    SUM(CASE WHEN microusd IS NULL THEN 1 ELSE 0 END)"""


@dataclass(frozen=True, slots=True)
class Share:
    """What was used in a quarter of an hour, of one model."""

    since: UnixMs
    """When that quarter began."""
    model: str
    used: Used


@dataclass(frozen=True, slots=True)
class PersonsShare:
    """The same, of one person."""

    person: PersonId
    name: str
    share: Share


def note(turn: TurnId, model: str, usage: Usage, microusd: int | None, now: UnixMs) -> Program[None]:
    """Note what the answer of a turn has used; `microusd` is None if nobody knows its price."""
    # Who asked is read again: that account may have been joined to another since.
    yield (
        """
        INSERT INTO usage (person, model, input_tokens, cached_tokens, output_tokens, microusd, at)
        SELECT payer, ?, ?, ?, ?, ?, ?
        FROM turn
        WHERE id = ?
        """,
        (model, usage.input_tokens, usage.cached_tokens, usage.output_tokens, microusd, now, turn),
    )


def of_person(person: PersonId, since: UnixMs) -> Program[list[Share]]:
    """What somebody has used since a moment, in order."""
    rows = yield (
        f"""
        SELECT {_QUARTER}, model, {_SUMS}
        FROM usage
        WHERE person = ?
          AND at >= ?
        GROUP BY 1, 2
        ORDER BY 1, 2
        """,
        (person, since),
    )
    return [_share(row) for row in rows]


def of_everyone(since: UnixMs) -> Program[list[Share]]:
    """What everyone has used together since a moment, in order."""
    rows = yield (
        f"""
        SELECT {_QUARTER}, model, {_SUMS}
        FROM usage
        WHERE at >= ?
        GROUP BY 1, 2
        ORDER BY 1, 2
        """,
        (since,),
    )
    return [_share(row) for row in rows]


def of_each(since: UnixMs) -> Program[list[PersonsShare]]:
    """What everyone has used since a moment, in order."""
    rows = yield (
        f"""
        SELECT person.id, person.name, {_QUARTER}, usage.model, {_SUMS}
        FROM usage
        JOIN person ON person.id = usage.person
        WHERE usage.at >= ?
        GROUP BY 1, 2, 3, 4
        ORDER BY 3, 1, 4
        """,
        (since,),
    )
    return [PersonsShare(person, name, _share(row)) for person, name, *row in rows]


def _share(row: Sequence[Any]) -> Share:
    since, model, *sums = row
    return Share(since, model, Used(*sums))


def leading(since: UnixMs, most: int) -> Program[list[tuple[str, Used]]]:
    """What those have used since a moment who have used the most, with their names."""
    rows = yield (
        f"""
        SELECT person.name, {_SUMS}
        FROM usage
        JOIN person ON person.id = usage.person
        WHERE usage.at >= ?
        GROUP BY person.id, person.name
        ORDER BY COALESCE(SUM(microusd), 0) DESC, SUM(input_tokens + output_tokens) DESC, person.id
        LIMIT ?
        """,
        (since, most),
    )
    return [(name, Used(*sums)) for name, *sums in rows]
