"""Measure pace: people and groups that are answered for a minute, under each platform's own limits.

    python -m tests.bench.pace [--people 50] [--groups 5] [--seconds 60]

Status 1 where the gateway causes a single 429, an answer is not whole, or its first words come late.
"""

import argparse
import asyncio
import itertools
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.standins.discord.rest import Call as DiscordCall
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import ModelServer, Pace
from bot.standins.telegram.calls import Call, CallLog
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.server import TelegramStandIn
from tests.bench.subject import GATEWAY, running

FIRST_WORDS_LIMIT_S = 1.5
WORDS = 120
TOKEN_S = 0.1
"""Ten tokens a second: an answer takes twelve seconds."""
PATIENCE_S = 60.0
BUSY_CHAT = 5
"""Members of a group; they ask in turn, each after the answer to the one before."""

_KEY = re.compile(r"begin (\d+)")
_END = re.compile(r"end (\d+)")


@dataclass(slots=True)
class Turn:
    """One answer on the monotonic clock."""

    asked: float = 0.0
    """The model had the request."""
    first: float | None = None
    """The call with its first words arrived."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """How it went. Times in seconds."""

    turns: int
    whole: int
    calls: int
    refused: int
    first_words: tuple[float, ...]


class Scene:
    """What has been said and shown."""

    def __init__(self, words: int = WORDS) -> None:
        self.words = words
        self.turns: dict[int, Turn] = {}
        self._numbers: Iterator[int] = itertools.count(1)

    def open(self) -> tuple[int, str]:
        """A new turn: its number, and what the person says."""
        number = next(self._numbers)
        self.turns[number] = Turn()
        return number, f"please begin {number}"

    def reply(self, body: Mapping[str, Any]) -> str:
        """What the model says."""
        found = _KEY.search(str(body["messages"][-1]["content"]))
        number = int(found[1]) if found else 0
        self.turns[number].asked = time.monotonic()
        return f"begin {number} " + "word " * (self.words - 4) + f"end {number}"

    def measured(self, here: "Around") -> Measured:
        """How it went."""
        turns = self.turns.values()
        first = tuple(turn.first - turn.asked for turn in turns if turn.first is not None)
        return Measured(len(turns), sum(turn.whole for turn in turns), here.calls, here.refused, first)

    def shown(self, text: str) -> None:
        """A call with this text has arrived."""
        now = time.monotonic()
        for found in _KEY.finditer(text):
            turn = self.turns.get(int(found[1]))
            if turn is not None and turn.first is None:
                turn.first = now
        for found in _END.finditer(text):
            turn = self.turns.get(int(found[1]))
            if turn is not None and not turn.done.is_set():
                turn.whole = text.count("word ") == self.words - 4
                turn.done.set()


class _Watched(CallLog):
    """A log that shows each call's text to the scene, and keeps what was refused for being too fast."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(200_000)
        self._scene = scene

    def begin(self, call: Call) -> Call:
        self._scene.shown(str(call.params.get("text", "")))
        return super().begin(call)


class TelegramSet:
    """Telegram with its limits: 1 message a second in a chat, 20 a minute in a group, 30 a second in all."""

    def __init__(self, scene: Scene) -> None:
        self._stand_in = TelegramStandIn(limits=FloodLimits())
        self._stand_in.calls = self._log = _Watched(scene)
        self._bot = self._stand_in.people.add_bot("4711:pace", can_read_all_group_messages=True)

    def environ(self) -> dict[str, str]:
        return {"TELEGRAM_BOT_TOKEN": "4711:pace", "TELEGRAM_API_URL": self._stand_in.url}

    def private(self) -> tuple[int, int]:
        person = self._stand_in.people.open_person("Person")
        return person, self._stand_in.people.open_private(person)

    def group(self, members: list[int]) -> int:
        return self._stand_in.people.open_group("Group", members)

    def say(self, person: int, chat: int, text: str) -> None:
        mention = "" if chat == person else f"@{self._bot.username} "
        self._stand_in.people.say(person, chat, mention + text)

    @property
    def calls(self) -> int:
        return sum(count for method, count in self._log.counts.items() if method != "getUpdates")

    @property
    def refused(self) -> int:
        return sum(call.outcome.startswith("429") for call in self._log)

    async def ready(self) -> None:
        await self._stand_in.wait_for(lambda: self._log.counts["getUpdates"], PATIENCE_S)

    async def start(self) -> None:
        await self._stand_in.start()

    async def stop(self) -> None:
        await self._stand_in.stop()


