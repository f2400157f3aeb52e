"""The stand-ins in this process, with a stopwatch at each wire, and the people who talk to the bot."""

import asyncio
import itertools
import random
import re
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bot.standins.discord.limits import Limits
from bot.standins.discord.rest import Call as DiscordCall
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import ModelServer, Pace, Received
from bot.standins.telegram.calls import Call, CallLog
from bot.standins.telegram.people import Attached
from bot.standins.telegram.rooms import CannotDo
from bot.standins.telegram.server import TelegramStandIn

TELEGRAM_TOKEN = "4711:bench"
DRAFTS = ("sendmessagedraft", "sendrichmessagedraft")
ANSWER_S = 60.0
"""How long a person waits for an answer before the benchmark gives up."""
REMEMBERED_CALLS = 100

_PROSE = tomllib.loads((Path(__file__).parents[1] / "llm" / "prose.toml").read_text("utf-8"))
_WORDS = " ".join(_PROSE[language] for language in ("en", "de", "fr", "es")).split()

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


class Theatre(Protocol):
    """A platform's stand-in without limits of its own, with a stopwatch at its wire."""

    name: str
    arrived: asyncio.Future[float]
    """When the bot first asked for what happens."""

    @property
    def calls(self) -> int:
        """How many calls the bot has made, those that only wait left out."""

    def newcomer(self, name: str) -> int:
        """Somebody with a private chat."""

    def say(self, person: int, text: str) -> None:
        """Write to the bot in private."""

    def environ(self) -> dict[str, str]:
        """What a bot has to know to get here."""

    async def start(self) -> None:
        """Listen."""

    async def stop(self) -> None:
        """Let go of everything."""


Shown = Callable[[str, float], None]
"""Told of each text that the bot shows, and when the call arrived."""


class TelegramTheatre:
    """Telegram."""

    name = "telegram"

    def __init__(self, shown: Shown) -> None:
        self.arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._stand_in = TelegramStandIn(limits=None)
        self._stand_in.calls = self._log = _Watched(self.arrived, shown)
        self._stand_in.people.add_bot(TELEGRAM_TOKEN)

    @property
    def calls(self) -> int:
        return sum(count for method, count in self._log.counts.items() if method.lower() != "getupdates")

    def newcomer(self, name: str) -> int:
        person = self._stand_in.people.open_person(name)
        self._stand_in.people.open_private(person)
        return person

    def say(self, person: int, text: str) -> None:
        self._stand_in.people.say(person, person, text)

    def stop_growing(self, person: int) -> bool:
        """Press Stop below what grows in private; False if it cannot be stopped yet."""
        try:
            self._stand_in.people.stop(person, person)
        except CannotDo:
            return False
        return True

    def send_photo(self, person: int, photo: bytes, caption: str) -> None:
        """Send the bot a photo in private."""
        self._stand_in.people.send_photo(person, person, Attached(photo, "photo.jpg", "image/jpeg"), caption)

    def send_document(self, person: int, document: bytes, caption: str) -> None:
        """Send the bot a document in private."""
        file = Attached(document, "document.pdf", "application/pdf")
        self._stand_in.people.send_document(person, person, file, caption)

    def environ(self) -> dict[str, str]:
        return {"TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": self._stand_in.url}

    async def start(self) -> None:
        await self._stand_in.start()

    async def stop(self) -> None:
        await self._stand_in.stop()


class _Watched(CallLog):
    """A log of calls that tells when the first poll and each text arrives."""

    def __init__(self, arrived: asyncio.Future[float], shown: Shown) -> None:
        super().__init__(REMEMBERED_CALLS)
        self._arrived = arrived
        self._shown = shown

    def begin(self, call: Call) -> Call:
        now = time.monotonic()
        method = call.method.lower()
        if method == "getupdates":
            if not self._arrived.done():
                self._arrived.set_result(now)
        elif method not in DRAFTS:
            self._shown(str(call.params), now)
        return super().begin(call)


