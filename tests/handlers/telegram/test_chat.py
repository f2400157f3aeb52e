"""What only Telegram has, or where it leaves us in doubt: topics, albums, cut pastes, sends without a nonce."""

from typing import Any

import pytest

from bot.rendering.pages import SENT_AGAIN
from bot.standins import faults
from bot.standins.model import Hold
from bot.standins.telegram.people import Attached
from handlers.telegram import updates
from storage import places
from storage.database import Database
from storage.programs import Program
from tests.scenario.test_conversations import asked_of, spoken
from tests.scenario.test_trouble import LONG, balance
from tests.support.sides import Room, TelegramSide
from tests.support.world import House, Someone
from tests.support.writes import FINISH, cutting_off

pytestmark = pytest.mark.parametrize("side", ["telegram"], indirect=True)


def telegram(house: House) -> TelegramSide:
    """The stand-in, by its own type."""
    assert isinstance(house.side, TelegramSide)
    return house.side


async def test_an_album_is_one_request(house: House, alice: Someone) -> None:
    house.model.reply = "Two pictures."
    await house.start()
    pictures = [Attached(b"\x89PNG one", "one.png", "image/png"), Attached(b"\x89PNG two", "two.png", "image/png")]
    telegram(house).people.send_album(alice.person, alice.room.chat, pictures, caption="what is on these?")
    await alice.sees("Two pictures.", hurried=True)
    assert len(house.model.requests) == 1
    assert "what is on these?" in asked_of(house)[0]


