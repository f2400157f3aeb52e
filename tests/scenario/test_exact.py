"""What people named and wrote is shown to them as they wrote it, whatever signs it holds."""

import pytest

from tests.scenario.world import House, Someone

HOSTILE = ("a[1] = b[2]", "$x$ and $y$", "\\[z^2\\] `c` **d** _e_ ||f||", "# <@1> :smile: [g](https://e.com/a_b) 1.")


@pytest.mark.parametrize("words", HOSTILE)
async def test_titles_hits_history_and_files_are_shown_exactly(house: House, alice: Someone, words: str) -> None:
    house.model.reply = "Noted."
    await house.start()
    alice.says(f"remember {words}")
    await alice.sees("Noted.")
    await alice.commands("rename", words)
    await alice.sees(f"This session is now called {words}.")
    await alice.commands("sessions")
    await alice.sees(f"1. {words} · regular")
    await alice.commands("history")
    history = await alice.sees("Noted.", times=2)
    assert history.text.startswith(f"{words} · regular")
    assert f"remember {words}" in history.text
    await alice.commands("search", "remember")
    await alice.sees(f"1. {words} · You")
    await alice.commands("delete")
    await alice.sees(f"Delete {words} with all its messages?")


async def test_a_files_name_is_shown_exactly(house: House, alice: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    alice.sends_file("a[1]=$b$_c_.txt", b"The tide is high.", caption="read this")
    await alice.sees("Noted.")
    await alice.commands("documents")
    await alice.sees("a[1]=$b$_c_.txt")
