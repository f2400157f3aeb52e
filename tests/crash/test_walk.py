"""The walk of `tests.crash.walk`, as far as it takes to do everything in it once."""

from pathlib import Path

import pytest

from tests.crash.walk import beginning
from tests.support.sides import SIDES

TURNS = 42


@pytest.mark.timeout(300)
@pytest.mark.parametrize("platform", SIDES)
async def test_nothing_is_forgotten_without_a_word_whatever_a_person_does(
    platform: str, tmp_path: Path, database_url: str
) -> None:
    async with beginning(platform, tmp_path, database_url) as walk:
        await walk.go(TURNS)
        await walk.house.stop()
        assert list(walk.troubles()) == []
        assert all(act.__name__ in walk.done for act in walk.acts())
