"""The pictures of what was used, each bar as high as what it stands for; who has used the most, and everyone else."""

import re
from collections.abc import Callable
from functools import partial

import pytest

from bot.domain.ids import UnixMs
from bot.page import spending
from bot.page.spending import HEIGHT, WIDTH, shares, stacked
from bot.people.usage import Span
from storage import usage
from storage.programs import Program
from storage.usage import Used
from tests.page.conftest import Pages


def used(tokens: int, cached: int = 0, microusd: int = 0) -> Used:
    return Used(1, tokens, cached, 0, microusd, 0)


def test_a_bar_is_as_high_as_its_tokens_whatever_is_known_of_prices() -> None:
    spans = [
        Span("a", UnixMs(0), UnixMs(1), {"priced": used(300, microusd=9_000_000), "own": used(100)}),
        Span("b", UnixMs(1), UnixMs(2)),
        Span("c", UnixMs(2), UnixMs(3), {"own": used(200)}),
    ]
    bars = stacked(spans, ["priced", "own"], lambda span: span.models)
    assert [bar.colour for bar in bars] == [0, 1, 1]
    assert [bar.height / HEIGHT for bar in bars] == pytest.approx([3 / 4, 1 / 4, 1 / 2])
    assert [bar.y / HEIGHT for bar in bars] == pytest.approx([1 / 4, 0, 1 / 2])
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in bars)
    assert bars[0].x == bars[1].x < bars[2].x - bars[2].width


def test_the_cached_share_is_that_of_what_was_read() -> None:
    spans = [Span("a", UnixMs(0), UnixMs(1), {"m": used(200, 50)}), Span("b", UnixMs(1), UnixMs(2))]
    assert [(bar.height, bar.title) for bar in shares(spans)] == [(HEIGHT / 4, "a · 25 %")]
    assert stacked([], [], lambda span: span.models) == []


def answers(pages: Pages) -> Program[None]:
    """Mel has used the most by price, Sten by tokens; Ada twice a little."""
    for name, bot, tokens, microusd in (
        ("Ada", "", 10, 5),
        ("Ada", "1", 10, 5),
        ("Mel", "2", 100, 900),
        ("Sten", "2", 7000, None),
    ):
        yield (
            """
            INSERT INTO usage (person, platform, bot, model, input_tokens, cached_tokens, output_tokens, microusd, at)
            VALUES (?, ?, ?, 'm', ?, 0, 0, ?, ?)
            """,
            (pages.ids[name], "telegram" if bot else "", bot, tokens, microusd, pages.clock.now()),
        )


async def test_those_who_have_used_the_most_stand_first_and_all_others_together(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pages.database.write(answers(pages))
    ada = await pages.browser("Ada")
    assert "Everyone else" not in (await ada.get("/spending"))[1]
    monkeypatch.setattr(spending, "_LEADING", 2)
    _, page = await ada.get("/spending")
    assert '>Everyone else</th><td class="figure">1</td><td class="figure">7,000</td>' in page
    assert "Sten" not in page
    # Of bots that are gone, no one knows the names.
    for number, tokens in (("telegram 2", "7,100"), ("telegram 1", "10"), ("unknown", "10")):
        assert re.search(rf'{number}</th><td class="figure">\d</td><td class="figure">{tokens}</td>', page)
    assert page.count("· telegram 2</title>") == page.count("· unknown</title>") == 1


@pytest.mark.parametrize(
    "sums", [partial(usage.leading, UnixMs(5), 9), partial(usage.of_everyone, UnixMs(5), UnixMs(9))]
)
async def test_what_was_used_is_summed_up_without_reading_its_rows(
    pages: Pages, sums: Callable[[], Program[object]]
) -> None:
    statement = next(sums())
    assert isinstance(statement, tuple)
    sql, parameters = statement

    def plan() -> Program[list[str]]:
        return [row[-1] for row in (yield (f"EXPLAIN QUERY PLAN {sql}", parameters))]

    steps = [step for step in await pages.database.read(plan()) if "usage" in step]
    assert steps
    assert all("COVERING INDEX" in step for step in steps)
