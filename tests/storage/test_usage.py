"""Who has used the most."""

from bot.domain.ids import UnixMs
from bot.domain.people import Identity, Role
from storage import people, usage
from storage.database import Database
from storage.programs import Program
from tests.storage.conftest import NOW

EARLIER = UnixMs(NOW - 1)


def answers() -> Program[None]:
    """Mel has used the most by price, Sten by tokens, Ada twice a little; before that, Ada more than anybody."""
    ids = {}
    for name in ("Ada", "Mel", "Sten"):
        ids[name] = (yield from people.add(Identity("telegram", name, name, "en"), Role.MEMBER, NOW)).id
    for name, tokens, microusd, at in (
        ("Ada", 9000, 9000, EARLIER),
        ("Ada", 10, 5, NOW),
        ("Ada", 10, 5, NOW),
        ("Mel", 100, 900, NOW),
        ("Sten", 7000, None, NOW),
    ):
        yield (
            """
            INSERT INTO usage (person, model, input_tokens, cached_tokens, output_tokens, microusd, at)
            VALUES (?, 'm', ?, 0, 0, ?, ?)
            """,
            (ids[name], tokens, microusd, at),
        )


async def test_who_has_used_the_most_since_a_moment_by_price_and_then_by_tokens(database: Database) -> None:
    await database.write(answers())
    for since, most, expected in (
        (NOW, 2, [("Mel", 1, 100, 900), ("Ada", 2, 20, 10)]),
        (NOW, 9, [("Mel", 1, 100, 900), ("Ada", 2, 20, 10), ("Sten", 1, 7000, 0)]),
        (EARLIER, 1, [("Ada", 3, 9020, 9010)]),
    ):
        found = await database.read(usage.leading(since, most))
        assert [(name, used.answers, used.tokens, used.microusd) for name, used in found] == expected
