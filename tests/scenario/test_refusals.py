"""Everything a platform may say no to: the answer ends up whole, or, where it never will be taken, settled.

Whatever happens to one answer, the next message in the same chat is answered.
"""

from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from bot.standins import faults
from bot.standins.faults import Fault
from bot.standins.model import Hold, Pace
from storage.programs import Program
from tests.support.world import House, Someone

ANSWER = "**word** " * 30 + "end."
WORDS = "word " * 30 + "end."
FOR_EVER = 1_000_000


@dataclass(frozen=True, slots=True)
class No:
    """What a platform answers to the call that would show the final text."""

    side: str
    fault: Fault

    @property
    def id(self) -> str:
        return f"{self.side}: {self.fault.reason or self.fault.code}"


def telegram(reason: str, status: int = 400) -> No:
    return No("telegram", faults.refusal(reason, status=status))


def discord(code: int, reason: str, status: int = 403) -> No:
    return No("discord", faults.refusal(reason, code=code, status=status))


NEVER = (
    telegram("Forbidden: bot was kicked from the supergroup chat", 403),
    telegram("Forbidden: bot was blocked by the user", 403),
    telegram("Forbidden: user is deactivated", 403),
    telegram("Bad Request: chat not found"),
    telegram("Bad Request: TOPIC_CLOSED"),
    telegram("Bad Request: TOPIC_DELETED"),
    telegram("Bad Request: message thread not found"),
    telegram("Bad Request: CHAT_WRITE_FORBIDDEN"),
    telegram("Bad Request: not enough rights to send text messages to the chat"),
    telegram("Bad Request: have no rights to send a message"),
    discord(50013, "Missing Permissions"),
    discord(50001, "Missing Access"),
    discord(50007, "Cannot send messages to this user"),
    discord(50083, "Thread is archived", 400),
    discord(160005, "Thread is locked", 400),
    discord(10003, "Unknown Channel", 404),
)
UNKNOWN = (
    telegram("Bad Request: A_REASON_NOBODY_KNOWS_YET"),
    telegram("Request Entity Too Large", 413),
    discord(50035, "Invalid Form Body", 400),
    discord(40005, "Request entity too large", 413),
    discord(999999, "A reason nobody knows yet", 400),
)
GONE = (
    telegram("Bad Request: message to edit not found"),
    telegram("Bad Request: message can't be edited"),
    telegram("Bad Request: MESSAGE_ID_INVALID"),
    discord(10008, "Unknown Message", 404),
    discord(30046, "Maximum number of edits to messages older than 1 hour reached", 400),
)


def cases(*refusals: No) -> pytest.MarkDecorator:
    """Each with the side that it is about."""
    each = [pytest.param(no.side, no.fault, id=no.id) for no in refusals]
    return pytest.mark.parametrize(("side", "fault"), each, indirect=["side"])


async def settled(house: House) -> bool:
    """Whether nothing waits for anything any more; stops the gateway."""
    await house.stop()

    def left() -> Program[int]:
        rows = yield (
            "SELECT (SELECT COUNT(*) FROM turn WHERE state IN ('queued', 'running', 'answered'))"
            " + (SELECT COUNT(*) FROM outbox)",
            (),
        )
        count: int = rows[0][0]
        return count

    return await house.read(left()) == 0


@cases(*NEVER)
async def test_what_is_never_taken_is_settled_with_one_line_in_the_log(
    house: House, alice: Someone, fault: Fault
) -> None:
    house.model.reply = "Hello."
    await house.start()
    house.side.faults.add(fault, method=house.side.send, times=FOR_EVER)
    with capture_logs() as logs:
        alice.says("hi")
        await house.until(lambda: [entry for entry in logs if entry["event"] == "page_not_shown"])
        house.side.faults.clear()
        alice.says("once more")
        await alice.sees("Hello.")
    assert len([entry for entry in logs if entry["event"] == "page_not_shown"]) == 1
    assert len(alice.answers()) == 1
    assert await settled(house)


@cases(*UNKNOWN)
async def test_what_is_refused_in_its_form_comes_in_plain_words(house: House, alice: Someone, fault: Fault) -> None:
    house.model.reply = ANSWER
    await house.start()
    house.side.faults.add(fault, method=house.side.send)
    alice.says("hi")
    await alice.sees(WORDS)
    assert await settled(house)


@cases(*UNKNOWN)
async def test_what_is_refused_in_every_form_is_settled(house: House, alice: Someone, fault: Fault) -> None:
    house.model.replies.extend([ANSWER, "Here."])
    await house.start()
    house.side.faults.add(fault, method=house.side.send, times=FOR_EVER)
    with capture_logs() as logs:
        alice.says("hi")
        await house.until(lambda: [entry for entry in logs if entry["event"] == "page_given_up"])
    assert house.side.calls(house.side.send) >= 2
    house.side.faults.clear()
    alice.says("once more")
    await alice.sees("Here.")
    assert len(alice.answers()) == 1
    assert await settled(house)


