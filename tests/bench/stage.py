"""The stand-ins in this process, with a stopwatch at each wire, and the people who talk to the bot."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.playground.model import ModelServer, Pace, Received
from bot.playground.telegram.calls import Call, CallLog
from bot.playground.telegram.server import TelegramStandIn

TOKEN = "4711:bench"
DRAFTS = ("sendmessagedraft", "sendrichmessagedraft")
ANSWER_S = 60.0
"""How long a person waits for an answer before the benchmark gives up."""
REMEMBERED_CALLS = 100

# No sign in a key means anything to a formatter.
_ASKED = re.compile(r"turn (\d+t\d+)")
_ANSWERED = re.compile(r"over (\d+t\d+)")


@dataclass(slots=True)
class Timing:
    """One turn on the monotonic clock, in seconds."""

    said: float = 0.0
    """The person's message was there to be fetched."""
    asked: float = 0.0
    """The request had arrived at the model."""
    model_done: float = 0.0
    """The model's last byte was written."""
    done: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """When the call with the whole answer had arrived at the platform."""


@dataclass(frozen=True, slots=True)
class Added:
    """What the bot added to one turn, in seconds."""

    before_s: float
    after_s: float


class _Watched(CallLog):
    """A log of calls that tells when the first poll and each whole answer arrives."""

    def __init__(self, turns: dict[str, Timing]) -> None:
        super().__init__(REMEMBERED_CALLS)
        self.first_poll: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._turns = turns

    def begin(self, call: Call) -> Call:
        now = time.monotonic()
        method = call.method.lower()
        if method == "getupdates":
            if not self.first_poll.done():
                self.first_poll.set_result(now)
        elif method not in DRAFTS and (ended := _ANSWERED.search(str(call.params))):
            turn = self._turns.get(ended[1])
            if turn is not None and not turn.done.done():
                turn.done.set_result(now)
        return super().begin(call)


class Stage:
    """People, a platform and a model, all on this machine. `answer_tokens` and `pace` count from the next turn on."""

    def __init__(self, telegram: TelegramStandIn, model: ModelServer, people: int) -> None:
        self.telegram = telegram
        self.model = model
        self.answer_tokens = 12
        self._turns: dict[str, Timing] = {}
        self._watch = telegram.calls = _Watched(self._turns)
        self._ends: set[asyncio.Task[None]] = set()
        telegram.people.add_bot(TOKEN)
        self.people = [telegram.people.open_person(f"Person {number}") for number in range(people)]
        for person in self.people:
            telegram.people.open_private(person)
        model.reply = self._reply

    @property
    def first_poll(self) -> asyncio.Future[float]:
        """When the bot first asked for updates."""
        return self._watch.first_poll

    @property
    def calls(self) -> int:
        """How many calls the bot has made, polls left out."""
        return sum(count for method, count in self._watch.counts.items() if method.lower() != "getupdates")

    async def turn(self, person: int, number: int) -> Added:
        """Say something and wait for the whole answer.

        Raises:
            TimeoutError: it does not come.
        """
        key = f"{person}t{number}"
        timing = self._turns[key] = Timing()
        timing.said = time.monotonic()
        self.telegram.people.say(person, person, f"This is turn {key}, please answer it.")
        async with asyncio.timeout(ANSWER_S):
            done = await timing.done
        del self._turns[key]
        return Added(timing.asked - timing.said, done - timing.model_done)

    def _reply(self, body: Mapping[str, Any]) -> str:
        [key] = _ASKED.findall(str(body["messages"][-1]["content"]))
        timing = self._turns[key]
        timing.asked = time.monotonic()
        task = asyncio.create_task(_note_end(timing, self.model.requests[-1]))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)
        return " ".join(["word"] * (self.answer_tokens - 2)) + f" over {key}"


async def _note_end(timing: Timing, received: Received) -> None:
    await received.ended.wait()
    timing.model_done = time.monotonic()


@asynccontextmanager
async def stage(people: int) -> AsyncIterator[Stage]:
    """A stage without any limits of its own, so that only the bot's speed counts."""
    model = ModelServer()
    telegram = TelegramStandIn(limits=None)
    ready = Stage(telegram, model, people)
    await model.start()
    try:
        async with telegram:
            yield ready
    finally:
        await model.close()


def environ(ready: Stage, data_dir: str) -> dict[str, str]:
    """What both bots find in their environment; the bare one reads only the first four."""
    return {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": ready.telegram.url,
        "MISTRAL_API_KEY": "bench",
        "MISTRAL_BASE_URL": f"{ready.model.url}/v1",
        "DATA_DIR": data_dir,
        "ACCESS": "open",
        "PACING": "off",
        # The bare bot writes no titles: each would be a second request to the model.
        "TITLES": "off",
        "TOKENS_START": "100000000",
        "LOG_LEVEL": "warning",
    }


AT_ONCE = Pace()
STREAMED = Pace(token_s=0.005)
