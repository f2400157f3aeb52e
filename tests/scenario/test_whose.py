"""Among several people: what one brought is one's own to take away, and to take back."""

from itertools import count

import pytest

from bot.contracts.command import call_to_data
from bot.domain.blocks import OutFile
from bot.standins.model import Reply
from tests.support import material
from tests.support.world import House, Someone


@pytest.mark.parametrize(("command", "args"), [("delete", ()), ("rename", ("Mine now",)), ("retitle", ())])
async def test_only_who_began_a_session_or_keeps_order_changes_it(
    house: House, alice: Someone, bob: Someone, command: str, args: tuple[str, ...]
) -> None:
    house.model.reply = "Yes."
    await house.start()
    carol = house.newcomer("Carol")
    _, beginner, other = house.group(carol, alice, bob)
    beginner.says("our trip")
    await beginner.sees("Yes.")
    await other.commands(command, *args)
    await other.sees("Only the person who started this session, or an admin of this chat, can do that.")
    house.side.appoint(bob.person, other.room)
    await other.commands(command, *args)
    await other.sees({"delete": "Delete our trip", "rename": "now called Mine now", "retitle": "on its way"}[command])


async def test_who_deleted_a_session_brings_it_back_and_nobody_else(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("our trip")
    await here.sees("Yes.")
    await here.commands("delete")
    await here.presses("Delete")
    deleted = await here.sees("is deleted")
    await other.commands("undo")
    await other.sees("There is nothing to undo.")
    await other.presses("Undo", on=deleted)
    await other.is_told("That can no longer be undone, or someone else deleted it.")
    await here.commands("undo")
    await here.sees("is back and open")


async def test_what_someone_forgot_only_they_can_bring_back(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("my password is 4711")
    await here.sees("Noted.")
    await here.commands("forget")
    await here.sees("Forgotten")
    await other.commands("undo")
    await other.sees("There is nothing to undo.")
    other.says("what is the password?")
    await other.sees("Noted.", times=2)
    assert "4711" not in str(house.model.requests[-1].body["messages"])
    await here.commands("undo")
    await here.sees("It is back")


async def test_a_file_is_removed_by_who_sent_it(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("hi")
    hello = await here.sees("Read.")
    here.sends(OutFile("plan.txt", "text/plain", b"the plan"), caption="read this", reply_to=hello)
    await here.sees("Read.", times=2)
    house.side.forge(other.person, other.room, hello, call_to_data("document_remove", ("1", "1")))
    await other.is_told("Only the person who sent this file, or an admin of this chat, can do that.")
    await here.commands("documents")
    await here.presses("plan.txt")
    await here.presses("Remove")
    await here.sees("This cannot be undone.")
    await here.presses("Remove")
    await here.sees("is removed from this session")


async def erases_all(someone: Someone) -> None:
    await someone.commands("privacy")
    await someone.presses("Erase everything")
    sure = await someone.sees("for good?")
    await someone.presses("Erase everything", on=sure)
    await someone.sees("Everything is erased.")


async def kept_bytes(house: House) -> bytes:
    """All that is on the disk, once housekeeping has been there: at a start, or within a minute."""
    await house.stop()
    await house.start()
    of_people = "SELECT sha256 FROM attachment WHERE sha256 IS NOT NULL AND person IS NOT NULL"
    of_nobody = f"SELECT sha256 FROM blob WHERE sha256 NOT IN ({of_people})"  # noqa: S608
    await house.until(lambda: not house.rows(of_nobody), hurried=True)
    await house.stop()
    return b"".join(file.read_bytes() for file in house.directory.rglob("*") if file.is_file())


async def test_what_is_erased_is_gone_from_groups_too(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("hello there")
    hello = await here.sees("Read.")
    here.sends(OutFile("plan.txt", "text/plain", b"the quixotic plan"), caption="read this", reply_to=hello)
    await here.sees("Read.", times=2)
    await erases_all(alice)
    await other.commands("documents")
    await other.sees("This session has no files yet.")
    await other.commands("search", "quixotic")
    await other.sees("Nothing")
    other.says("what was in the plan?")
    await other.sees("Read.", times=3)
    assert "quixotic" not in str(house.model.requests[-1].body)
    assert b"quixotic" not in await kept_bytes(house)


async def test_who_asked_anothers_question_again_takes_only_their_own_words_along(
    house: House, alice: Someone, bob: Someone
) -> None:
    answers = count(1)
    house.model.reply = lambda _: Reply(f"Answer {next(answers)}.")
    await house.start()
    hers, his = house.group(alice, bob)
    hers.says("the okapi")
    hello = await hers.sees("Answer 1.")
    hers.sends(OutFile("plan.txt", "text/plain", b"the quixotic plan"), caption="the tapir", reply_to=hello)
    first = await hers.sees("Answer 2.")
    await his.commands_on("regenerate", first)
    again = await his.sees("Answer 3.")
    await his.presses("Regenerate", on=again)
    await his.sees("Answer 4.")
    await his.commands("regenerate")
    await his.sees("Answer 5.")
    await his.commands("continue")
    await his.sees("Answer 6.")
    await his.commands_on("fork", first)
    await his.sees("continues from here")
    said = his.says("the badger")
    await his.sees("Answer 7.")
    his.edits(said, "the weasel")
    await his.sees("Answer 8.")
    await his.commands("ask", "the ferret")
    await his.sees("Answer 9.")
    his.sends(*(material.photo(f"{name}.png") for name in ("stoat", "marten")), caption="the polecat", reply_to=again)
    await his.sees("Answer 10.")
    hers.says("the panda", reply_to=again)
    last = await hers.sees("Answer 11.")
    await his.commands_on("regenerate", last)
    await his.sees("Answer 12.")
    await hers.commands("ask", "the lemur")
    await hers.sees("Answer 13.")
    await his.commands("regenerate")
    strict = await his.sees("Answer 14.")
    await erases_all(bob)
    await hers.commands_on("regenerate", strict)
    await hers.sees("Answer 15.")
    assert "Answer strictly" in str(house.model.requests[-1].body)
    hers.says("and now?")
    await hers.sees("Answer 16.")
    assert "the okapi" in (read := str(house.model.requests[-1].body))
    assert all(words in read for words in ("the tapir", "the quixotic plan", "the panda", "the lemur")), read
    kept = await kept_bytes(house)
    his_words = ("badger", "weasel", "ferret", "stoat", "marten", "polecat")
    assert not [word for word in his_words if word.encode() in kept]
