"""Finding what was said, and going there."""

from tests.scenario.test_conversations import spoken
from tests.support.world import House, Someone


async def test_a_hit_opens_its_session_at_that_message(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Noted.", "Yes.", "From the harbour."])
    await house.start()
    alice.says("the boat leaves from Köln at noon")
    await alice.sees("Noted.")
    await alice.commands("new", "Something else")
    await alice.sees("A new session is open")
    alice.says("other things")
    await alice.sees("Yes.")
    await alice.commands("search", "koln boat")
    shown = await alice.sees("the boat leaves from Köln")
    [hit] = [label for label in shown.labels if label.startswith("1.")]
    await alice.presses(hit)
    await alice.sees("is open, in the mode regular")
    alice.says("from where?")
    await alice.sees("From the harbour.")
    assert spoken(house) == ["the boat leaves from Köln at noon", "Noted.", "from where?"]


async def test_a_hit_on_another_branch_opens_that_branch(house: House, alice: Someone) -> None:
    house.model.replies.extend(["About cats.", "About dogs.", "More on cats."])
    await house.start()
    question = alice.says("tell me about cats")
    await alice.sees("About cats.")
    alice.edits(question, "tell me about dogs")
    await alice.sees("About dogs.")
    await alice.commands("search", "about cats")
    shown = await alice.sees("tell me about cats")
    # The first hit is the title, the second what was said.
    await alice.presses(next(label for label in shown.labels if label.startswith("2.")))
    await alice.sees("is open, in the mode")
    alice.says("more")
    await alice.sees("More on cats.")
    assert spoken(house) == ["tell me about cats", "About cats.", "more"]


async def test_in_a_group_only_what_was_said_there_is_found(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    alice.says("my private treasure")
    await alice.sees("Noted.")
    alice_here, bob_here = house.group(alice, bob)
    alice_here.says("our common treasure")
    await alice_here.sees("Noted.")
    await bob_here.commands("search", "treasure")
    shown = await bob_here.sees("our common")
    assert "private" not in shown.text
    await alice.commands("search", "treasure")
    assert "common" not in (await alice.sees("my private")).text


async def test_nothing_found_is_a_sentence(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("search", "nowhere*")
    await alice.sees("Nothing was found for “nowhere*”.")


async def test_answers_are_found_too(house: House, alice: Someone) -> None:
    house.model.reply = "A most peculiar answer."
    await house.start()
    alice.says("hi")
    await alice.sees("peculiar")
    await alice.commands("search", "peculiar")
    await alice.sees("Answer ·")
