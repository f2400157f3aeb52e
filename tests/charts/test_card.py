"""Cards: every bar and every number is on them, they can be read on a phone, and whoever draws them is gone."""

import io
import re

import pytest
from PIL import Image

from bot.charts import drawing
from bot.charts.card import BACKGROUND, COLOURS, FAINT, INK, LABEL, WIDTH, ZOOM, card, short
from bot.charts.chart import LETTERED, MOST_SERIES, Chart, Series
from bot.charts.drawing import Drawing, NotDrawn
from bot.texts.say import LANGUAGES
from tests.support.programs import running

CHART = Chart(
    "Answers: 3", "2026-11-28 – 2026-11-29", ("11-28", ""), (Series("a <b>&", (1, 2), "3"), Series("c", (0, 4), "4"))
)


def _luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_and_bars_stand_out() -> None:
    assert all(contrast(ink, BACKGROUND) >= 7 for ink in (INK, FAINT)), "WCAG's AAA"
    assert all(contrast(colour, BACKGROUND) >= 4.5 for colour in COLOURS)
    assert len(set(COLOURS)) == len(COLOURS) == MOST_SERIES
    # Its edge is seen in a light chat and in a dark one.
    assert all(contrast(BACKGROUND, chat) > 1.1 for chat in ("#ffffff", "#0e1621", "#313338", "#000000"))


def test_no_word_is_smaller_than_a_phone_shows_well() -> None:
    sizes = [int(size) for size in re.findall(r'font-size="(\d+)"', card(CHART, ""))]
    # A phone is 360 points wide.
    assert min(*sizes, LABEL) * 360 / WIDTH >= 11


def test_what_is_long_is_written_smaller_and_fits() -> None:
    long = card(Chart("Ответы: 1 234 567 · токены: 9 876 543 210 · 12 345,67 $", "", (), ()), "")
    size = int(re.findall(r'font-size="(\d+)"', long)[0])
    assert 30 <= size < 40


def test_names_are_words_and_no_markup() -> None:
    assert "a &lt;b&gt;&amp;" in card(CHART, "")


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (950, "950"), (1_500, "1.5k"), (20_000_000, "20M"), (3e9, "3G")]
)
def test_numbers_of_an_axis_are_short(value: float, shown: str) -> None:
    assert short(value) == shown


def test_which_languages_have_letters_is_known() -> None:
    assert set(LANGUAGES) >= LETTERED >= {"en"}


async def test_a_card_is_drawn_by_a_process_that_ends() -> None:
    data = await Drawing().draw(CHART)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.width) == ("PNG", round(WIDTH * ZOOM))
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or ()}
    seen = {f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours}  # type: ignore[misc]
    assert {BACKGROUND, INK, COLOURS[0], COLOURS[1]} <= seen
    assert not list(running("bot.charts")), "it has ended, and its memory is given back"


async def test_what_cannot_be_drawn_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_START", "import sys; sys.exit(3)")
    with pytest.raises(NotDrawn, match="3"):
        await Drawing().draw(CHART)
