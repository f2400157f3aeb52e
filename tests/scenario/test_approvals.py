"""Tools with effects, as people see them: nothing is done before the person who asked has pressed."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.standins.model import Hold, Reply
from storage.programs import Program
from tests.scenario.test_tools import SEARCH, told
from tests.support.acting import SEND, Post
from tests.support.fixtures import every_database
from tests.support.sides import Shown
from tests.support.world import House, Someone


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    office = Post()
    office.open(monkeypatch)
    return office


def obeys(body: Mapping[str, Any]) -> Reply:
    """A model that sends a letter at each question, and then says so."""
    last = body["messages"][-1]
    return Reply("It is sent.") if last["role"] == "tool" else Reply("I will tell Eve.", calls=(SEND,))


async def begin(house: House, **settings: Any) -> None:
    house.model.reply = obeys
    await house.start(tools="reading", **settings)


def results(house: House) -> list[str]:
    return [message["content"] for message in told(house) if message["role"] == "tool"]


@every_database
async def test_nothing_is_done_before_the_press_and_it_is_done_once(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    card = await alice.sees("May I use send?")
    assert "I will tell Eve." in card.text
    assert '"to": "Eve"' in card.text
    assert "Alice's letters" in card.text
    assert "that is not yours" not in card.text
    # It waits for days, whatever becomes of the process.
    await house.stop()
    await house.start()
    house.clock.advance(3 * 24 * 3600)
    assert (post.sent, len(house.model.requests)) == ([], 1)
    for _ in range(2):
        house.side.press(alice.person, alice.room, card, "Allow once")
    answer = await alice.sees("It is sent.")
    assert "Used: send" in answer.text
    await house.rests()
    assert post.sent == ["Eve"]
    assert results(house) == ["A letter went to Eve."]
    assert house.rows("SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL") == [(100,)]
    assert house.rows("SELECT COUNT(*) FROM tool_call") == [(0,)]
    assert not house.model.refused
    assert not [message for message in alice.answers() if "May I use" in message.text]


async def test_what_is_allowed_for_a_session_is_not_asked_about_there_again(
    house: House, alice: Someone, post: Post
) -> None:
    await begin(house)
    alice.says("tell Eve")
    await alice.sees("May I use send?")
    await alice.presses("For this session")
    await alice.sees("It is sent.")
    # What it said itself stands in the session by now, and leaves that as it is.
    alice.says("tell her again")
    await alice.sees("It is sent.", times=2)
    await alice.commands("new")
    await alice.sees("A new session is open")
    alice.says("and here?")
    await alice.sees("May I use send?")
    assert post.sent == ["Eve"] * 2


async def test_who_denies_can_say_why(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    card = await alice.sees("May I use send?")
    await alice.presses("say why")
    await alice.fills("What shall I do instead?", "Tell Bob.")
    answer = await alice.sees("It is sent.")
    assert post.sent == []
    # The answer stands below what was written, and the card says what became of it.
    first, *_, last = alice.answers()
    assert (first.id, first.text, first.labels) == (card.id, "🔧 Not allowed: send", ())
    assert last == answer
    (result,) = results(house)
    assert "did not allow" in result
    assert "Tell Bob." in result


async def test_who_goes_on_has_denied_and_a_late_press_does_nothing(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    card = await alice.sees("May I use send?")
    house.model.reply = "Something else it is."
    await house.stop()
    alice.says("something else")
    house.side.press(alice.person, alice.room, card, "Allow once")
    await house.start()
    await alice.sees("That is too late")
    await alice.sees("Something else it is.")
    closed = await alice.sees("I will tell Eve.")
    assert "Not done: the conversation went on" in closed.text
    assert "Allow once" not in closed.labels
    (result,) = results(house)
    assert "not allowed" in result
    assert post.sent == []


async def is_refused(someone: Someone, label: str, card: Shown) -> None:
    """Press a button that is somebody else's, and wait for what is said to that."""

    def refused() -> int:
        told_alone = someone.house.side.told(someone.person, someone.room)
        return str(told_alone).count("Only the person who asked can decide")

    before = refused()
    await someone.presses(label, on=card)
    await someone.house.until(lambda: refused() > before)


async def asks_while_undecided(house: House, alice: Someone, post: Post) -> Shown:
    """Ask for a letter, say more while that is read, and let the answer come to its card; gives the notice."""
    house.model.hold = hold = Hold()
    await begin(house)
    alice.says("tell Eve")
    await house.until(lambda: house.model.requests)
    alice.says("and Bob")
    notice = await alice.sees("1 ahead of it")
    hold.over.set()
    house.model.hold = None
    await alice.sees("May I use send?")
    await alice.commands("status")
    status = await alice.sees("An answer waits until someone allows or denies")
    assert "questions waiting: 1" in status.text
    assert "Questions ahead of your next one: 1" in status.text
    return notice


