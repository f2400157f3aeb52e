"""The soak of `make soak`, for half a minute."""

from pathlib import Path

from tests.crash.soak import soak


async def test_people_lose_nothing_while_the_gateway_is_killed_again_and_again(tmp_path: Path) -> None:
    outcome = await soak(kills=8, seed=7, people=4, directory=tmp_path)
    assert outcome.troubles == []
    assert outcome.kills == 8
    assert outcome.answered > 20