async def test_a_long_paste_is_one_request(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    text = " ".join(f"word{number}" for number in range(1500))
    telegram(house).people.paste(alice.person, alice.room.chat, text)
    await alice.sees("Read.", hurried=True)
    assert len(house.model.requests) == 1
    assert asked_of(house)[0].split() == text.split()


async def test_every_topic_is_a_session(house: House) -> None:
    side = telegram(house)
    side.bot.has_topics_enabled = True
    house.model.reply = "In a topic."
    alice = house.newcomer("Alice")
    await house.start()
    one, two = (
        Someone(house, alice.person, Room(alice.room.chat, side.people.open_topic(alice.person, alice.room.chat, name)))
        for name in ("One", "Two")
    )
    one.says("in one")
    await one.sees("In a topic.")
    two.says("in two")
    await two.sees("In a topic.")
    assert spoken(house) == ["in two"]
    one.says("more")
    await one.sees("In a topic.", times=2)
    assert spoken(house) == ["in one", "In a topic.", "more"]


async def test_a_flood_limit_on_the_final_text_is_waited_out_in_silence(house: House, alice: Someone) -> None:
    house.model.reply = "At last."
    house.side.faults.add(faults.flood(30), method=house.side.send)
    await house.start(pacing=True)
    alice.says("hi")
    await alice.sees("At last.", hurried=True)
    assert telegram(house).stand_in.calls_in_penalty == 0


@pytest.mark.parametrize("fault", [faults.error(500), faults.html_page(), faults.reset()], ids=["500", "502", "reset"])
async def test_a_send_with_an_unknown_outcome_is_repeated_and_says_so(
    house: House, alice: Someone, fault: faults.Fault
) -> None:
    house.model.reply = "Important."
    house.side.faults.add(fault, method=house.side.send)
    await house.start()
    alice.says("hi")
    shown = await alice.sees("Important.", hurried=True)
    assert shown.text.startswith(SENT_AGAIN)
    assert await balance(house) == 3900


async def test_an_answer_that_arrived_without_our_knowing_is_marked_when_it_comes_again(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Important."
    house.side.faults.add(faults.answer_lost(), method=house.side.send)
    await house.start()
    alice.says("hi")
    await alice.sees("Important.")
    await alice.sees("Important.", times=2, hurried=True)
    assert [SENT_AGAIN in message.text for message in alice.answers()] == [False, True]


async def test_exactly_once_never_shows_an_answer_twice(house: House, alice: Someone) -> None:
    house.model.reply = "Important."
    house.side.faults.add(faults.answer_lost(), method=house.side.send)
    house.side.faults.add(faults.answer_lost(), method=house.side.edit)
    await house.start(exactly_once=True)
    alice.says("hi")
    await house.until(lambda: house.side.calls(house.side.edit) == 2, hurried=True)
    await alice.sees("Important.")
    assert [message.text for message in alice.answers()].count("Important.") == 1


async def test_an_unreadable_update_is_set_aside_and_the_next_is_answered(house: House, alice: Someone) -> None:
    house.model.reply = "Still here."
    await house.start()
    telegram(house).bot.updates.push_raw({"message": {"message_id": "no number"}})
    alice.says("hi")
    await alice.sees("Still here.")
    await house.stop()

    def letters() -> Program[int]:
        rows = yield ("SELECT COUNT(*) FROM dead_letter", ())
        count: int = rows[0][0]
        return count

    assert await house.read(letters()) == 1


async def test_what_was_set_aside_is_answered_once_a_later_version_can_read_it(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start(admins=f"telegram:user:{alice.person}")
    with monkeypatch.context() as broken:
        broken.setattr(updates, "essentials", lambda raw: raw["nothing"])
        alice.says("the heron at the weir")
        await house.until(lambda: house.rows("SELECT COUNT(*) FROM dead_letter") == [(1,)])
    await alice.commands("admin")
    await alice.presses("Not delivered")
    told = await alice.sees("What came in and could not be read:")
    assert "heron" not in told.text
    await alice.presses("Read again", on=told)
    await alice.sees("the heron at the weir")
    await alice.sees("Everything has been delivered.")
    await house.rests()
    assert house.rows("SELECT COUNT(*) FROM turn") == [(1,)]
    assert house.rows("SELECT kind FROM act WHERE kind = 'reread'") == [("reread",)]


async def test_renaming_a_session_renames_its_topic(house: House) -> None:
    side = telegram(house)
    side.bot.has_topics_enabled = True
    house.model.reply = "In a topic."
    alice = house.newcomer("Alice")
    await house.start()
    thread = side.people.open_topic(alice.person, alice.room.chat, "One")
    one = Someone(house, alice.person, Room(alice.room.chat, thread))
    one.says("in one")
    await one.sees("In a topic.")
    await one.commands("rename", "Tides and winds")
    await one.sees("is now called Tides and winds")
    await house.until(
        lambda: [topic.name for topic in side.stand_in.transcript(alice.room.chat).topics] == ["Tides and winds"]
    )


async def test_an_answer_takes_the_place_of_its_draft(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 40
    house.model.hold = hold = Hold(20)
    await house.start()
    alice.says("hi")
    await alice.sees_growing("word word")
    hold.over.set()
    await alice.sees(("word " * 40).strip())
    assert telegram(house).stand_in.transcript(alice.room.chat).drafts == ()


async def test_formatting_is_sent_as_entities(house: House, alice: Someone) -> None:
    house.model.reply = "Hello **Alice**!"
    await house.start()
    alice.says("hi")
    await alice.sees("Hello Alice!")
    shown = telegram(house).stand_in.transcript(alice.room.chat).last
    assert [entity["type"] for entity in shown.entities] == ["bold"]
    assert all("parse_mode" not in call.params for call in telegram(house).stand_in.calls.of("sendMessage"))


async def test_the_menu_is_what_the_commands_declare(house: House) -> None:
    await house.start()
    await house.until(lambda: telegram(house).stand_in.calls.of("setMyCommands"))


async def test_a_very_long_answer_keeps_within_telegrams_limit(house: House, alice: Someone) -> None:
    house.model.reply = LONG
    await house.start(rich_messages="never")
    alice.says("everything, please")
    await alice.sees("print(7)")
    shown = telegram(house).stand_in.transcript(alice.room.chat).from_bots()
    assert all(len(message.text.encode("utf-16-le")) // 2 <= 4096 for message in shown)
    for message in shown:
        covered = sum(entity["length"] for entity in message.entities if entity["type"] == "pre")
        assert covered >= 6 * message.text.count("x = 1") - 1, "Code stays code on every page."


async def test_another_persons_session_is_not_there_however_its_number_is_typed(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("private matter")
    shown = await alice.sees("Yes.")
    for forged in ("/open 1", "/delete_now 1", "/switch 1", "/rename_session 1 stolen", "/undelete 1"):
        bob.says(forged)
    await bob.commands("again", "1")
    await house.until(lambda: len(bob.answers()) >= 6)
    assert all("private matter" not in message.text for message in bob.answers())
    await alice.commands("sessions")
    await alice.sees("private matter")
    assert shown.text == "Yes."


def topics_on(house: House) -> None:
    """Let private chats have topics."""
    telegram(house).bot.has_topics_enabled = True


async def test_new_opens_a_topic_that_is_the_session(house: House) -> None:
    topics_on(house)
    house.model.replies.extend(["In the topic.", "Again there."])
    alice = house.newcomer("Alice")
    await house.start()
    await alice.commands("new", "Plans for summer")
    await alice.sees("is open in its own thread")
    topics = telegram(house).stand_in.transcript(alice.room.chat).topics
    topic = next(topic for topic in topics if topic.name == "Plans for summer")
    there = Someone(house, alice.person, Room(alice.room.chat, topic.id))
    await there.sees("Write here and I will answer")
    there.says("hi")
    await there.sees("In the topic.")


async def test_who_only_writes_in_topics_is_reached_outside_of_them(house: House) -> None:
    topics_on(house)
    alice, bob = house.newcomer("Alice"), house.newcomer("Bob")
    await house.start(admins=f"telegram:user:{alice.person}")
    bob.says("hello")
    await bob.sees("hello")
    telegram(house).bot.has_topics_enabled = False
    alice.says("hello")
    await alice.sees("hello")
    await house.rests()
    await alice.commands("admin", "broadcast")
    await alice.presses("Write a broadcast")
    await alice.fills("What to tell people", "We move tonight.")
    await alice.presses("Send it to 2 people")
    await bob.sees("We move tonight.")
    transcript = telegram(house).stand_in.transcript(bob.room.chat)
    assert [message.thread for message in transcript.from_bots() if "We move" in message.text] == [None]


async def test_a_topic_without_a_session_is_not_tidied_away_while_a_command_is_run_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics_on(house)
    alice = house.newcomer("Alice")
    await house.start()

    write = Database.write

    async def tidied(self: Database, program: Program[Any]) -> Any:
        result = await write(self, program)
        await write(self, places.forget_left())
        return result

    monkeypatch.setattr(Database, "write", tidied)
    await alice.commands("help")
    await alice.sees("/sessions")


async def test_new_opens_one_session_where_it_is_cut_off_and_at_most_one_empty_topic(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics_on(house)
    alice = house.newcomer("Alice")
    await house.start()
    cut_off = cutting_off(monkeypatch.setattr)
    for number, program in enumerate(("once", FINISH), 1):
        cut_off.append(program)
        await alice.commands("new", "Summer")
        await alice.sees("is open in its own thread" if number == 1 else "That is done already", hurried=True)
        assert house.rows("SELECT COUNT(*) FROM session") == [(number,)]
    # Telegram does not tell which topics there are: the one that was opened before the first cut stays.
    topics = telegram(house).stand_in.transcript(alice.room.chat).topics
    assert sum(topic.name == "Summer" for topic in topics) == 3


async def test_a_topic_and_its_session_are_renamed_together(house: House) -> None:
    topics_on(house)
    house.model.reply = "Yes."
    alice = house.newcomer("Alice")
    await house.start()
    side = telegram(house)
    thread = side.people.open_topic(alice.person, alice.room.chat, "Old name")
    there = Someone(house, alice.person, Room(alice.room.chat, thread))
    there.says("hi")
    await there.sees("Yes.")
    await there.commands("rename", "Given by command")
    await house.until(lambda: side.stand_in.transcript(alice.room.chat).topics[0].name == "Given by command")
    side.people.rename_topic(alice.person, alice.room.chat, thread, "Given on the platform")
    await there.commands("sessions")
    await there.sees("Given on the platform")


async def test_a_deleted_session_closes_its_topic_and_undo_opens_it(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    side = telegram(house)
    forum = side.people.open_group("Forum", [alice.person], forum=True, admin=True)
    thread = side.people.open_topic(alice.person, forum, "Ideas")
    there = Someone(house, alice.person, Room(forum, thread), shared=True)
    there.says("hi")
    await there.sees("Yes.")

    def closed() -> bool:
        return next(topic.closed for topic in side.stand_in.transcript(forum).topics if topic.id == thread)

    await there.commands("delete")
    await there.presses("Delete")
    await house.until(closed)
    await there.presses("Undo")
    await house.until(lambda: not closed())


async def test_closing_a_topic_ends_the_answer_that_runs_there(house: House, alice: Someone) -> None:
    house.model.hold = Hold(20)
    house.model.reply = "word " * 400
    await house.start()
    side = telegram(house)
    forum = side.people.open_group("Forum", [alice.person], forum=True, admin=True)
    thread = side.people.open_topic(alice.person, forum, "Ideas")
    there = Someone(house, alice.person, Room(forum, thread), shared=True)
    there.says("hi")
    await there.sees_growing("word word")
    side.people.close_topic(alice.person, forum, thread)
    await house.rests()
    assert house.model.requests[-1].state == "left"
    house.model.hold = None
    side.people.reopen_topic(alice.person, forum, thread)
    house.model.reply = "Still here."
    there.says("anybody?")
    await there.sees("Still here.")


def basic_group(house: House, alice: Someone) -> Someone:
    """Alice in a group that can still become a supergroup."""
    chat = telegram(house).people.open_group("Friends", [alice.person], kind="group")
    return Someone(house, alice.person, Room(chat), shared=True)


async def test_a_group_that_becomes_a_supergroup_goes_on_with_its_session(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First.", "word " * 60 + "end.", "Third."])
    await house.start()
    old = basic_group(house, alice)
    old.says("one")
    await old.sees("First.")
    house.model.hold = hold = Hold(20)
    old.says("two")
    await old.sees_growing("word word")
    new = Someone(house, alice.person, Room(telegram(house).people.migrate(alice.person, old.room.chat)), shared=True)
    hold.over.set()
    await new.sees("end.")
    new.says("three")
    await new.sees("Third.")
    assert spoken(house)[0].endswith("one")
    assert [text for text in spoken(house) if text == "First."]


async def test_an_answer_that_meets_the_move_on_its_way_arrives_in_the_new_chat(house: House, alice: Someone) -> None:
    house.model.reply = "Here I am."
    house.side.faults.add(faults.error(500), method=house.side.send)
    await house.start()
    old = basic_group(house, alice)
    old.says("one")
    await house.until(lambda: house.side.calls(house.side.send))
    new = Someone(house, alice.person, Room(telegram(house).people.migrate(alice.person, old.room.chat)), shared=True)
    await new.sees("Here I am.", hurried=True)
    await house.stop()

    def open_turns() -> Program[int]:
        rows = yield ("SELECT COUNT(*) FROM turn WHERE state <> 'delivered'", ())
        count: int = rows[0][0]
        return count

    assert await house.read(open_turns()) == 0
