"""The soak of `make soak`, for a moment."""

from pathlib import Path

from tests.crash.soak.soak import People, soak
from tests.support.fixtures import of_sqlite_alone


@of_sqlite_alone("on PostgreSQL there are three processes")
async def test_people_lose_nothing_while_the_gateway_is_killed_again_and_again(tmp_path: Path) -> None:
    outcome = await soak(kills=4, seed=7, people=People(3), directory=tmp_path)
    assert outcome.troubles == []
    assert outcome.kills == 4
    assert outcome.answered > 15
    assert outcome.told > 0


async def test_three_processes_lose_nothing_while_one_is_killed_and_one_stands_still(
    postgres_url: str, tmp_path: Path
) -> None:
    outcome = await soak(
        kills=2,
        seed=3,
        people=People(2, listen=2),
        directory=tmp_path,
        database_url=postgres_url,
        processes=3,
        stands_still_s=12.0,
    )
    assert outcome.troubles == []
    assert outcome.kills == 2
    assert outcome.answered > 10
    assert outcome.told > 0