class DiscordTheatre:
    """Discord, in direct messages."""

    name = "discord"

    def __init__(self, shown: Shown) -> None:
        self.arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._stand_in = DiscordStandIn(limits=Limits(calls_kept=REMEMBERED_CALLS), rate_limited=False)
        self._stand_in.rest.watch = self._watch
        self._shown = shown
        self._chats: dict[int, int] = {}
        self._waiting: asyncio.Task[None] | None = None

    def _watch(self, call: DiscordCall) -> None:
        if call.name in ("message.create", "message.edit"):
            self._shown(str(call.body), time.monotonic())

    @property
    def calls(self) -> int:
        return self._stand_in.rest.counts.total()

    def newcomer(self, name: str) -> int:
        person = self._stand_in.people.open_person(name)
        self._chats[person] = self._stand_in.people.open_private(person)
        return person

    def say(self, person: int, text: str) -> None:
        self._stand_in.people.say(person, self._chats[person], text)

    def environ(self) -> dict[str, str]:
        return {"DISCORD_BOT_TOKEN": self._stand_in.token, "DISCORD_API_URL": self._stand_in.api_url}

    async def start(self) -> None:
        await self._stand_in.start()
        self._waiting = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        await self._stand_in.wait_for(lambda: self._stand_in.gateway.identified, ANSWER_S)
        self.arrived.set_result(time.monotonic())

    async def stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        await self._stand_in.stop()


THEATRES: Mapping[str, Callable[[Shown], Theatre]] = {"telegram": TelegramTheatre, "discord": DiscordTheatre}


class Stage:
    """People, a platform and a model, all on this machine. `answer_tokens` and `pace` count from the next turn on."""

    def __init__(self, theatre: Callable[[Shown], Theatre], model: ModelServer, people: int) -> None:
        self.theatre = theatre(self._shown)
        self.model = model
        self.answer_tokens = 12
        self._turns: dict[str, Timing] = {}
        self._ends: set[asyncio.Task[None]] = set()
        self.people = [self.theatre.newcomer(f"Person {number}") for number in range(people)]
        model.reply = self._reply

    @property
    def arrived(self) -> asyncio.Future[float]:
        """When the bot first asked for what happens."""
        return self.theatre.arrived

    @property
    def calls(self) -> int:
        """How many calls the bot has made."""
        return self.theatre.calls

    async def turn(self, person: int, number: int, send: Callable[[str], None] | None = None) -> Added:
        """Say something, or `send` it with a file, and wait for the whole answer.

        Raises:
            TimeoutError: it does not come.
        """
        key = f"{person}t{number}"
        timing = self._turns[key] = Timing()
        timing.said = time.monotonic()
        words = f"This is turn {key}, please answer it."
        if send is not None:
            send(words)
        else:
            self.theatre.say(person, words)
        async with asyncio.timeout(ANSWER_S):
            done = await timing.done
        del self._turns[key]
        return Added(timing.asked - timing.said, done - timing.model_done)

    def _shown(self, text: str, now: float) -> None:
        if ended := _ANSWERED.search(text):
            turn = self._turns.get(ended[1])
            if turn is not None and not turn.done.done():
                turn.done.set_result(now)

    def _reply(self, body: Mapping[str, Any]) -> str:
        [key] = _ASKED.findall(_words(body["messages"][-1]["content"]))
        timing = self._turns[key]
        timing.asked = time.monotonic()
        task = asyncio.create_task(_note_end(timing, self.model.requests[-1]))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)
        words = itertools.islice(itertools.cycle(_WORDS), random.Random(key).randrange(len(_WORDS)), None)
        return " ".join((*itertools.islice(words, self.answer_tokens - 2), "over", key))


def _words(content: Any) -> str:
    """The last words of a message, without the pictures and documents before them."""
    return content[-1000:] if isinstance(content, str) else str(content[-1]["text"])


async def _note_end(timing: Timing, received: Received) -> None:
    await received.ended.wait()
    timing.model_done = time.monotonic()


@asynccontextmanager
async def stage(platform: str, people: int) -> AsyncIterator[Stage]:
    """A stage without any limits of its own, so that only the bot's speed counts."""
    model = ModelServer()
    ready = Stage(THEATRES[platform], model, people)
    await model.start()
    await ready.theatre.start()
    try:
        yield ready
    finally:
        await ready.theatre.stop()
        await model.close()


@asynccontextmanager
async def stages(platforms: Iterable[str], people: int) -> AsyncIterator[list[Stage]]:
    """A stage on each of the platforms; they have nothing in common."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(stage(platform, people)) for platform in platforms]


def environ(ready: Stage, data_dir: str) -> dict[str, str]:
    """What both bots find in their environment; the bare one reads only where the platform and the model are."""
    return {
        **ready.theatre.environ(),
        "MISTRAL_API_KEY": "bench",
        "MISTRAL_BASE_URL": f"{ready.model.url}/v1",
        "DATA_DIR": data_dir,
        "ACCESS": "open",
        "GREETING": "off",
        "PACING": "off",
        # The bare bot writes no titles: each would be a second request to the model.
        "TITLES": "off",
        "SUMMARIES": "off",
        "TOKENS_START": "100000000",
        "LOG_LEVEL": "warning",
    }


AT_ONCE = Pace()
STREAMED = Pace(token_s=0.005)