async def test_what_waits_behind_a_card_can_be_answered_now_instead(house: House, alice: Someone, post: Post) -> None:
    notice = await asks_while_undecided(house, alice, post)
    house.model.reply = "Bob it is."
    await alice.presses("Now instead", on=notice)
    await alice.sees("Your message will be answered next.")
    closed = await alice.sees("Not done: the conversation went on")
    assert "Allow once" not in closed.labels
    await alice.sees("Bob it is.")
    await house.rests()
    assert post.sent == []


async def test_what_waits_behind_a_card_can_be_added_and_is_read_before_anything_is_done(
    house: House, alice: Someone, post: Post
) -> None:
    notice = await asks_while_undecided(house, alice, post)
    house.model.reply = "Which first?"
    await alice.presses("Add to this answer", on=notice)
    await alice.sees("Your message was added to the question")
    await alice.sees("Which first?")
    await house.rests()
    assert post.sent == []
    questions = [message["content"] for message in told(house) if message["role"] == "user"]
    assert questions == ["tell Eve\nand Bob"]
    (result,) = results(house)
    assert "added to their question" in result
    assert house.rows("SELECT -SUM(amount) FROM ledger WHERE turn IS NOT NULL") == [(100,)]
    assert not [message for message in alice.answers() if "Allow once" in message.labels]


async def test_only_who_asked_decides_or_who_is_named_for_it(
    house: House, alice: Someone, bob: Someone, post: Post
) -> None:
    await begin(house, admins=[])
    alice, bob = house.group(alice, bob)
    alice.says("tell Eve")
    card = await alice.sees("May I use send?")

    for label in ("Allow once", "Always", "Deny", "say why"):
        await is_refused(bob, label, card)
    assert post.sent == []
    await house.stop()
    name = house.side.name
    await house.start(tool_approvers=[f"{name}:user:{bob.person}"])
    await bob.presses("Allow once", on=card)
    await alice.sees("It is sent.")
    assert post.sent == ["Eve"]


async def test_what_is_allowed_always_asks_again_once_words_of_others_are_read(
    house: House, alice: Someone, post: Post
) -> None:
    await begin(house)
    alice.says("tell Eve")
    await alice.sees("May I use send?")
    await alice.presses("Always")
    await alice.sees("It is sent.")
    await alice.commands("new")
    await alice.sees("A new session is open")
    alice.says("tell her again")
    await alice.sees("It is sent.", times=2)
    assert post.sent == ["Eve", "Eve"]
    # What another tool said stands in this session by now.
    house.model.replies.append(Reply("", calls=(SEARCH,)))
    alice.says("have I asked about tides?")
    await alice.sees("It is sent.", times=3)
    alice.says("and again")
    card = await alice.sees("May I use send?")
    assert "that is not yours" in card.text
    await alice.presses("Deny")
    await alice.sees("It is sent.", times=4)
    await alice.commands("approvals")
    await alice.sees("in all sessions")
    await alice.presses("Ask again: send")
    await alice.sees("asks you first")
    assert post.sent == ["Eve", "Eve"]


def _nobody_knows() -> Program[None]:
    yield ("UPDATE tool_call SET state = 'unknown'", ())


async def test_nobody_is_told_that_it_was_not_done_where_nobody_knows(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    await alice.sees("May I use send?")
    await house.stop()
    await house.write(_nobody_knows())
    await begin(house)
    await alice.commands("stop")
    closed = await alice.sees("You stopped it. Whether this took effect before is not known.")
    assert "Not done" not in closed.text


async def test_stop_ends_what_waits_and_what_runs(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    await alice.sees("May I use send?")
    await alice.commands("stop")
    await alice.sees("Not done: you stopped it.")
    assert post.sent == []
    post.closed.clear()
    alice.says("tell her now")
    await alice.sees("May I use send?")
    await alice.presses("Allow once")
    await house.until(lambda: post.sent)
    await alice.commands("stop")
    await house.until(lambda: post.cut_off)
    shown = await alice.sees("may or may not have done")
    assert "send was interrupted" in shown.text


async def test_several_calls_are_decided_one_after_the_other(house: House, alice: Someone, post: Post) -> None:
    other = type(SEND)("send", '{"to": "Bob"}')

    def sends_two(body: Mapping[str, Any]) -> Reply:
        return Reply("Done.") if body["messages"][-1]["role"] == "tool" else Reply("", calls=(SEND, other))

    house.model.reply = sends_two
    await house.start(tools="reading")
    alice.says("tell both")
    card = await alice.sees("1 more to decide")
    await alice.presses("Deny", on=card)
    await alice.sees('"to": "Bob"')
    assert post.sent == []
    await alice.presses("Allow once")
    await alice.sees("Done.")
    assert post.sent == ["Bob"]
    denied, done = results(house)
    assert ("did not allow" in denied, done) == (True, "A letter went to Bob.")


async def test_a_card_that_nobody_decides_about_ends(house: House, alice: Someone, post: Post) -> None:
    await begin(house)
    alice.says("tell Eve")
    await alice.sees("May I use send?")
    house.clock.advance(7 * 24 * 3600 + 3600)
    await alice.sees("Not done: no one decided in time.", hurried=True)
    await house.rests()
    assert post.sent == []
