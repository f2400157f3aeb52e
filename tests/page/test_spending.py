"""The pictures of what was used: each bar as high as what it stands for."""

import pytest

from bot.domain.ids import UnixMs
from bot.page.spending import HEIGHT, WIDTH, shares, stacked
from bot.people.usage import Span
from storage.usage import Used


def used(tokens: int, cached: int = 0, microusd: int = 0) -> Used:
    return Used(1, tokens, cached, 0, microusd, 0)


def test_a_bar_is_as_high_as_its_tokens_whatever_is_known_of_prices() -> None:
    spans = [
        Span("a", UnixMs(0), UnixMs(1), {"priced": used(300, microusd=9_000_000), "own": used(100)}),
        Span("b", UnixMs(1), UnixMs(2)),
        Span("c", UnixMs(2), UnixMs(3), {"own": used(200)}),
    ]
    bars = stacked(spans, ["priced", "own"])
    assert [bar.colour for bar in bars] == [0, 1, 1]
    assert [bar.height / HEIGHT for bar in bars] == pytest.approx([3 / 4, 1 / 4, 1 / 2])
    assert [bar.y / HEIGHT for bar in bars] == pytest.approx([1 / 4, 0, 1 / 2])
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in bars)
    assert bars[0].x == bars[1].x < bars[2].x - bars[2].width


def test_the_cached_share_is_that_of_what_was_read() -> None:
    spans = [Span("a", UnixMs(0), UnixMs(1), {"m": used(200, 50)}), Span("b", UnixMs(1), UnixMs(2))]
    assert [(bar.height, bar.title) for bar in shares(spans)] == [(HEIGHT / 4, "a · 25 %")]
    assert stacked([], []) == []
