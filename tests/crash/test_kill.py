"""Killed anywhere: nothing is lost, no answer comes twice unmarked, everybody is charged once."""

import contextlib
import json
import multiprocessing.process
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from bot.domain.blocks import OutFile
from bot.domain.clock import SystemClock
from bot.rendering.pages import SENT_AGAIN
from bot.standins.dialects import Called
from bot.standins.model import Hold, ModelServer, Reply
from bot.standins.model.drawing import square
from tests.crash.victim import KillAt, start
from tests.support import material
from tests.support.acting import SEND
from tests.support.new_data import lay_new_data
from tests.support.sides import SIDES, WAYS, DiscordSide, Room, Shown, Side, TelegramSide, WebhookSide

Seen = TypeVar("Seen")

PATIENCE_S = 30.0
ANSWER = "word " * 30 + "end."


class Scene:
    """A platform, Alice on it, and a gateway that is killed and started again."""

    def __init__(self, side: Side, model: ModelServer, data: Path) -> None:
        self.side = side
        self.model = model
        self.data = data
        self.alice, self.private = side.newcomer("Alice")
        self.settings: dict[str, Any] = {
            **side.settings(),
            "mistral_api_key": "key",
            "mistral_base_url": f"{model.url}/v1",
            "data_dir": str(data),
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "log_level": "error",
        }
        self.letters: Path | None = None
        """Where a tool writes to whom it has sent a letter; None: there is none."""
        self._arrivals_before = 0
        self.process: multiprocessing.process.BaseProcess | None = None

    async def start(self, kill: KillAt | None = None) -> None:
        """Start the gateway and wait until it listens; a killed one may not come that far."""
        lay_new_data(self.data)
        self._arrivals_before = self.side.arrivals()
        self.process = start(self.settings, kill, self.letters)
        await self.until(lambda: self.side.arrivals() > self._arrivals_before or self.is_dead())

    def is_dead(self) -> bool:
        return self.process is None or self.process.exitcode is not None

    async def until(self, look: Callable[[], Seen]) -> Seen:
        """Wait until `look` gives something true; looks now and then, for a process tells nobody that it is dead."""
        for _ in range(int(PATIENCE_S / 0.1)):
            with contextlib.suppress(TimeoutError):
                return await self.side.wait_for(look, 0.1)
        raise TimeoutError

    async def meet(self, where: str) -> Room:
        """A place where Alice has been answered before: what is said there during downtime can be caught up on."""
        room = self.private if where == "private" else self.side.group([self.alice])
        self.model.reply = "Welcome."
        await self.start()
        self.say(room, "hello")
        await self.until(lambda: any("Welcome." in message.text for message in self.answers(room)))
        await self.nothing_left()
        await self.ends()
        self.model.reply = ANSWER
        self.model.requests.clear()
        return room

    def say(self, room: Room, text: str) -> None:
        self.side.say(self.alice, room, text, reply_to=None, mention=room is not self.private)

    async def dies(self) -> None:
        """Wait until the gateway is dead by its own hand."""
        await self.until(self.is_dead)
        assert self.process is not None
        assert self.process.exitcode == -9

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join(PATIENCE_S)

    def asks_to_end(self) -> None:
        assert self.process is not None
        self.process.terminate()

    async def ends(self) -> None:
        """Stop the gateway as an operator does."""
        self.asks_to_end()
        await self.ended()

    async def ended(self) -> None:
        """Wait until it has ended by itself."""
        await self.until(self.is_dead)
        assert self.process is not None
        assert self.process.exitcode == 0

    def answers(self, room: Room) -> list[Shown]:
        return self.side.shown(room, self.alice)

    async def nothing_left(self) -> None:
        """Wait until every turn has ended and every page is shown."""
        await self.until(
            lambda: (
                self.query("SELECT COUNT(*) FROM turn WHERE ended_at IS NULL") == 0
                and self.query("SELECT COUNT(*) FROM outbox") == 0
            )
        )

    async def settled(self, room: Room, count: int) -> list[Shown]:
        """Wait until so many questions are answered and nothing is left to do; gives what the person then sees."""
        await self.until(lambda: len(whole(self.answers(room))) >= count)
        await self.nothing_left()
        await self.ends()
        return [message for message in self.answers(room) if "Welcome." not in message.text]

    def query(self, sql: str) -> int:
        with closing(sqlite3.connect(f"file:{self.data}/parley.db?mode=ro", uri=True)) as database:
            number: int = database.execute(sql).fetchone()[0] or 0
        return number


def whole(messages: list[Shown]) -> list[Shown]:
    return [message for message in messages if message.text.endswith("end.")]


@pytest.fixture(params=SIDES)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    model = ModelServer()
    await model.start()
    model.reply = ANSWER
    side = WAYS[request.param](SystemClock())
    await side.start()
    scene = Scene(side, model, tmp_path / "data")
    yield scene
    scene.kill()
    await side.stop()
    await model.close()


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


