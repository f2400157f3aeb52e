"""The soak of `make soak`, for a moment."""

from pathlib import Path

import pytest

from tests.crash.soak.soak import soak


async def test_people_lose_nothing_while_the_gateway_is_killed_again_and_again(tmp_path: Path) -> None:
    outcome = await soak(kills=6, seed=7, people=3, directory=tmp_path)
    assert outcome.troubles == []
    assert outcome.kills == 6
    assert outcome.answered > 15


@pytest.mark.timeout(180)
async def test_three_processes_lose_nothing_while_one_is_killed_and_one_stands_still(
    postgres_url: str, tmp_path: Path
) -> None:
    outcome = await soak(
        kills=2, seed=3, people=2, directory=tmp_path, database_url=postgres_url, processes=3, stands_still_s=12.0
    )
    assert outcome.troubles == []
    assert outcome.kills == 2
    assert outcome.answered > 10
