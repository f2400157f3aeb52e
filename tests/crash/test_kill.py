"""Killed anywhere: nothing is lost, no answer comes twice unmarked, everybody is charged once."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.rendering.pages import SENT_AGAIN
from bot.standins.model import Hold
from tests.crash.scene import ANSWER, Scene, whole
from tests.crash.victim import KillAt
from tests.support.sides import DiscordSide, Room, TelegramSide, WebhookSide

# A turn is accepted, begun, answered, its page noted as shown: four transactions after those of the start.
POINTS = [
    KillAt(moment, number, program)
    for moment in ("before", "after")
    for program, number in (
        ("Intake.accept", 1),
        ("Beginnings.begin", 1),
        ("_unless_taken_up", 1),
        ("_settle_page", 1),
    )
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.moment}-{point.program}")
@pytest.mark.parametrize("where", ["private", "group"])
async def test_killed_at_a_transaction(scene: Scene, point: KillAt, where: str) -> None:
    room = await scene.meet(where)
    if where == "group":  # A preview message stands there before the end.
        scene.model.hold = Hold(20)
    await scene.start(point)
    scene.say(room, "hi")
    if scene.model.hold is not None:
        await scene.until(lambda: scene.is_dead() or scene.side.growing(room))
        scene.model.hold.over.set()
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    unmarked = [message for message in whole(shown) if SENT_AGAIN not in message.text]
    assert len(unmarked) <= 1
    assert len(whole(shown)) == 1 or (len(whole(shown)) == 2 and len(unmarked) == 1)
    if where == "group" or scene.side.name == "discord":
        assert len(shown) == len(unmarked) == 1, "Edits and sends with a nonce leave one message, and no doubt."
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
    assert scene.query("SELECT COUNT(*) FROM ledger WHERE kind = 'settle'") == 2
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 2


IN_CHANNEL = [
    KillAt("after", 1, "Intake.accept"),
    KillAt("after", 1, "_unless_taken_up"),
    KillAt("before", 1, "_settle_page"),
]


@pytest.mark.parametrize("scene", ["discord"], indirect=True)
@pytest.mark.parametrize("point", IN_CHANNEL, ids=lambda point: f"{point.moment}-{point.program}")
async def test_killed_where_answers_stand_in_the_channel(scene: Scene, point: KillAt) -> None:
    """No thread is opened, whatever has been forgotten, and one answer stands there."""
    assert isinstance(scene.side, DiscordSide)
    scene.side.opens_threads = False
    scene.settings["discord_replies"] = "channel"
    room = await scene.meet("group")
    await scene.start(point)
    scene.say(room, "hi")
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    assert len(whole(shown)) == len(shown) == 1
    assert "thread.create" not in [call.name for call in scene.side.stand_in.calls]
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 2


@pytest.mark.parametrize("scene", ["webhook"], indirect=True)
async def test_killed_before_a_call_of_telegrams_is_answered(scene: Scene) -> None:
    """It comes again, although it is kept, and is one turn; what was said behind it is answered behind it."""
    room = await scene.meet("private")
    await scene.start(KillAt("after", 1, "Intake.accept"))
    for text in ("one", "two", "three"):
        scene.say(room, text)
    await scene.dies()
    await scene.start()
    assert isinstance(scene.side, WebhookSide)
    await scene.side.taken()
    assert scene.side.bot.webhook is not None
    scene.side.bot.webhook.hurry()
    shown = await scene.settled(room, 3)
    assert len(whole(shown)) == 3
    assert [request.body["messages"][-1]["content"] for request in scene.model.requests] == ["one", "two", "three"]
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3600


COMMAND_POINTS = [KillAt("after", 1, "hold"), KillAt("before", 1, "Dispatcher._finish"), KillAt("before", 1, "remove")]


@pytest.mark.parametrize("point", COMMAND_POINTS, ids=lambda point: f"{point.moment}-{point.program}")
async def test_killed_at_a_command(scene: Scene, point: KillAt) -> None:
    """It is done, its answer is shown once, and what came behind it in its chat comes after it."""
    room = await scene.meet("private")
    await scene.start(point)
    scene.side.command(scene.alice, room, "rename", ["Renamed"])
    scene.say(room, "hi")
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    told = [message.text for message in shown if "Renamed" in message.text and SENT_AGAIN not in message.text]
    assert len(told) == 1
    assert scene.query("SELECT COUNT(*) FROM session WHERE title = 'Renamed'") == 1
    assert scene.query("SELECT COUNT(*) FROM waiting") == 0
    assert len(scene.model.requests) == 1


STEER_POINTS = [KillAt("before", 1, "_steer"), KillAt("after", 1, "_steer"), KillAt("before", 1, "Dispatcher._finish")]


@pytest.mark.parametrize("point", STEER_POINTS, ids=lambda point: f"{point.moment}-{point.program}")
@pytest.mark.parametrize("label", ["Now instead", "Add to this answer"])
async def test_killed_at_a_press_that_steers(scene: Scene, label: str, point: KillAt) -> None:
    """What was wished is done, once: the question goes first, or is part of the one under way."""
    room = await scene.meet("private")
    held = Hold(20)

    def reply(body: Mapping[str, Any]) -> str:
        # In the next process too, the first question is under way until the press is heard.
        scene.model.hold = held if body["messages"][-1]["content"] == "cats?" else None
        return ANSWER

    scene.model.reply = reply
    await scene.start(point)
    scene.say(room, "cats?")
    await scene.until(lambda: scene.side.growing(room))
    scene.say(room, "dogs?")
    await scene.until(lambda: any(label in message.labels for message in scene.answers(room)))
    notice = next(message for message in scene.answers(room) if label in message.labels)
    scene.side.press(scene.alice, room, notice, label)
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    assert len([message for message in whole(shown) if SENT_AGAIN not in message.text]) == 1
    asked = scene.model.requests[-1].body["messages"][-1]["content"]
    assert (asked == "cats?\ndogs?") == (label == "Add to this answer")
    assert asked.endswith("dogs?")
    # The first answer is kept, and paid for, if it had begun again before the press was heard.
    paid = scene.query("SELECT COUNT(answer) FROM turn")
    assert paid in (2, 3)
    assert scene.query("SELECT SUM(amount) FROM ledger") == 4000 - 100 * paid
    assert scene.query("SELECT COUNT(*) FROM ledger WHERE kind = 'settle'") == paid
    # An end that is asked for meanwhile leaves the press to be crossed off by the next start.
    await scene.start()
    await scene.until(lambda: scene.query("SELECT COUNT(*) FROM waiting") == 0)
    await scene.nothing_left()
    assert scene.query("SELECT COUNT(answer) FROM turn") == paid, "Done then, it has no second effect."


async def test_killed_while_the_model_speaks(scene: Scene) -> None:
    room = await scene.meet("private")
    scene.model.hold = Hold(20)
    await scene.start()
    scene.say(room, "one")
    scene.say(room, "two")
    await scene.until(lambda: scene.side.growing(room))
    scene.kill()
    scene.model.hold = None
    await scene.start()
    shown = await scene.settled(room, 2)
    assert len(shown) == 2
    asked = [request.body["messages"][-1]["content"] for request in scene.model.requests]
    assert asked == ["one", "one", "two"]
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3700


async def test_an_answer_that_is_shown_hides_no_question_that_was_said_before_it(scene: Scene) -> None:
    """A question of the downtime is older than the answer that is shown at the start, and is not kept yet."""
    room = await scene.meet("private")
    await scene.start(KillAt("after", 1, "_unless_taken_up"))
    scene.say(room, "one")
    await scene.dies()
    scene.say(room, "two")
    if isinstance(scene.side, DiscordSide):
        scene.side.stand_in.gateway.forget_sessions()  # Else it would be told, and need not read.
    await scene.start(KillAt("before", 1, "Intake.accept", behind="_settle_page"))
    await scene.dies()
    assert len(whole(scene.answers(room))) == 1
    await scene.start()

    def asked() -> list[str]:
        return [request.body["messages"][-1]["content"] for request in scene.model.requests]

    await scene.until(lambda: asked()[-1] == "two")
    shown = await scene.settled(room, 2)
    unmarked = [message for message in whole(shown) if SENT_AGAIN not in message.text]
    assert 1 <= len(unmarked) <= 2 == len(whole(shown)), "A send that a kill cut off is repeated, and says so."
    assert asked()[0] == "one"


async def test_what_people_press_while_it_is_dead_is_done_by_the_next_process(scene: Scene) -> None:
    room = await scene.meet("private")
    await scene.start()
    scene.kill()
    (welcome,) = scene.answers(room)
    scene.side.press(scene.alice, room, welcome, next(label for label in welcome.labels if "Regenerate" in label))
    scene.say(room, "and a question")
    await scene.start()
    await scene.until(lambda: whole(scene.answers(room)))
    await scene.nothing_left()
    assert len(scene.model.requests) == 2
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3700
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 3
    if isinstance(scene.side, DiscordSide):
        assert (scene.side.stand_in.gateway.identified, scene.side.stand_in.gateway.resumed) == (1, 2)


async def test_a_half_answer_of_a_crash_does_not_outlive_its_stop(scene: Scene) -> None:
    room = await scene.meet("group")
    scene.model.hold = Hold(20)
    await scene.start()
    scene.say(room, "hi")
    await scene.until(lambda: [message for message in scene.answers(room) if "Stop" in message.labels])
    await scene.until(lambda: scene.query("SELECT COUNT(*) FROM turn WHERE preview IS NOT NULL AND state = 'running'"))
    scene.kill()
    # As if the sign had been pressed in the moment before.
    scene.change("UPDATE turn SET stop_requested = TRUE WHERE state = 'running'")
    await scene.start()
    await scene.until(lambda: any("Stopped." in message.text for message in scene.answers(room)))
    await scene.nothing_left()
    await scene.ends()
    shown = [message for message in scene.answers(room) if "Welcome." not in message.text]
    assert len(shown) == 1
    assert "Stop" not in shown[0].labels
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3900


async def test_a_preview_that_a_crash_made_us_forget_ends_at_a_press(scene: Scene) -> None:
    room = await scene.meet("group")
    scene.model.hold = Hold(20)
    await scene.start(KillAt("before", 1, "note_preview"))
    scene.say(room, "hi")
    await scene.dies()
    scene.model.hold = None
    await scene.start()
    shown = await scene.settled(room, 1)
    if scene.side.name == "discord":
        assert len(shown) == 1, "The nonce finds it again."
        return
    (left_over,) = [message for message in shown if "Stop" in message.labels]
    await scene.start()
    scene.side.press(scene.alice, room, left_over, "Stop")
    await scene.until(lambda: any(message.text == "Stopped." for message in scene.answers(room)))
    await scene.nothing_left()
    assert len(whole(scene.answers(room))) == 1


async def test_a_turn_that_kills_the_gateway_again_and_again_ends_with_an_apology(scene: Scene) -> None:
    room = await scene.meet("private")
    scene.say(room, "poison")
    for _ in range(3):
        await scene.start(KillAt("after", 1, "Beginnings.begin"))
        await scene.dies()
    await scene.start()
    await scene.until(lambda: any("Nothing was charged" in message.text for message in scene.answers(room)))
    scene.say(room, "something else")
    await scene.until(lambda: whole(scene.answers(room)))
    await scene.nothing_left()
    await scene.ends()
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


async def test_sigterm_lets_a_running_answer_finish(scene: Scene) -> None:
    room = await scene.meet("private")
    scene.model.hold = hold = Hold(20)
    await scene.start()
    scene.say(room, "hi")
    await scene.until(lambda: scene.side.growing(room))
    scene.asks_to_end()
    hold.over.set()
    await scene.ended()
    assert len(whole(scene.answers(room))) == 1
    assert scene.query("SELECT COUNT(*) FROM turn WHERE state = 'delivered'") == 2


async def test_sigterm_leaves_what_takes_too_long_for_the_next_start(scene: Scene) -> None:
    room = await scene.meet("private")
    scene.model.hold = Hold()
    scene.settings["shutdown_grace_s"] = 0
    await scene.start()
    scene.say(room, "hi")
    await scene.until(lambda: scene.model.requests)
    await scene.ends()
    assert scene.query("SELECT COUNT(*) FROM turn WHERE state = 'queued' AND attempt = 0") == 1
    scene.model.hold = None
    await scene.start()
    assert len(await scene.settled(room, 1)) == 1


AS_A_GUEST = [
    KillAt("before", 1, "_unless_taken_up"),
    KillAt("after", 1, "_unless_taken_up"),
    KillAt("before", 1, "_settle_page"),
]


@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
@pytest.mark.parametrize("point", AS_A_GUEST, ids=lambda point: f"{point.moment}-{point.program}")
async def test_killed_where_the_bot_is_a_guest(scene: Scene, point: KillAt) -> None:
    """The one message that answers is edited to its end by the next process."""
    assert isinstance(scene.side, TelegramSide)
    scene.side.bot.supports_guest_queries = True
    await scene.meet("private")
    away = Room(scene.side.people.open_group("Far away", [scene.alice], bots=[]))
    scene.model.hold = Hold(20)
    await scene.start(point)
    scene.say(away, "hi")
    (begun,) = await scene.until(lambda: scene.answers(away))
    await scene.until(lambda: scene.query("SELECT COUNT(*) FROM turn WHERE preview IS NOT NULL"))
    scene.model.hold.over.set()
    await scene.dies()
    await scene.start()
    (shown,) = await scene.settled(away, 1)
    assert shown.id == begun.id
    assert scene.side.calls("answerGuestQuery") == 1
    assert not whole(scene.answers(scene.private))
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