_DRAWS: dict[str, Any] = {"image_model": "openai/gpt-image-2", "openai_api_key": "key", "tokens_per_picture": 400}


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_where_a_picture_is_paid(scene: Scene, moment: Literal["before", "after"]) -> None:
    """It is paid once and sent once; drawn again only where it had not been kept."""
    scene.settings |= _DRAWS | {"openai_base_url": f"{scene.model.url}/v1"}
    room = await scene.meet("private")
    await scene.start(KillAt(moment, 1, "_unless_taken_up"))
    await scene.until(lambda: scene.side.knows("draw", room))
    scene.side.command(scene.alice, room, "draw", ("a red fox",))
    await scene.dies()
    assert scene.side.files(room) == []
    await scene.start()
    await scene.until(lambda: scene.side.files(room))
    await scene.nothing_left()
    await scene.ends()
    drawings = 1 if moment == "after" else 2
    assert [data for _, data in scene.side.files(room)] == [square(drawings)]
    assert scene.model.drawn == drawings
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3500
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 2


async def test_killed_where_a_picture_is_sent(scene: Scene) -> None:
    """It is drawn and paid once; where nothing tells whether it has arrived, it comes again and says so."""
    scene.settings |= _DRAWS | {"openai_base_url": f"{scene.model.url}/v1"}
    room = await scene.meet("private")
    await scene.start(KillAt("before", 1, "_settle_page"))
    await scene.until(lambda: scene.side.knows("draw", room))
    scene.side.command(scene.alice, room, "draw", ("a red fox",))
    await scene.dies()
    assert len(scene.side.files(room)) == 1
    await scene.start()
    await scene.nothing_left()
    await scene.ends()
    shown = [message.text for message in scene.answers(room) if "the picture" in message.text]
    again = [text for text in shown if SENT_AGAIN in text]
    assert len(again) == len(shown) - 1 == (1 if scene.side.name == "telegram" else 0)
    assert [data for _, data in scene.side.files(room)] == [square(1)] * len(shown)
    assert scene.model.drawn == 1
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3500


# The model is asked anew only where its call has not been written.
AT_A_CALL = [
    (KillAt("before", 1, "add_calls"), 3),
    (KillAt("after", 1, "add_calls"), 2),
    (KillAt("after", 1, "end_call"), 2),
]


@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
@pytest.mark.parametrize(("point", "requests"), AT_A_CALL, ids=str)
async def test_killed_at_a_call_of_a_tool(scene: Scene, point: KillAt, requests: int) -> None:
    """The turn goes on from its last step: one answer, one call in it with its result, one price."""
    scene.settings["tools"] = "reading"
    room = await scene.meet("private")
    search = Called("search_sessions", '{"words": "hello"}')

    def looks_first(body: Mapping[str, Any]) -> Reply:
        has_looked = any(message["role"] == "tool" for message in body["messages"])
        return Reply(ANSWER) if has_looked else Reply("Let me look.", calls=(search,))

    scene.model.reply = looks_first
    await scene.start(point)
    scene.say(room, "have we met?")
    await scene.dies()
    await scene.start()

    def shown() -> list[Shown]:
        return [message for message in scene.answers(room) if "Used: your sessions" in message.text]

    await scene.until(shown)
    await scene.nothing_left()
    await scene.ends()
    assert len(shown()) == 1
    assert len(scene.model.requests) == requests
    assert not scene.model.refused
    with closing(sqlite3.connect(f"file:{scene.data}/parley.db?mode=ro", uri=True)) as database:
        ((parts,),) = database.execute("SELECT parts FROM message WHERE author = 'assistant' ORDER BY id DESC LIMIT 1")
    said, called, result, answered = json.loads(parts)
    assert (said, called["tool"], result["outcome"]) == ({"text": "Let me look."}, "search_sessions", "done")
    assert answered == {"text": ANSWER}
    assert scene.query("SELECT COUNT(*) FROM tool_call") == 0
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


# What is pressed after the next start, if anything, and whether the letter has gone out by the end.
AT_AN_EFFECT = [
    (KillAt("after", 1, "add_calls"), "Allow once", 1),
    (KillAt("after", 1, "Approvals.decide"), "", 1),
    (KillAt("after", 1, "set_state"), "Leave it", 0),
    (KillAt("before", 1, "end_call"), "Leave it", 1),
]


