"""Killed anywhere: nothing is lost, no answer comes twice unmarked, everybody is charged once."""

import asyncio
import multiprocessing.process
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.pages import SENT_AGAIN
from bot.playground.model import ModelServer, Pace
from bot.playground.telegram.server import TelegramStandIn
from bot.playground.telegram.transcript import ShownMessage
from tests.crash.victim import KillAt, start

PATIENCE_S = 30.0
ANSWER = "word " * 30 + "end."


class Scene:
    """Alice, the stand-ins, and a gateway that is killed and started again."""

    def __init__(self, telegram: TelegramStandIn, model: ModelServer, data: Path) -> None:
        self.telegram = telegram
        self.model = model
        self.data = data
        self.bot = telegram.people.add_bot(can_read_all_group_messages=True)
        self.alice = telegram.people.open_person("Alice")
        self.settings: dict[str, Any] = {
            "telegram_bot_token": self.bot.token,
            "telegram_api_url": telegram.url,
            "mistral_api_key": "key",
            "mistral_base_url": f"{model.url}/v1",
            "data_dir": str(data),
            "access": "open",
            "pacing": False,
            "titles": False,
            "log_level": "error",
        }
        self._polls_before = 0
        self.process: multiprocessing.process.BaseProcess | None = None

    def start(self, kill: KillAt | None = None) -> None:
        self._polls_before = self._polls()
        self.process = start(self.settings, kill)

    def _polls(self) -> int:
        return self.telegram.calls.counts["getUpdates"]

    async def is_up(self) -> None:
        """Wait until the gateway listens; before that it has not set up how it ends."""
        await self.telegram.wait_for(lambda: self._polls() > self._polls_before, PATIENCE_S)

    async def dies(self) -> None:
        """Wait until the gateway is dead."""
        assert self.process is not None
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(self.process.join)
        assert self.process.exitcode == -9

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.join(PATIENCE_S)

    async def ends(self) -> None:
        """Stop the gateway as an operator does."""
        assert self.process is not None
        await self.is_up()
        self.process.terminate()
        await asyncio.to_thread(self.process.join, PATIENCE_S)
        assert self.process.exitcode == 0

    def answers(self, chat: int) -> list[ShownMessage]:
        return self.telegram.transcript(chat).from_bots()

    async def settled(self, chat: int, count: int) -> list[ShownMessage]:
        """Wait until so many different questions are answered, and nothing is left to do in the database."""
        await self.telegram.wait_for(lambda: len(whole(self.answers(chat))) >= count, PATIENCE_S)
        async with asyncio.timeout(PATIENCE_S):
            # The database belongs to another process, which tells nobody when it has written.
            while self.query("SELECT COUNT(*) FROM turn WHERE state <> 'delivered'") != 0:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await self.ends()
        return self.answers(chat)

    def query(self, sql: str) -> int:
        with closing(sqlite3.connect(f"file:{self.data}/parley.db?mode=ro", uri=True)) as database:
            number: int = database.execute(sql).fetchone()[0]
        return number


def whole(messages: list[ShownMessage]) -> list[ShownMessage]:
    return [message for message in messages if message.text.endswith("end.")]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    model = ModelServer()
    await model.start()
    model.reply = ANSWER
    async with TelegramStandIn() as telegram:
        scene = Scene(telegram, model, tmp_path / "data")
        try:
            yield scene
        finally:
            scene.kill()
            await model.close()


# A turn is accepted, begun, answered, its page noted as shown: four transactions after those of the start.
POINTS = [
    KillAt(moment, number, program)
    for moment in ("before", "after")
    for program, number in (
        ("Intake.accept", 1),
        ("Engine.begin", 1),
        ("Engine._answered", 1),
        ("_settle_page", 1),
    )
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.moment}-{point.program}")
@pytest.mark.parametrize("where", ["private", "group"])
async def test_killed_at_a_transaction(scene: Scene, point: KillAt, where: str) -> None:
    private = scene.telegram.people.open_private(scene.alice)
    chat = private if where == "private" else scene.telegram.people.open_group("Friends", [scene.alice])
    mention = "" if where == "private" else f"@{scene.bot.username} "
    if where == "group":
        scene.model.pace = Pace(token_s=0.02)  # Long enough that a preview message stands there before the end.
    scene.start(point)
    scene.telegram.people.say(scene.alice, chat, f"{mention}hi")
    await scene.dies()
    scene.start()
    shown = await scene.settled(chat, 1)
    unmarked = [message for message in whole(shown) if SENT_AGAIN not in message.text]
    assert len(unmarked) <= 1
    assert len(whole(shown)) == 1 or (len(whole(shown)) == 2 and len(unmarked) == 1)
    if where == "group":
        assert len(shown) == 1, "A preview message that the final text goes into is never sent again."
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3900
    assert scene.query("SELECT COUNT(*) FROM ledger WHERE kind = 'settle'") == 1
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 1
    assert scene.query("SELECT COUNT(*) FROM outbox") == 0


async def test_killed_while_the_model_speaks(scene: Scene) -> None:
    chat = scene.telegram.people.open_private(scene.alice)
    scene.model.pace = Pace(token_s=0.05)
    scene.start()
    scene.telegram.people.say(scene.alice, chat, "one")
    scene.telegram.people.say(scene.alice, chat, "two")
    await scene.telegram.wait_for(lambda: scene.telegram.transcript(chat).drafts, PATIENCE_S)
    scene.kill()
    scene.model.pace = Pace()
    scene.start()
    shown = await scene.settled(chat, 2)
    assert len(shown) == 2
    asked = [request.body["messages"][-1]["content"] for request in scene.model.requests]
    assert asked == ["one", "one", "two"]
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


async def test_a_turn_that_kills_the_gateway_again_and_again_ends_with_an_apology(scene: Scene) -> None:
    chat = scene.telegram.people.open_private(scene.alice)
    scene.telegram.people.say(scene.alice, chat, "poison")
    for _ in range(3):
        scene.start(KillAt("after", 1, "Engine.begin"))
        await scene.dies()
    scene.start()
    await scene.telegram.wait_for(lambda: any("Nothing was charged" in m.text for m in scene.answers(chat)), PATIENCE_S)
    scene.telegram.people.say(scene.alice, chat, "something else")
    await scene.telegram.wait_for(lambda: whole(scene.answers(chat)), PATIENCE_S)
    await scene.ends()
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3900


async def test_sigterm_lets_a_running_answer_finish(scene: Scene) -> None:
    chat = scene.telegram.people.open_private(scene.alice)
    scene.model.pace = Pace(token_s=0.05)
    scene.start()
    scene.telegram.people.say(scene.alice, chat, "hi")
    await scene.telegram.wait_for(lambda: scene.telegram.transcript(chat).drafts, PATIENCE_S)
    await scene.ends()
    assert len(whole(scene.answers(chat))) == 1
    assert scene.query("SELECT COUNT(*) FROM turn WHERE state = 'delivered'") == 1


async def test_sigterm_leaves_what_takes_too_long_for_the_next_start(scene: Scene) -> None:
    chat = scene.telegram.people.open_private(scene.alice)
    scene.model.pace = Pace(first_token_s=60)
    scene.settings["shutdown_grace_s"] = 0
    scene.start()
    scene.telegram.people.say(scene.alice, chat, "hi")
    await scene.telegram.wait_for(lambda: scene.telegram.transcript(chat).actions, PATIENCE_S)
    await scene.ends()
    assert scene.query("SELECT attempt FROM turn WHERE state = 'queued'") == 0
    scene.model.pace = Pace()
    scene.start()
    assert len(await scene.settled(chat, 1)) == 1
