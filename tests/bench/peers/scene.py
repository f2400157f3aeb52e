"""A peer between the stand-ins, and the people who talk to it."""

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.standins import faults
from bot.standins.faults import Fault, FaultPlan
from bot.standins.model import ModelServer, Reply
from bot.standins.telegram.calls import Call, CallLog
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.server import TelegramStandIn
from tests.bench.peers.answers import mark, marks_of, opening, question
from tests.bench.peers.peer import Peer, Place
from tests.bench.peers.processes import Tree, started
from tests.bench.stage import TELEGRAM_TOKEN

START_S = 300.0
"""A busy machine takes minutes to load the largest of them."""
ANSWER_S = 60.0
LOOK_S = 0.02
SENDING = frozenset(("sendmessage", "sendrichmessage"))
SHOWING = SENDING | {"editmessagetext", "senddocument", "sendphoto"}
"""Calls that leave something in a chat, so that drafts are not among them."""


class NotAtWork(Exception):
    """A peer does not start, or answers nobody; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class Spoiling:
    """Calls that are to meet a fault: of these methods, in this chat (0 for any), with these words in them."""

    fault: Fault
    methods: frozenset[str]
    chat: int = 0
    words: str = ""

    def means(self, call: Call) -> bool:
        """Whether that is one of them."""
        is_there = not self.chat or call.chat == str(self.chat)
        return call.method.lower() in self.methods and is_there and self.words in str(call.params)


class Wire(CallLog):
    """Notes what the peer calls, and lets some calls meet a fault."""

    def __init__(self, plan: FaultPlan) -> None:
        super().__init__(10_000)
        self.polls = 0
        """How often the peer has asked for what happens."""
        self.spoilings: list[Spoiling] = []
        """What is still to go wrong, each once."""
        self._plan = plan

    def begin(self, call: Call) -> Call:
        self.polls += call.method.lower() == "getupdates"
        if spoiling := next((each for each in self.spoilings if each.means(call)), None):
            self.spoilings.remove(spoiling)
            # The stand-in asks its plan next, for this very call.
            self._plan.add(spoiling.fault, method=call.method, chat=call.chat)
        return super().begin(call)


class Scene:
    """One peer with its stand-ins. `answer` says what the model answers to some questions."""

    def __init__(self, peer: Peer, root: Path, home: Path, servers: Mapping[str, tuple[str, ...]]) -> None:
        plan = FaultPlan()
        self.telegram = TelegramStandIn(faults=plan, limits=FloodLimits())
        self.telegram.calls = self.wire = Wire(plan)
        self.telegram.people.add_bot(TELEGRAM_TOKEN)
        self.model = ModelServer()
        self.model.reply = self._reply
        self.answer: Callable[[list[str], Mapping[str, Any]], str | Reply] = lambda marks, _: opening(marks)
        self.asked: list[str] = []
        """The questions that the model was asked, each time."""
        self.start_s = 0.0
        """From the start of the process until it asked for what happens."""
        self._peer = peer
        self._root = root
        self._home = home
        self._servers = servers
        self._tree: Tree | None = None
        self._numbers = itertools.count(1)

    @property
    def tree(self) -> Tree:
        """The peer's processes; there are some once `start` has been called."""
        assert self._tree is not None
        return self._tree

    def _reply(self, body: Mapping[str, Any]) -> str | Reply:
        marks = marks_of(body)
        self.asked += marks
        return self.answer(marks, body)

    async def open(self) -> None:
        """Open the stand-ins, and configure the peer."""
        await self.telegram.start()
        await self.model.start()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        token, home = TELEGRAM_TOKEN, self._home
        place = Place(home, self.telegram.url, token, self.model.url, port, self._servers)
        self._launch = await asyncio.to_thread(self._peer.configure, place, self._root)

    async def start(self) -> None:
        """Start the peer and wait until it asks for what happens.

        Raises:
            NotAtWork: it does not.
        """
        polls, began = self.wire.polls, time.monotonic()
        self._tree = await started(self._launch, self._home)
        if not await self.until(lambda: self.wire.polls > polls or not self.tree.is_running, START_S):
            raise NotAtWork(f"It does not start:\n{self.tree.last_words()}")
        if not self.tree.is_running:
            raise NotAtWork(f"It has ended:\n{self.tree.last_words()}")
        self.start_s = time.monotonic() - began

    async def warm(self) -> None:
        """Have a first question answered, behind which everything is loaded.

        Raises:
            NotAtWork: it is not.
        """
        person, number = self.newcomer(), self.ask_number()
        self.say(person, question(number))
        if not await self.until(lambda: self.answers(person, number), START_S):
            raise NotAtWork(f"It does not answer; it showed {self.texts(person)}:\n{self.tree.last_words()}")

    def newcomer(self) -> int:
        """Somebody with a private chat."""
        person = self.telegram.people.open_person(f"Person {next(self._numbers)}")
        self.telegram.people.open_private(person)
        return person

    def ask_number(self) -> int:
        """A number that no question has had."""
        return next(self._numbers)

    def say(self, person: int, text: str) -> None:
        """Write to the bot in private."""
        self.telegram.people.say(person, person, text)

    def texts(self, person: int) -> list[str]:
        """What the bot's messages in somebody's chat say now."""
        return [message.text for message in self.telegram.transcript(person).from_bots()]

    def answers(self, person: int, number: int) -> int:
        """In how many messages somebody sees the answer to this question."""
        return sum(f"Answer to {mark(number)}" in text for text in self.texts(person))

    async def until(self, look: Callable[[], Any], at_most_s: float = ANSWER_S) -> bool:
        """Whether that comes true in time."""
        end = time.monotonic() + at_most_s
        while not look():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    async def close(self) -> None:
        """Let go of everything."""
        if self._tree is not None:
            await self._tree.kill()
        await self.telegram.stop()
        await self.model.close()


LOST = faults.answer_lost()
REFUSED = faults.error(502)


@asynccontextmanager
async def scene(
    peer: Peer, root: Path, directory: Path, servers: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> AsyncIterator[Scene]:
    """A peer at work in an empty `directory`, which has answered a first question.

    Raises:
        NotAtWork: it does not start, or does not answer.
    """
    await asyncio.to_thread(directory.mkdir, parents=True)
    ready = Scene(peer, root, directory, servers)
    try:
        await ready.open()
        await ready.start()
        await ready.warm()
        yield ready
    finally:
        await ready.close()
