"""The soak of `make soak`, for a moment."""

from pathlib import Path

from tests.crash.soak import soak


async def test_people_lose_nothing_while_the_gateway_is_killed_again_and_again(tmp_path: Path) -> None:
    outcome = await soak(kills=6, seed=7, people=3, directory=tmp_path)
    assert outcome.troubles == []
    assert outcome.kills == 6
    assert outcome.answered > 15
