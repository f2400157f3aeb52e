"""What people named and wrote is shown to them as they wrote it, whatever signs it holds."""

import pytest

from tests.support.world import House, Someone

HOSTILE = ("a[1] = b[2]", "$x$ and $y$", "\\[z^2\\] `c` **d** _e_ ||f||", "# <@1> :smile: [g](https://e.com/a_b) 1.")


@pytest.mark.parametrize("words", HOSTILE)
async def test_titles_hits_history_and_files_are_shown_exactly(house: House, alice: Someone, words: str) -> None:
    house.model.reply = "Noted."
    await house.start()
    # What is said with a mention in it is read with the name of who is meant.
    said = "remember " + words.replace("<@1> ", "")
    alice.says(said)
    await alice.sees("Noted.")
    await alice.commands("rename", words)
    await alice.sees(f"This session is now called {words}.")
    await alice.commands("sessions")
    await alice.sees(f"1. {words} · regular")
    await alice.commands("history")
    history = await alice.sees("Noted.", times=2)
    assert history.text.startswith(f"{words} · regular")
    assert said in history.text
    await alice.commands("search", "remember")
    await alice.sees(f"1. {words} · You")
    await alice.commands("delete")
    await alice.sees(f"Delete {words} with all its messages?")


async def test_history_is_read_as_the_chat_is(house: House, alice: Someone) -> None:
    house.model.replies.extend(["It is **very** `plain` [here](https://e.com).", "More."])
    await house.start()
    alice.says("tell me")
    await alice.sees("It is very plain")
    await alice.commands("continue")
    await alice.sees("More.")
    house.model.reply = "Read."
    plan = "Monday: hills.\n" + "Then the coast. " * 100 + "Sunday: home [2]."
    alice.sends_file("plan.txt", plan.encode(), caption="read this")
    await alice.sees("Read.")
    await alice.commands("history")
    shown = await alice.sees("tell me")
    assert "It is very plain here." in shown.text
    assert "plan.txt: Monday: hills. Then the coast." in shown.text
    assert "Sunday" not in shown.text
    await alice.presses("All of it, as a file")
    name, data = await alice.gets_file()
    assert name == "tell-me.md"
    assert "## plan.txt" in data.decode()
    assert plan in data.decode()
    assert "Continue exactly" not in shown.text + data.decode()


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_typed_title_keeps_its_last_word(house: House, alice: Someone) -> None:
    await house.start()
    alice.says("/new My trip plan documents")
    await alice.sees("in the mode regular")
    await alice.commands("sessions")
    await alice.sees("1. My trip plan documents · regular")
    alice.says("/new documents")
    await alice.sees("in the mode documents")


async def test_a_files_name_is_shown_exactly(house: House, alice: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    alice.sends_file("a[1]=$b$_c_.txt", b"The tide is high.", caption="read this")
    await alice.sees("Noted.")
    await alice.commands("documents")
    await alice.sees("a[1]=$b$_c_.txt")
