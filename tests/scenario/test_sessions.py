"""Sessions as people find, order, move and name them; threads that are sessions; settings of one's own."""

from datetime import datetime

from bot.standins.model import Hold
from bot.texts.zones import zone
from tests.scenario.test_conversations import spoken
from tests.support.world import House, Someone

DAY_S = 24 * 3600


async def test_the_list_is_grouped_by_day(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    for number, title in enumerate(("ancient", "last week", "yesterday", "today")):
        await alice.commands("new", title)
        await alice.sees("is open", times=number + 1)
        alice.says("hi")
        await alice.sees("Yes.", times=number + 1)
        house.clock.advance(DAY_S * {"ancient": 20, "last week": 4, "yesterday": 1, "today": 0}[title])
    await alice.commands("sessions")
    shown = await alice.sees("ancient")
    order = ("Today", "today", "Yesterday", "yesterday", "Previous 7 days", "last week", "Older", "ancient")
    places = [shown.text.index(word) for word in order]
    assert places == sorted(places)


async def test_times_are_those_of_where_the_person_lives(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("hi")
    await alice.sees("Yes.")
    await alice.commands("settings")
    await alice.presses("Time zone")
    await alice.sees("Which time zone")
    if "Asia/Tokyo" not in alice.answers()[-1].labels:
        await alice.presses("›")
    await alice.presses("Asia/Tokyo")
    await alice.sees("Time zone: Asia/Tokyo")
    await alice.commands("history")
    history = await alice.sees("You ·")
    hours = {datetime.fromtimestamp(house.clock.now() / 1000 - s, zone("Asia/Tokyo")).hour for s in (0, 60)}
    assert any(f" {hour:02}:" in history.text for hour in hours)


async def test_sessions_are_in_folders_and_survive_them(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("plans for summer")
    await alice.sees("Yes.")
    await alice.commands("folder", "Holidays")
    await alice.sees("plans for summer is now in 📁 Holidays.")
    await alice.commands("sessions")
    await alice.sees("📁 Holidays", times=2)
    await alice.commands("folder")
    await alice.presses("📁 Holidays (1)")
    await alice.sees("plans for summer", times=3)
    await alice.presses("Delete folder")
    await alice.sees("its sessions are all still there")
    await alice.commands("switch", "plans")
    await alice.sees("plans for summer is open")


async def test_a_session_is_moved_and_renamed_from_its_buttons(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("plans")
    await alice.sees("Yes.")
    await alice.commands("sessions")
    await alice.presses("plans")
    await alice.sees("plans is open")
    await alice.presses("Move")
    await alice.presses("New folder")
    await alice.fills("The folder's name", "Work")
    await alice.sees("plans is now in 📁 Work.")
    await alice.commands("sessions")
    await alice.presses("plans")
    await alice.presses("Rename")
    await alice.fills("The new title", "Great plans")
    await alice.sees("This session is now called Great plans.")


async def test_who_does_not_want_previews_sees_whole_answers_only(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 40
    await house.start()
    await alice.commands("settings")
    await alice.presses("How answers are shown")
    await alice.presses("when they are done")
    await alice.sees("Show answers: when they are done")
    house.model.hold = hold = Hold(20)
    sent, changed = house.side.calls(house.side.send), house.side.calls(house.side.edit)
    alice.says("talk")
    await house.until(lambda: house.side.calls(house.side.types) >= 2, hurried=True)
    assert house.model.requests[-1].tokens_sent == 20, "It could be shown."
    hold.over.set()
    await alice.sees("word word")
    assert (house.side.calls(house.side.send), house.side.calls(house.side.edit)) == (sent + 1, changed)
    await house.stop()
    await house.start(previews="edits")
    await alice.commands("settings")
    await alice.presses("How answers are shown")
    await alice.presses("as messages that grow · as the operator set it")
    await alice.sees("Show answers: as messages that grow")
    sent = house.side.calls(house.side.send)
    house.model.hold = hold = Hold(20)
    alice.says("talk more")
    await house.until(lambda: any(message.grows for message in alice.answers()))
    hold.over.set()
    await house.until(lambda: any("Regenerate" in "".join(message.labels) for message in alice.answers()[-1:]))
    assert house.side.calls(house.side.send) == sent + 1, "The message that grew is the answer."
    assert house.side.calls("sendMessageDraft") == 0


async def test_fewer_messages_of_context_can_be_asked_for(house: House, alice: Someone) -> None:
    house.model.replies.extend([f"Answer {number}." for number in range(8)])
    await house.start(summaries="off")
    await alice.commands("settings")
    await alice.presses("Context size")
    await alice.presses("12")
    await alice.sees("Messages a model reads: 12")
    for number in range(8):
        alice.says(f"question {number}")
        await alice.sees(f"Answer {number}.")
    assert len(spoken(house)) <= 12


async def test_a_title_that_is_too_long_is_cut_between_words(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("new", "Everything that we have to think of before we go " * 3)
    await alice.commands("sessions")
    await alice.sees("before we go Everything that we have to think of before we go… · regular")
    await alice.commands("rename", "👨‍👩‍👧‍👦" * 20)
    await alice.commands("sessions")
    await alice.sees("👨‍👩‍👧‍👦" * 14 + "… · regular")


async def test_a_first_question_that_is_refused_begins_no_session(house: House, alice: Someone) -> None:
    await house.start(tokens_start=0)
    alice.says("What is a tide?")
    await alice.sees("tokens left")
    await alice.commands("ask", "And an ebb?")
    await alice.sees("tokens left", times=2)
    await house.stop()
    assert house.rows("SELECT title FROM session WHERE title NOT LIKE '%elcome%'") == []
    house.model.reply = "The sea that comes."
    await house.start(tokens_per_request=0)
    alice.says("What is a tide?")
    await alice.sees("The sea that comes.")
