"""What answers have used: noted with each answer, summed up by model and person."""

from dataclasses import dataclass

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

    def __sub__(self, other: "Used") -> "Used":
        """What is left of it without a part of it."""
        return Used(
            self.answers - other.answers,
            self.input_tokens - other.input_tokens,
            self.cached_tokens - other.cached_tokens,
            self.output_tokens - other.output_tokens,
            self.microusd - other.microusd,
            self.unpriced - other.unpriced,
        )

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens


NOTHING_USED = Used(0, 0, 0, 0, 0, 0)


_SUMS = """COUNT(*), SUM(input_tokens), SUM(cached_tokens), SUM(output_tokens), COALESCE(SUM(microusd), 0),
    SUM(CASE WHEN microusd IS NULL THEN 1 ELSE 0 END)"""


BotKey = tuple[str, str]
"""A bot's platform, and its id there; both "" where nobody knows it any longer."""


@dataclass(frozen=True, slots=True)
class Share:
    """What was used of a model through a bot."""

    model: str
    bot: BotKey
    used: Used


@dataclass(frozen=True, slots=True)
class PersonsUse:
    """What somebody has used of a model, through a bot."""

    person: PersonId
    name: str
    bot: BotKey
    model: str
    used: Used


def note(turn: TurnId, model: str, usage: Usage, microusd: int | None, now: UnixMs) -> Program[None]:
    """Note what the answer of a turn has used; `microusd` is None if nobody knows its price."""
    # Who asked is read again: that account may have been joined to another since.
    yield (
        """
        INSERT INTO usage
            (person, platform, bot, model, input_tokens, cached_tokens, output_tokens, microusd, at)
        SELECT payer, place.platform, place.bot, ?, ?, ?, ?, ?, ?
        FROM turn
        JOIN place ON place.id = turn.place
        WHERE turn.id = ?
        """,
        (model, usage.input_tokens, usage.cached_tokens, usage.output_tokens, microusd, now, turn),
    )


def first_of_person(person: PersonId) -> Program[UnixMs | None]:
    """When somebody used something first; None: never."""
    rows = yield ("SELECT MIN(at) FROM usage WHERE person = ?", (person,))
    return UnixMs(rows[0][0]) if rows[0][0] is not None else None


def first_of_everyone() -> Program[UnixMs | None]:
    """When anybody used something first; None: never."""
    rows = yield ("SELECT MIN(at) FROM usage", ())
    return UnixMs(rows[0][0]) if rows[0][0] is not None else None


def of_person(person: PersonId, since: UnixMs, until: UnixMs) -> Program[list[tuple[str, Used]]]:
    """What somebody used from one moment to before another, by model."""
    rows = yield (
        f"""
        SELECT model, {_SUMS}
        FROM usage
        WHERE person = ?
          AND at >= ?
          AND at < ?
        GROUP BY model
        """,
        (person, since, until),
    )
    return [(model, Used(*sums)) for model, *sums in rows]


def of_everyone(since: UnixMs, until: UnixMs) -> Program[list[Share]]:
    """What everyone together used from one moment to before another, by model and by bot."""
    rows = yield (
        f"""
        SELECT model, platform, bot, {_SUMS}
        FROM usage
        WHERE at >= ?
          AND at < ?
        GROUP BY model, platform, bot
        """,
        (since, until),
    )
    return [Share(model, (platform, bot), Used(*sums)) for model, platform, bot, *sums in rows]


def of_each(since: UnixMs, until: UnixMs) -> Program[list[PersonsUse]]:
    """What everyone used from one moment to before another, by person, bot and model."""
    rows = yield (
        f"""
        SELECT person.id, person.name, platform, bot, model, {_SUMS}
        FROM usage
        JOIN person ON person.id = usage.person
        WHERE usage.at >= ?
          AND usage.at < ?
        GROUP BY person.id, person.name, platform, bot, model
        ORDER BY person.id, platform, bot, model
        """,
        (since, until),
    )
    return [
        PersonsUse(person, name, (platform, bot), model, Used(*sums))
        for person, name, platform, bot, model, *sums in rows
    ]


def leading(since: UnixMs, most: int) -> Program[list[tuple[str, Used]]]:
    """What those have used since a moment who have used the most, with their names."""
    # Who they are is found first, by as few sums as that takes: of 100,000 people, all sums take twice as long.
    rows = yield (
        f"""
        SELECT person.name, {_SUMS}
        FROM usage
        JOIN person ON person.id = usage.person
        WHERE usage.at >= ?
          AND usage.person IN (
            SELECT person
            FROM usage
            WHERE at >= ?
            GROUP BY person
            ORDER BY COALESCE(SUM(microusd), 0) DESC, SUM(input_tokens + output_tokens) DESC, person
            LIMIT ?
          )
        GROUP BY person.id, person.name
        ORDER BY COALESCE(SUM(microusd), 0) DESC, SUM(input_tokens + output_tokens) DESC, person.id
        """,
        (since, since, most),
    )
    return [(name, Used(*sums)) for name, *sums in rows]
