"""Buttons below pages: what they carry comes back, and each place is given as many as it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.contracts.command import call_from_data, call_to_data
from bot.contracts.platform import Capabilities
from bot.domain.blocks import Button, ButtonRows
from bot.domain.places import PlaceKind
from bot.rendering.keyboard import fitted
from handlers.discord.capabilities import capabilities as on_discord
from handlers.telegram.capabilities import capabilities as on_telegram

# Kinds of place that take the same are one.
PLACES = {
    **{on_telegram(kind, topics=True): f"telegram-{kind}" for kind in PlaceKind},
    **{on_discord(kind): f"discord-{kind}" for kind in PlaceKind},
}
BUTTONS = st.builds(
    Button, st.text("ab…é🙂 ", min_size=1, max_size=90), st.just("page"), st.tuples(st.text("aé", max_size=70))
)
ROWS = st.lists(st.lists(BUTTONS, max_size=12).map(tuple), max_size=8).map(tuple)


@pytest.mark.parametrize(
    ("button", "data"),
    [
        (Button("New", "new"), "new"),
        (Button("Open", "open", ("12",)), "open|12"),
        (Button("Empty", "open", ("", "")), "open||"),
        (Button("Model", "model", ("openrouter/some:free",)), "model|openrouter/some:free"),
        (Button("Odd", "mode", ("a|b\\c",)), "mode|a\\pb\\\\c"),
    ],
)
def test_a_button_holds_its_command_and_arguments(button: Button, data: str) -> None:
    assert call_to_data(button.command, button.args) == data
    assert call_from_data(data) == (button.command, button.args)


@given(st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True), st.lists(st.text(max_size=8), max_size=3))
def test_whatever_a_button_carries_comes_back_from_it(name: str, args: list[str]) -> None:
    assert call_from_data(call_to_data(name, args)) == (name, tuple(args))


@given(st.text(max_size=64))
def test_no_data_breaks_the_reader(data: str) -> None:
    parsed = call_from_data(data)
    if parsed is not None:
        assert call_to_data(*parsed) == data


@pytest.mark.parametrize("data", ["", "|", "New", "a b|1", "new|\\", "new|\\x", "\n|1"])
def test_data_that_no_button_makes_is_refused(data: str) -> None:
    assert call_from_data(data) is None


def shown(rows: ButtonRows) -> list[Button]:
    return [button for row in rows for button in row]


def test_64_bytes_fit_and_65_do_not() -> None:
    at = on_telegram(PlaceKind.PRIVATE, topics=False)
    fits, good = Button("x", "mode", ("é" * 29 + "x",)), Button("Good", "keep")
    assert len(call_to_data(fits.command, fits.args).encode()) == 64
    with capture_logs() as logs:
        assert fitted(((fits, Button("Bad", "mode", ("é" * 30,))), (good,)), at) == ((fits,), (good,))
    assert [line["size"] for line in logs] == [65]


def test_a_link_may_be_as_long_as_it_is() -> None:
    rows = ((Button("Read", url="https://example.org/" + "x" * 200),),)
    assert fitted(rows, on_telegram(PlaceKind.GROUP, topics=False)) == rows


def test_a_long_row_continues_in_the_next_one() -> None:
    made = fitted(
        (tuple(Button(str(n), "page", (str(n),)) for n in range(17)),), on_telegram(PlaceKind.GROUP, topics=False)
    )
    assert [len(row) for row in made] == [8, 8, 1]


def test_more_rows_than_there_may_be_are_packed_in_order() -> None:
    rows = tuple((Button(str(n), "page", (str(n),)),) for n in range(9))
    made = fitted(rows, on_discord(PlaceKind.GROUP))
    assert [len(row) for row in made] == [5, 4]
    assert shown(made) == shown(rows)


def test_as_many_rows_as_there_may_be_stay_as_they_are() -> None:
    rows = tuple((Button(str(n), "page", (str(n),)),) for n in range(5))
    assert fitted(rows, on_discord(PlaceKind.GROUP)) == rows


@pytest.mark.parametrize(
    ("label", "shown_as"),
    [
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 63 + "…"),
        ("e" + "\u0301" * 80, "e" + "\u0301" * 62 + "…"),
    ],
    ids=["fits", "one-too-many", "one-endless-character"],
)
def test_a_label_is_cut_to_the_limit_and_no_further(label: str, shown_as: str) -> None:
    at = on_telegram(PlaceKind.PRIVATE, topics=False)
    assert at.button_label_limit == 64
    assert fitted(((Button(label, "keep"),),), at) == ((Button(shown_as, "keep"),),)


@pytest.mark.parametrize("at", PLACES, ids=PLACES.values())
@given(rows=ROWS)
def test_every_place_is_given_what_it_takes(at: Capabilities, rows: ButtonRows) -> None:
    made = fitted(rows, at)
    assert len(made) <= at.button_rows
    assert all(0 < len(row) <= at.buttons_per_row for row in made)
    assert all(len(button.label) <= at.button_label_limit for button in shown(made))
    kept = [b for b in shown(rows) if len(call_to_data(b.command, b.args).encode()) <= at.button_data_bytes]
    assert [b.args for b in shown(made)] == [b.args for b in kept][: len(shown(made))]
    if len(kept) <= at.button_rows * at.buttons_per_row:
        assert len(shown(made)) == len(kept)


def test_a_label_is_not_cut_within_a_flag() -> None:
    at = on_telegram(PlaceKind.PRIVATE, topics=False)
    ((button,),) = fitted(((Button("🇩🇪" * 40, "keep"),),), at)
    assert button.label == "🇩🇪" * 31 + "…"
