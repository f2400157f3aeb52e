"""A person steers the answer that is being written: what they write meanwhile waits, goes first, or joins in."""

import pytest

from bot.domain.blocks import OutFile
from bot.standins.model import Hold
from storage.programs import Program
from tests.scenario.test_conversations import spoken
from tests.support.world import House, Someone

LONG = "word " * 400


def count(sql: str) -> Program[int]:
    """What a query counts."""
    rows = yield (sql, ())
    return rows[0][0] or 0


async def asks_for_much(house: House, someone: Someone, text: str = "tell me much") -> int:
    """Ask for an answer that takes its time, and wait until it grows; what is asked later is answered at once."""
    house.model.hold = Hold(20)
    house.model.replies.append(LONG)
    said = someone.says(text)
    await someone.sees_growing("word")
    house.model.hold = None
    return said


async def test_what_waits_can_be_answered_now_instead(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"On {body['messages'][-1]['content']}."
    await house.start()
    await asks_for_much(house, alice)
    alice.says("first")
    await alice.sees("1 ahead of it")
    alice.says("second")
    notice = await alice.sees("2 ahead of it")
    assert notice.labels == ("Now instead", "Add to this answer")
    await alice.presses("Now instead", on=notice)
    await alice.sees("Your message will be answered next.")
    await alice.sees("On first.")
    shown = [message.text for message in alice.answers() if message.text.startswith(("word", "On"))]
    assert [text[:9] for text in shown] == ["word word", "On second", "On first."]
    assert "Stopped." in shown[0]
    assert spoken(house)[0::2] == ["tell me much", "second", "first"]
    await house.stop()
    assert await house.read(count("SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL")) == 300


async def test_what_waits_can_be_added_to_the_question_under_way(house: House, alice: Someone) -> None:
    house.model.reply = "Both in one."
    await house.start()
    asked = await asks_for_much(house, alice, "cats?")
    added = alice.says("and dogs?")
    await alice.sees("1 ahead of it")
    await alice.presses("Add to this answer")
    await alice.sees("Your message was added to the question that is being answered.")
    answer = await alice.sees("Both in one.")
    assert spoken(house) == ["cats?\nand dogs?"]
    assert not [message for message in alice.answers() if message.text.startswith("word")], "Nobody reads two answers."
    assert "✎ 2/2" in answer.labels, "The tree has the question as it was, and as it is."
    # Both halves are the one question from now on.
    alice.edits(added, "and birds?")
    await alice.sees("Both in one.", times=2)
    assert spoken(house) == ["cats?\nand birds?"]
    alice.says("go on", reply_to=asked)
    await alice.sees("Both in one.", times=3)
    assert spoken(house) == ["cats?\nand birds?", "Both in one.", "go on"]
    await house.stop()
    assert await house.read(count("SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL")) == 300
    assert await house.read(count("SELECT COUNT(*) FROM turn WHERE ended_at IS NULL")) == 0


async def test_what_is_added_before_the_first_word_is_answered_too(house: House, alice: Someone) -> None:
    house.model.reply = "Both in one."
    house.model.hold = Hold()
    await house.start()
    alice.says("cats?")
    await house.until(lambda: house.model.requests)
    house.model.hold = None
    alice.says("and dogs?")
    await alice.presses("Add to this answer")
    await alice.sees("Both in one.")
    assert spoken(house) == ["cats?\nand dogs?"]
    assert not [message for message in alice.answers() if "Stopped." in message.text]


async def test_a_press_that_comes_too_late_says_so(house: House, alice: Someone) -> None:
    house.model.replies.extend(["A.", "B."])
    house.model.hold = hold = Hold()
    await house.start()
    alice.says("a")
    await house.until(lambda: house.model.requests)
    alice.says("b")
    notice = await alice.sees("1 ahead of it")
    hold.over.set()
    await alice.sees("B.")
    await alice.presses("Add to this answer", on=notice)
    await alice.sees("Too late")
    await alice.presses("Now instead", on=notice)
    await alice.sees("Too late", times=2)
    assert len(house.model.requests) == 2


async def test_among_others_only_who_asked_steers_and_only_their_own_answer(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = lambda body: f"On {body['messages'][-1]['content']}."
    await house.start()
    alice, bob = house.group(alice, bob)
    await asks_for_much(house, alice)
    bob.says("from Bob")
    alice.says("from Alice")
    notice = await alice.sees("2 ahead of it")
    assert "Now instead" in notice.labels
    assert not [message for message in alice.answers() if "1 ahead" in message.text], "It is not Bob's answer to end."
    await bob.presses("Now instead", on=notice)
    await bob.is_told("Only the person who asked can do that")
    await alice.presses("Now instead", on=notice)
    await alice.sees("from Bob.")
    order = [str(request.body["messages"][-1]["content"])[-10:] for request in house.model.requests]
    assert [text.split()[-1] for text in order[1:]] == ["Alice", "Bob"]


@pytest.mark.parametrize(("rule", "read"), [("now", ["tell me much", "and this"]), ("add", ["tell me much\nand this"])])
async def test_a_persons_setting_makes_one_of_them_the_rule(
    house: House, alice: Someone, rule: str, read: list[str]
) -> None:
    house.model.reply = "At once."
    await house.start()
    await alice.commands("settings")
    await alice.presses("When I write while you answer")
    await alice.presses({"now": "it ends that answer", "add": "it is added"}[rule])
    await alice.sees("When I write while you answer: it ")
    await asks_for_much(house, alice)
    alice.says("and this")
    await alice.sees("At once.")
    assert [text for text in spoken(house) if "word" not in text] == read
    assert not [message for message in alice.answers() if "is queued" in message.text]


# lines written in a row


async def joins_lines(house: House, someone: Someone) -> None:
    """The person wants lines joined, and the model answers with what it was asked."""
    house.model.reply = lambda body: f"On {body['messages'][-1]['content']!r}."
    await house.start()
    await someone.commands("settings")
    await someone.presses("Join lines sent in a row")
    await someone.sees("Lines sent in a row are one message: yes")


async def test_lines_written_in_a_row_are_one_message_for_who_wants_that(house: House, alice: Someone) -> None:
    await joins_lines(house, alice)
    lines = [alice.says(line) for line in ("one", "two", "three")]
    await house.stop()
    assert not house.model.requests, "It waits for the next line."
    await house.start()
    alice.edits(lines[1], "2")
    await alice.sees("On 'one\\n2\\nthree'.", hurried=True)
    # What comes when that is answered is another question.
    alice.says("four")
    await alice.sees("On 'four'.", hurried=True)
    alice.edits(lines[2], "3")
    await alice.sees("On 'one\\n2\\n3'.", hurried=True)


async def test_a_joined_line_that_is_taken_back_is_not_asked_and_behind_the_answer_all_of_it_goes(
    house: House, alice: Someone
) -> None:
    await joins_lines(house, alice)
    lines = [alice.says(line) for line in ("one", "two", "three")]
    await house.stop()
    await house.start()
    house.side.take_away(alice.room, lines[1])
    await alice.commands("status")
    await alice.sees("Mode: regular")
    # Telegram tells no bot what people delete: there /forget does it.
    tells = house.side.name == "discord"
    left = "one\nthree" if tells else "one\ntwo\nthree"
    await alice.sees(f"On {left!r}.", hurried=True)
    alice.edits(lines[0], "1")
    await alice.sees(f"On {left.replace('one', '1')!r}.", hurried=True)
    if tells:
        house.side.take_away(alice.room, lines[2])
    else:
        await alice.commands_on("forget", lines[2])
    await alice.commands("status")
    await alice.sees("Mode: regular", times=2)
    alice.says("four")
    await alice.sees("On 'four'.", hurried=True)
    # What is deleted on the platform goes with all its versions; /forget takes the one that is shown.
    before = [] if tells else ["one\ntwo\nthree", "On 'one\\ntwo\\nthree'."]
    assert spoken(house) == [*before, "four"]


async def test_no_line_is_joined_across_a_reply_a_command_or_a_pause(house: House, alice: Someone) -> None:
    await joins_lines(house, alice)
    alice.says("hello")
    hello = await alice.sees("On 'hello'.", hurried=True)
    alice.says("before")
    alice.says("a reply", reply_to=hello)
    alice.says("behind")
    await alice.sees("On 'behind'.", hurried=True)
    alice.says("here")
    await alice.commands("rename", "Another")
    alice.says("there")
    await alice.sees("On 'there'.", hurried=True)
    asked = [str(request.body["messages"][-1]["content"]) for request in house.model.requests]
    assert asked == ["hello", "before", "a reply", "behind", "here", "there"]
    await house.stop()
    alice.says("long ago")
    house.clock.advance(10)
    alice.says("a moment ago")
    await house.start()
    await alice.sees("On 'long ago'.", hurried=True)
    await alice.sees("On 'a moment ago'.", hurried=True)


async def test_a_line_that_follows_within_a_second_is_joined(house: House, alice: Someone) -> None:
    await joins_lines(house, alice)
    await house.stop()
    alice.says("one")
    house.clock.advance(1)
    alice.says("two")
    await house.start()
    await alice.sees("On 'one\\ntwo'.", hurried=True)


async def test_words_join_files_that_have_none_and_no_caption_is_joined(house: House, alice: Someone) -> None:
    await joins_lines(house, alice)
    notes = [OutFile(f"{name}.txt", "text/plain", name.encode()) for name in ("red", "blue")]
    alice.says("look at these")
    alice.sends(*notes)
    await alice.sees("look at these", hurried=True)
    alice.sends(*notes)
    alice.says("which is warmer?")
    await alice.sees("which is warmer?", hurried=True)
    alice.says("apart")
    alice.sends(*notes, caption="under a caption")
    alice.says("behind it")
    await alice.sees("On 'behind it'", hurried=True)
    await house.stop()
    asked = [str(request.body["messages"][-1]["content"]) for request in house.model.requests]
    assert [text.count("[A file: ") for text in asked] == [2, 2, 0, 2, 0]


async def test_by_default_every_line_is_answered_at_once(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"On {body['messages'][-1]['content']!r}."
    await house.start()
    alice.says("one")
    alice.says("two")
    await alice.sees("On 'one'.")
    await alice.sees("On 'two'.")


# stopping


@pytest.mark.parametrize("all_of_them", [True, False])
async def test_who_stops_while_many_wait_is_asked_once_which_are_meant(
    house: House, alice: Someone, all_of_them: bool
) -> None:
    house.model.reply = "Yes."
    await house.start()
    await asks_for_much(house, alice)
    for number in range(5):
        alice.says(f"question {number}")
    await alice.sees("5 ahead of it")
    await alice.commands("stop")
    asked = await alice.sees("Stop this answer, or all 5 of yours that wait?")
    assert asked.labels == ("This answer", "All of them")
    await alice.presses("All of them" if all_of_them else "This answer")
    await alice.sees("Stopped.", times=2)
    if not all_of_them:
        await alice.sees("Yes.", times=5)
    alice.says("and now")
    await alice.sees("Yes.", times=1 if all_of_them else 6)
    assert len(house.model.requests) == (2 if all_of_them else 7)
    await house.stop()
    held = "SELECT COUNT(*) FROM turn WHERE ended_at IS NULL"
    assert await house.read(count(held)) == 0
    paid = "SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL"
    assert await house.read(count(paid)) == 100 * len(house.model.requests)
