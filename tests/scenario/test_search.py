"""Finding what was said, and going there."""

from dataclasses import replace

from tests.scenario.test_conversations import spoken
from tests.scenario.test_telling_apart import link_of
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
    await bob.commands("search", "treasure")
    await bob.sees("Nothing was found")


async def test_what_one_has_begun_elsewhere_is_found_and_led_to(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    here, there = house.threads_of_one_chat(alice, bob)
    there_as_alice = replace(there, person=alice.person)
    house.model.replies.extend(["Mine.", "Bob's.", "Alone."])
    here.says("about a treasure")
    await here.sees("Mine.")
    there.says("about winds")
    await there.sees("Bob's.")
    alice.says("my private treasure")
    await alice.sees("Alone.")
    there_as_alice.room.thread = there.room.thread
    await there_as_alice.commands("search", "treasure")
    shown = await there_as_alice.sees("↗")
    assert "private" not in shown.text
    await house.until(lambda: link_of(house, there_as_alice, shown).endswith(f"/{here.room.thread}"))
    await there.commands("search", "treasure")
    await there.sees("Nothing was found")
    await alice.commands("search", "treasure")
    shown = await alice.sees("↗")
    assert "my private" in shown.text
    assert "about a" in shown.text


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