class DiscordSet:
    """Discord with its buckets."""

    def __init__(self, scene: Scene) -> None:
        self._stand_in = DiscordStandIn()
        self._scene = scene
        self._stand_in.rest.watch = self._watch
        self._refused = 0

    def _watch(self, call: DiscordCall) -> None:
        if isinstance(call.body, dict):
            self._scene.shown(str(call.body.get("content", "")))

    def environ(self) -> dict[str, str]:
        return {"DISCORD_BOT_TOKEN": self._stand_in.token, "DISCORD_API_URL": self._stand_in.api_url}

    def private(self) -> tuple[int, int]:
        person = self._stand_in.people.open_person("Person")
        return person, self._stand_in.people.open_private(person)

    def group(self, members: list[int]) -> int:
        people = self._stand_in.people
        channel = people.open_channel(people.open_guild("Server", members), "general")
        return people.open_thread(members[0], channel, "Talk")

    def say(self, person: int, chat: int, text: str) -> None:
        self._stand_in.people.say(person, chat, f"<@{self._stand_in.application_id}> {text}")

    @property
    def calls(self) -> int:
        return self._stand_in.rest.counts.total()

    @property
    def refused(self) -> int:
        return self._stand_in.rates.refused

    async def ready(self) -> None:
        await self._stand_in.wait_for(lambda: self._stand_in.gateway.identified, PATIENCE_S)

    async def start(self) -> None:
        await self._stand_in.start()

    async def stop(self) -> None:
        await self._stand_in.stop()


Set = TelegramSet | DiscordSet

SETS: Mapping[str, Callable[[Scene], Set]] = {"telegram": TelegramSet, "discord": DiscordSet}


class Around:
    """A platform and a model, and what a gateway has to know of them."""

    def __init__(self, here: Set, model: ModelServer) -> None:
        self._here = here
        self._model = model
        self.private, self.group, self.say, self.ready = here.private, here.group, here.say, here.ready

    @property
    def calls(self) -> int:
        """How many calls the gateway has made."""
        return self._here.calls

    @property
    def refused(self) -> int:
        """How many of them were too fast."""
        return self._here.refused

    def settings(self, directory: Path) -> dict[str, str]:
        """The environment of the gateway, with its pacing on."""
        return {
            **self._here.environ(),
            "MISTRAL_API_KEY": "bench",
            "MISTRAL_BASE_URL": f"{self._model.url}/v1",
            "DATA_DIR": str(directory / "data"),
            "ACCESS": "open",
            "GREETING": "off",
            "TITLES": "off",
            "TOKENS_START": "100000000",
            "LOG_LEVEL": "warning",
        }


@asynccontextmanager
async def surroundings(platform: str, scene: Scene, token_s: float = TOKEN_S) -> AsyncIterator[Around]:
    """A platform with its limits, and a model that says so much a second."""
    model = ModelServer()
    model.reply, model.pace = scene.reply, Pace(token_s=token_s)
    here = SETS[platform](scene)
    await model.start()
    await here.start()
    try:
        yield Around(here, model)
    finally:
        await here.stop()
        await model.close()


async def measure(platform: str, people: int, groups: int, seconds: float, words: int = WORDS) -> Measured:
    """Let everybody talk for so long, and the last answers end."""
    scene = Scene(words)
    async with surroundings(platform, scene) as here:
        alone = [here.private() for _ in range(people)]
        together = [(members, here.group(members)) for members in _members(here, groups)]
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            async with running(GATEWAY, here.settings(Path(directory)), Path(directory)) as bot:
                await here.ready()
                until = time.monotonic() + seconds
                async with asyncio.TaskGroup() as all_of_them:
                    for number, (person, chat) in enumerate(alone):
                        all_of_them.create_task(_talk(scene, here, [person], chat, until, number))
                    for number, (members, chat) in enumerate(together):
                        all_of_them.create_task(_talk(scene, here, members, chat, until, -1 - number))
                await bot.stop()
        return scene.measured(here)


def _members(here: Around, groups: int) -> list[list[int]]:
    return [[here.private()[0] for _ in range(BUSY_CHAT)] for _ in range(groups)]


async def _talk(scene: Scene, here: Around, members: list[int], chat: int, until: float, seed: int) -> None:
    """Ask, read the answer to its end, think for a while, ask again; once at least."""
    pauses = random.Random(seed)
    # All within ten seconds, or sooner where the whole is short.
    await asyncio.sleep(pauses.uniform(0, min(10, until - time.monotonic())))
    for person in itertools.cycle(members):
        number, text = scene.open()
        here.say(person, chat, text)
        async with asyncio.timeout(PATIENCE_S):
            await scene.turns[number].done.wait()
        if time.monotonic() >= until:
            return
        await asyncio.sleep(pauses.uniform(1, 6))


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pace", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--groups", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--platform", choices=tuple(SETS), action="append")
    options = parser.parse_args()
    sys.stdout.write("| pace | answers | whole | calls | 429s | first words p50, s | p99, s | longest, s | |\n")
    sys.stdout.write("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
    missed = False
    for platform in options.platform or SETS:
        it = asyncio.run(measure(platform, options.people, options.groups, options.seconds))
        first = sorted(it.first_words)
        good = it.whole == it.turns and it.refused == 0 and first[-1] <= FIRST_WORDS_LIMIT_S
        missed = missed or not good
        sys.stdout.write(
            f"| {platform} | {it.turns} | {it.whole} | {it.calls} | {it.refused} | {statistics.median(first):.2f} |"
            f" {first[len(first) * 99 // 100]:.2f} | {first[-1]:.2f} | {'met' if good else 'MISSED'} |\n"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
