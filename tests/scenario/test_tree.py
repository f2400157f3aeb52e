"""The tree of a session, as people walk about in it."""

from bot.standins.model import Hold
from handlers.commands import COMMANDS
from tests.scenario.test_conversations import asked_of, spoken
from tests.support.fixtures import every_way
from tests.support.world import House, Someone


async def test_the_versions_of_an_answer_can_be_gone_through(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First try.", "Second try.", "Third try.", "After the first."])
    await house.start()
    alice.says("hi")
    await alice.sees("First try.")
    await alice.presses("Regenerate")
    await alice.sees("Second try.")
    await alice.presses("Regenerate")
    third = await alice.sees("Third try.")
    assert [label for label in third.labels if "/" in label] == ["3/3"]
    await alice.presses("‹", on=third)
    second = await alice.sees("Second try.", times=2)
    assert {"‹", "2/3", "›"} <= set(second.labels)
    await alice.presses("‹", on=second)
    first = await alice.sees("First try.", times=2)
    assert "‹" not in first.labels
    assert first.id == third.id, "It goes on in the same message."
    alice.says("go on")
    await alice.sees("After the first.")
    assert spoken(house) == ["hi", "First try.", "go on"]


async def test_a_branch_comes_back_as_it_was_left(house: House, alice: Someone) -> None:
    house.model.replies.extend(["One.", "Below one.", "Two.", "Below one again."])
    await house.start()
    alice.says("a")
    one = await alice.sees("One.")
    alice.says("b")
    await alice.sees("Below one.")
    await alice.presses("Regenerate", on=one)
    two = await alice.sees("Two.")
    await alice.presses("‹", on=two)
    await alice.sees("One.", times=2)
    alice.says("c")
    await alice.sees("Below one again.")
    assert spoken(house) == ["a", "One.", "b", "Below one.", "c"]


async def test_an_edited_question_has_versions_too_and_they_survive_a_restart(house: House, alice: Someone) -> None:
    house.model.replies.extend(["About cats.", "About dogs.", "More on cats."])
    await house.start()
    question = alice.says("cats?")
    await alice.sees("About cats.")
    alice.edits(question, "dogs?")
    dogs = await alice.sees("About dogs.")
    assert "✎ 2/2" in dogs.labels
    await house.stop()
    await house.start()
    await alice.presses("‹", on=dogs)
    cats = await alice.sees("About cats.", times=2)
    assert "cats?" in cats.text
    alice.says("more")
    await alice.sees("More on cats.")
    assert spoken(house) == ["cats?", "About cats.", "more"]


@every_way
async def test_an_edit_while_the_answer_is_running_stops_it(house: House, alice: Someone) -> None:
    house.model.hold = Hold(20)
    house.model.reply = lambda body: "short." if "dogs" in str(body["messages"][-1]["content"]) else "cat " * 400
    await house.start()
    question = alice.says("cats?")
    await alice.sees_growing("cat cat")
    house.model.hold = None
    alice.edits(question, "dogs?")
    await alice.sees("short.")
    assert asked_of(house) == ["cats?", "dogs?"]


async def test_regenerate_on_an_older_answer_answers_that_question(house: House, alice: Someone) -> None:
    house.model.replies.extend(["One.", "Two.", "One again."])
    await house.start()
    alice.says("first")
    one = await alice.sees("One.")
    alice.says("second")
    await alice.sees("Two.")
    await alice.commands_on("regenerate", one)
    await alice.sees("One again.")
    assert spoken(house) == ["first"]


async def test_a_fork_continues_from_an_older_message(house: House, alice: Someone) -> None:
    house.model.replies.extend(["One.", "Two.", "Three."])
    await house.start()
    alice.says("first")
    one = await alice.sees("One.")
    alice.says("second")
    await alice.sees("Two.")
    await alice.commands_on("fork", one)
    await alice.sees("continues from here")
    alice.says("third")
    await alice.sees("Three.")
    assert spoken(house) == ["first", "One.", "third"]


async def test_what_is_forgotten_is_out_of_context_and_history_and_comes_back(house: House, alice: Someone) -> None:
    house.model.replies.extend(["One.", "Noted.", "What secret?", "It is 42."])
    await house.start()
    alice.says("first")
    await alice.sees("One.")
    secret = alice.says("my secret is 42")
    await alice.sees("Noted.")
    await alice.commands_on("forget", secret)
    await alice.sees("Forgotten, with everything after it.")
    alice.says("what is it?")
    await alice.sees("What secret?")
    assert spoken(house) == ["first", "One.", "what is it?"]
    await alice.commands("history")
    history = await alice.sees("first", times=1)
    assert "Noted." not in history.text
    await alice.commands("undo")
    await alice.sees("It is back")
    alice.says("and now?")
    await alice.sees("It is 42.")
    assert spoken(house) == ["first", "One.", "my secret is 42", "Noted.", "and now?"]


async def test_what_is_forgotten_while_it_is_answered_is_out_of_context_with_its_answer(
    house: House, alice: Someone
) -> None:
    house.model.reply = lambda body: "Noted, 42. " * 30 if "secret" in str(body["messages"][-1]["content"]) else "Yes."
    await house.start()
    alice.says("first")
    await alice.sees("Yes.")
    house.model.hold = Hold(20)
    secret = alice.says("my secret is 42")
    await alice.sees_growing("Noted")
    if house.side.name == "discord":  # It tells of what people delete.
        house.side.take_away(alice.room, secret)
    else:
        await alice.commands_on("forget", secret)
    await alice.sees("Stopped.")
    await house.rests()
    house.model.hold = None
    alice.says("what is it?")
    await alice.sees("Yes.", times=2)
    assert spoken(house) == ["first", "Yes.", "what is it?"]
    if house.side.name == "telegram":  # What was deleted on the platform does not come back.
        await alice.commands("undo")
        await alice.sees("It is back")
        alice.says("and now?")
        await alice.sees("Yes.", times=3)
        assert spoken(house)[2] == "my secret is 42"
        assert "Noted, 42." in spoken(house)[3]


async def test_forgotten_words_are_erased_when_the_undo_time_is_over(house: House, alice: Someone) -> None:
    house.model.reply = "Noted."
    await house.start(undo_minutes=1)
    alice.says("keep this")
    await alice.sees("Noted.")
    secret = alice.says("my secret is 42")
    await alice.sees("Noted.", times=2)
    await alice.commands_on("forget", secret)
    await alice.sees("Forgotten")
    house.clock.advance(200)
    await alice.commands("undo")
    await alice.sees("nothing to undo")
    await house.stop()
    # They go with the next start, or within a minute.
    await house.start()
    await house.until(lambda: "42" not in str(house.rows("SELECT parts FROM message")), hurried=True)


async def test_continue_goes_on_where_the_answer_was_cut(house: House, alice: Someone) -> None:
    house.model.replies.extend(["One, two,", "three, four."])
    await house.start()
    alice.says("count")
    await alice.sees("One, two,")
    await alice.commands("continue")
    await alice.sees("three, four.")
    assert spoken(house)[:2] == ["count", "One, two,"]
    assert "Continue exactly" in spoken(house)[2]


async def test_a_stopped_answer_can_be_continued_by_its_button(house: House, alice: Someone) -> None:
    house.model.hold = Hold(20)
    house.model.reply = "word " * 400
    await house.start()
    alice.says("talk")
    await alice.sees_growing("word word")
    alice.stops()
    stopped = await alice.sees("Stopped.")
    house.model.reply, house.model.hold = "The rest.", None
    await alice.presses("Continue", on=stopped)
    await alice.sees("The rest.")


async def test_undo_brings_a_deleted_session_back(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Noted.", "42."])
    await house.start()
    alice.says("remember 42")
    await alice.sees("Noted.")
    await alice.commands("delete")
    await alice.presses("Delete")
    await alice.sees("is deleted")
    await alice.commands("undo")
    await alice.sees("is back and open")
    alice.says("what was it?")
    await alice.sees("42.")
    assert spoken(house) == ["remember 42", "Noted.", "what was it?"]


async def test_in_a_group_only_who_asked_may_change_the_version(house: House, alice: Someone, bob: Someone) -> None:
    house.model.replies.extend(["First.", "Second."])
    await house.start()
    alice_here, bob_here = house.group(alice, bob)
    alice_here.says("hi")
    await alice_here.sees("First.")
    await alice_here.presses("Regenerate")
    second = await alice_here.sees("Second.")
    await bob_here.presses("‹", on=second)
    await bob_here.is_told("Only the person who asked can do that")
    await alice_here.presses("‹", on=second)
    await alice_here.sees("First.", times=2)


async def test_undo_offers_to_take_back_the_last_exchange_where_nothing_was_forgotten(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.replies.extend(["Noted.", "Again.", "No.", "Yes.", "Hello."])
    await house.start()
    await alice.commands("undo")
    await alice.sees("There is nothing to undo.")
    alice.says("remember 42")
    await alice.sees("Noted.")
    alice.says("and 43")
    await alice.sees("Again.")
    await alice.commands("undo")
    offer = await alice.sees("Take back your last question, with its answer?")
    assert "and 43" in offer.text
    alice.says("one more")
    await alice.sees("No.")
    await alice.presses("Take it back", on=offer)
    await alice.sees("no longer your last question")
    await alice.commands("undo")
    await alice.sees("one more")
    await alice.presses("Take it back")
    await alice.sees("Forgotten")
    alice.says("so?")
    await alice.sees("Yes.")
    assert spoken(house) == ["remember 42", "Noted.", "and 43", "Again.", "so?"]
    here, other = house.group(alice, bob)
    here.says("hi")
    await here.sees("Hello.")
    await other.commands("undo")
    await other.sees("There is nothing to undo.")
    assert "Take it back" not in str(other.answers())


async def test_a_command_is_understood_by_its_other_names_and_shown_by_one(house: House, alice: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names))
    if house.side.name == "discord":  # There a command is what the menu shows.
        assert not house.side.knows("reset", alice.room)
        return
    await alice.commands("reset", "Fresh")
    await alice.sees("A new session is open")
    await alice.commands("clear")
    await alice.sees("A new session is open", times=2)
    await alice.commands("persona", "documents")
    await alice.sees("The mode is documents")
    await alice.commands("help")
    await alice.sees("(/reset, /clear)")