@cases(*GONE)
async def test_an_answer_whose_preview_is_gone_comes_as_a_new_message(
    house: House, alice: Someone, fault: Fault
) -> None:
    house.model.reply = ANSWER
    house.model.hold = hold = Hold(20)
    await house.start()
    (group,) = house.group(alice)
    house.side.faults.add(fault, method=house.side.edit, times=FOR_EVER)
    group.says("hi")
    await group.sees_growing("word")
    hold.over.set()
    await group.sees("end.")
    assert await settled(house)


@cases(telegram("Bad Request: message is not modified: specified new message content is exactly the same"))
async def test_an_edit_that_changes_nothing_is_a_success(house: House, alice: Someone, fault: Fault) -> None:
    house.model.reply = ANSWER
    house.model.hold = hold = Hold(20)
    await house.start()
    (group,) = house.group(alice)
    group.says("hi")
    await group.sees_growing("word")
    house.side.faults.add(fault, method=house.side.edit, times=FOR_EVER)
    hold.over.set()
    await house.rests()
    house.side.faults.clear()
    house.model.reply = "Next."
    group.says("more")
    await group.sees("Next.")
    assert len(group.answers()) == 2
    assert await settled(house)


@cases(telegram("Bad Request: can't parse entities: entity of a kind nobody knows"))
async def test_formatting_that_cannot_be_parsed_is_left_out_and_the_buttons_stay(
    house: House, alice: Someone, fault: Fault
) -> None:
    house.model.reply = ANSWER
    await house.start()
    house.side.faults.add(fault, method=house.side.send)
    alice.says("hi")
    shown = await alice.sees(WORDS)
    assert any("Regenerate" in label for label in shown.labels)
    assert await settled(house)


LIMITED = pytest.mark.parametrize(
    "fault",
    [
        faults.flood(1),
        faults.flood(300),
        faults.error(500),
        faults.html_page(),
        faults.html_page(504),
        faults.reset(),
        faults.malformed(),
        faults.truncated(),
        faults.stall(40),
    ],
    ids=["429 for 1 s", "429 for 5 min", "500", "502 page", "504 page", "reset", "malformed", "truncated", "stall"],
)


@LIMITED
@pytest.mark.parametrize("nth", [1, 3])
async def test_a_passing_trouble_leaves_one_whole_answer_in_a_group(
    house: House, alice: Someone, fault: Fault, nth: int
) -> None:
    """There a preview becomes the answer: whichever edit fails, none of it is left beside the final text."""
    house.model.reply = ANSWER
    house.model.pace = Pace(token_s=0.03)
    house.side.faults.add(fault, method=house.side.edit, nth=nth)
    await house.start(pacing=True)
    (group,) = house.group(alice)
    group.says("hi")
    await house.until(lambda: WORDS in "".join(message.text for message in group.answers()), hurried=True)
    await house.until(lambda: not any("Stop" in label for m in group.answers() for label in m.labels), hurried=True)
    await house.rests(hurried=True)
    assert len(group.answers()) == 1
    assert await settled(house)


@LIMITED
async def test_a_passing_trouble_with_the_first_call_leaves_a_whole_answer(
    house: House, alice: Someone, fault: Fault
) -> None:
    house.model.reply = ANSWER
    house.side.faults.add(fault, method=house.side.send)
    await house.start(pacing=True)
    alice.says("hi")
    await house.until(lambda: [m for m in alice.answers() if WORDS in m.text], hurried=True)
    house.model.reply = "Next."
    alice.says("more")
    await alice.sees("Next.", hurried=True)
    assert await settled(house)


@cases(UNKNOWN[0], UNKNOWN[-1])
async def test_what_was_given_up_is_sent_again_by_an_admin(house: House, alice: Someone, fault: Fault) -> None:
    house.model.reply = "The heron."
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    house.side.faults.add(fault, method=house.side.send, times=FOR_EVER)
    with capture_logs() as logs:
        alice.says("hi")
        await house.until(lambda: [entry for entry in logs if entry["event"] == "page_given_up"])
    house.side.faults.clear()
    await alice.commands("admin")
    await alice.sees("What would you like to do?")
    await alice.presses("Not delivered")
    told = await alice.sees("It costs nobody anything")
    assert "heron" not in told.text
    await alice.presses("Send again", on=told)
    await alice.sees("The heron.")
    await alice.sees("Everything has been delivered.")
    assert await settled(house)