@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
@pytest.mark.parametrize(("point", "press", "sent"), AT_AN_EFFECT, ids=str)
async def test_killed_around_an_effect(scene: Scene, tmp_path: Path, point: KillAt, press: str, sent: int) -> None:
    """What has an effect has it once at most; where nobody knows whether it did, the person is asked."""
    scene.settings["tools"] = "reading"
    scene.letters = tmp_path / "letters"
    room = await scene.meet("private")

    def sends(body: Mapping[str, Any]) -> Reply:
        return Reply("That was it.") if body["messages"][-1]["role"] == "tool" else Reply("", calls=(SEND,))

    def card(label: str) -> Shown | None:
        return next((shown for shown in scene.answers(room) if label in shown.labels), None)

    scene.model.reply = sends
    await scene.start(point)
    scene.say(room, "tell Eve")
    if point.program != "add_calls":
        asks = await scene.until(lambda: card("Allow once"))
        assert asks is not None
        scene.side.press(scene.alice, room, asks, "Allow once")
    await scene.dies()
    await scene.start()
    if press:
        asks = await scene.until(lambda: card(press))
        assert asks is not None
        scene.side.press(scene.alice, room, asks, press)
    await scene.until(lambda: any("That was it." in shown.text for shown in scene.answers(room)))
    await scene.nothing_left()
    await scene.ends()
    assert scene.letters.read_text().split() == ["Eve"] * sent
    assert not scene.model.refused
    assert scene.query("SELECT COUNT(*) FROM tool_call") == 0
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


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
    assert scene.side.bot.webhook is not None
    scene.side.bot.webhook.hurry()
    shown = await scene.settled(room, 3)
    assert len(whole(shown)) == 3
    assert [request.body["messages"][-1]["content"] for request in scene.model.requests] == ["one", "two", "three"]
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3600


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_at_a_summary(scene: Scene, moment: Literal["before", "after"]) -> None:
    """It is made again where it was not kept, is there once, and is paid for once."""
    scene.settings |= {"context_messages": 2, "summaries": "person"}
    await scene.start(KillAt(moment, 1, "complete"))
    scene.say(scene.private, "hi")
    await scene.dies()
    await scene.start()
    await scene.until(lambda: scene.query("SELECT COUNT(*) FROM summary WHERE wanted = 0 AND text <> ''"))
    await scene.nothing_left()
    await scene.ends()
    assert scene.query("SELECT COUNT(*) FROM summary") == 1
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
    assert scene.query("SELECT COUNT(*) FROM ledger WHERE kind = 'summary'") == 1
    assert len(scene.model.requests) == (3 if moment == "before" else 2)


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


FILE_POINTS = [
    KillAt(moment, number, program)
    for moment in ("before", "after")
    for program, number in (("keep", 1), ("begin", 2), ("_add_pages", 1), ("index_some", 1), ("note", 1))
]


@pytest.mark.parametrize("point", FILE_POINTS, ids=lambda point: f"{point.moment}-{point.program}")
async def test_killed_while_a_file_is_read(scene: Scene, point: KillAt) -> None:
    room = await scene.meet("private")
    await scene.start(point)
    document = OutFile("a.pdf", "application/pdf", material.pdf(["The first page.", "The second page."]))
    scene.side.send_files(scene.alice, room, [document], "what does it say?", reply_to=None)
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    assert len([message for message in whole(shown) if SENT_AGAIN not in message.text]) <= 1
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'system'") == 1
    assert scene.query("SELECT COUNT(*) FROM document WHERE complete") == 1
    assert scene.query("SELECT COUNT(*) FROM document_page") == 2
    assert scene.query("SELECT COUNT(*) FROM passage") == 2
    files = [path for path in (scene.data / "files").rglob("*") if path.is_file()]
    assert len(files) == scene.query("SELECT COUNT(*) FROM blob") == 1
    assert "The second page." in str(scene.model.requests[-1].body)
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


def test_every_point_names_a_program_that_there_is() -> None:
    """Where a program has got another name nothing dies, and every test of that point waits in vain."""
    root = Path(__file__).parent.parent.parent
    code = "".join(
        path.read_text(encoding="utf-8")
        for room in ("bot", "handlers", "storage")
        for path in (root / room).rglob("*.py")
    )
    for point in (*POINTS, *IN_CHANNEL, *COMMAND_POINTS, *STEER_POINTS, *FILE_POINTS):
        owner, _, name = point.program.rpartition(".")
        assert re.search(rf"def {name}\w*\(", code), point
        assert not owner or f"class {owner}:" in code, point


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
    await scene.start(KillAt("before", 1, "Intake.accept"))
    await scene.dies()
    await scene.until(lambda: whole(scene.answers(room)))
    await scene.start()

    def asked() -> list[str]:
        return [request.body["messages"][-1]["content"] for request in scene.model.requests]

    await scene.until(lambda: asked()[-1] == "two")
    shown = await scene.settled(room, 2)
    unmarked = [message for message in whole(shown) if SENT_AGAIN not in message.text]
    assert 1 <= len(unmarked) <= 2 <= len(whole(shown)), "A send that a kill cut off is repeated, and says so."
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
    with closing(sqlite3.connect(scene.data / "parley.db")) as database, database:
        # As if the sign had been pressed in the moment before.
        database.execute("UPDATE turn SET stop_requested = 1 WHERE state = 'running'")
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
