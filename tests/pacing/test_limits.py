"""The whole gateway beside the stand-ins' own limits: it never runs into one, and every answer is whole."""

import pytest

from tests.bench.pace import SETS, measure


@pytest.mark.parametrize("platform", SETS)
async def test_people_and_groups_who_talk_at_once_cause_no_flood_limit(platform: str) -> None:
    it = await measure(platform, people=12, groups=3, seconds=2, words=50)
    assert it.turns >= 15
    assert it.whole == it.turns
    assert it.refused == 0
