"""People on both platforms talk to one gateway that is killed again and again; afterwards everything is counted.

    python -m tests.crash.soak [--kills 200] [--seed 1] [--people 5] [--processes 3] [--still 25]

Several processes share a database on PostgreSQL, which this brings. A blow then hits one of them: it is killed, told
to end, or stands still until another has gone on with what it was doing, and then comes back. Or it hits all: every
connection to the database is cut, the server goes down and comes up, or each process is replaced by another in turn.

Who says what and when it is killed follows the seed; how far the machine has come by then does not. Status 1 where
something is lost, doubled without a mark, or does not add up.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg

from bot.domain.blocks import OutFile
from bot.domain.clock import SystemClock
from bot.operations import backup, restoring
from bot.rendering.pages import SENT_AGAIN
from bot.standins.discord.errors import CannotDo as DiscordCannot
from bot.standins.discord.gateway import Gateway as DiscordGateway
from bot.standins.model import ModelServer, Pace
from bot.standins.telegram.rooms import CannotDo as TelegramCannot
from storage import search
from storage.database import open_database
from tests.crash.audit import troubles, troubles_on_server
from tests.crash.victim import start
from tests.support import material
from tests.support.beside import rows_beside
from tests.support.line import Line
from tests.support.postgres import running
from tests.support.sides import SIDES, DiscordSide, Room, Shown, Side, TelegramSide

PATIENCE_S = 90.0
"""How long nothing may come any further before it counts as stuck, however much there is still to do."""
SETTLING_S = 1.0
"""How long nothing may have changed before all counts as done."""

MOST_OPEN = 60
"""So many answers may be waited for until nobody asks for more: they would be waited for at the end."""

ALONE = (0, 1)
"""The one shard of a bot that is in few servers."""
_SESSION_LOST = 1 / 3
"""How often a kill costs the session with the gateway of Discord."""
STANDS_STILL_S = 25.0
"""How long a process stands still: others have gone on long before."""
_KEY = re.compile(r"\bK(\d+)\b")
_BEGINNING = re.compile(r"answer K(\d+)\b")
_WORDS = 12
_AT_LENGTH, _WORDS_AT_LENGTH = "at length", 150
"""An answer that takes three seconds: it is seen before it is whole, also where previews are put off by other work."""
_GROWS_WITHIN_S = 6.0
"""How long somebody waits for an answer to begin that they want to stop."""
_NOTES = ("Stopped.", "The answer broke off here.", "Nothing was charged.")


@dataclass(slots=True)
class Actor:
    """Somebody in one room. `said` are their messages by key, in order."""

    side: Side
    person: int
    room: Room
    mention: bool
    said: dict[int, int] = field(default_factory=dict)
    twin: "Actor | None" = None


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    kills: int = 0
    said: int = 0
    answered: int = 0
    apologies: int = 0
    stopped: int = 0
    """Answers that were stopped: by then they were there as far as they had come, or whole, or not at all."""
    marked: int = 0
    """Answers that came again and said so."""
    left_over: int = 0
    """Previews in groups of a platform without nonces that were sent in the very moment of a kill."""
    acts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)


class Soak:
    """One gateway on both platforms, and the people."""

    def __init__(
        self, sides: list[Side], model: ModelServer, data: Path, seed: int, people: int, database_url: str = ""
    ) -> None:
        self.sides = sides
        self.model = model
        self.data = data
        self.database_url = database_url
        self.rng = random.Random(seed)
        self.keys: Iterator[int] = itertools.count(1)
        self.touched: set[int] = set()
        """Keys whose answers people have changed: asked anew, edited."""
        self.stopped: set[int] = set()
        """Keys whose answers people have stopped."""
        self.outcome = Outcome()
        self.processes = 1
        self.stands_still_s = STANDS_STILL_S
        self.shared: Mapping[str, str] = {}
        """What several processes are told beside."""
        self.line: Line | None = None
        """What stands between the processes and their database."""
        self._unavoidable = 0
        """How often a shard was taken over from a process that stood still: its connection stays open meanwhile."""
        self.actors = [actor for side in sides for actor in self._cast(side, people)]
        if len(sides) > 1:
            self.actors[0].twin = self.actors[people + 3]
        model.reply = self._reply
        model.pace = Pace(first_token_s=0.03, token_s=0.02)
        self._processes: list[BaseProcess] = []
        self._before: list[int] = []

    def _cast(self, side: Side, people: int) -> list[Actor]:
        alone = [Actor(side, *side.newcomer(f"Person {number}"), mention=False) for number in range(people)]
        room = side.group([actor.person for actor in alone[:3]])
        return [*alone, *(Actor(side, actor.person, room, mention=True) for actor in alone[:3])]

    def _reply(self, body: Mapping[str, Any]) -> str:
        said = str(body["messages"])
        keys = _KEY.findall(said)
        if not keys:
            return "Welcome."
        words = _WORDS_AT_LENGTH if f"K{keys[-1]} {_AT_LENGTH}" in said else _WORDS
        return f"answer K{keys[-1]} {'word ' * words}end K{keys[-1]}."

    # The gateway

    async def run(self, kills: int) -> Outcome:
        """Everything, and what came of it."""
        async with self._people():
            for number in range(kills):
                await asyncio.sleep(self.rng.uniform(0.05, 1.5))
                self.outcome.kills += 1
                if self.database_url:
                    if not await self._strike(number):
                        break
                    continue
                self._kill()
                await asyncio.sleep(self.rng.uniform(0, 0.3))
                self._lose_sessions()
                self._start()
                await self._arrived()
        return self.outcome

    async def move(self, shared: Mapping[str, str], move: Callable[[], Awaitable[None]], talk_s: float) -> Outcome:
        """One process ends in the middle of what people say, `move` brings the data elsewhere, three go on there."""
        async with self._people():
            await asyncio.sleep(talk_s)
            await self._end()
            self._processes.clear()
            await move()
            self.shared, self.database_url, self.processes = shared, shared["database_url"], 3
            await self._begin()
            await asyncio.sleep(talk_s)
        return self.outcome

    @contextlib.asynccontextmanager
    async def _people(self) -> AsyncIterator[None]:
        """People talk meanwhile; afterwards everything is counted."""
        await self._begin()
        for actor in self.actors:
            # The first mention in a channel may open the thread in which all goes on.
            if not actor.mention or not any(other.room is actor.room and other.said for other in self.actors):
                self._says(actor)
        await self._quiet()
        playing = [asyncio.create_task(self._play(actor)) for actor in self.actors]
        try:
            yield
        finally:
            for task in playing:
                task.cancel()
            ends = await asyncio.gather(*playing, return_exceptions=True)
        self.outcome.troubles += [repr(end) for end in ends if not isinstance(end, asyncio.CancelledError)]
        await self._quiet()
        await self._end()
        await self._count()

    async def _begin(self) -> None:
        for _ in range(self.processes):
            self._start()
        await self._arrived()

    def _start(self) -> None:
        self._before = [side.arrivals() for side in self.sides]
        settings: dict[str, Any] = {
            "mistral_api_key": "key",
            "mistral_base_url": f"{self.model.url}/v1",
            "data_dir": str(self.data),
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "tokens_start": 10_000_000,
            "log_level": "warning",
        }
        for side in self.sides:
            settings |= side.settings()
        settings |= self.shared
        self._processes.append(start(settings, again=bool(self.database_url)))

    async def _arrived(self) -> None:
        await self._until(
            lambda: all(side.arrivals() > before for side, before in zip(self.sides, self._before, strict=True))
        )

    async def _strike(self, number: int) -> bool:
        """Hit one of several processes, or all of them; there are as many as before afterwards, or it is False."""
        blows = (
            self._one_is_killed,
            self._one_stands_still,
            self._one_ends,
            self._all_are_cut_off,
            self._server_goes_down,
            self._all_are_replaced,
        )
        blow = blows[number % len(blows)]
        self.outcome.acts[blow.__name__.strip("_")] += 1
        try:
            await blow()
        except TimeoutError:
            ends = [process.exitcode for process in self._processes]
            self.outcome.troubles.append(f"{blow.__name__} has no end: {ends}, {self._who_is_connected()}")
            return False
        return True

    def _who_is_connected(self) -> list[Any]:
        """The processes in the database, and what each connection to it does."""
        return [
            *self._rows("SELECT name, label, beat, leaving FROM process"),
            *self._rows(
                "SELECT pid, state, wait_event, xact_start, state_change, left(query, 80) FROM pg_stat_activity"
                " WHERE datname = current_database()"
            ),
        ]

    async def _one_is_killed(self) -> None:
        self._processes.pop(0).kill()
        self._start()

    async def _one_ends(self) -> None:
        self._start()
        await self._ended(self._processes.pop(0))

    async def _ended(self, process: BaseProcess) -> None:
        process.terminate()
        await asyncio.to_thread(process.join, PATIENCE_S)
        if process.exitcode != 0:
            self.outcome.troubles.append(f"one ended with status {process.exitcode}")

    async def _one_stands_still(self) -> None:
        process = self._processes.pop(0)
        before = self._doubled()
        os.kill(process.pid or 0, signal.SIGSTOP)
        await asyncio.sleep(self.stands_still_s)
        os.kill(process.pid or 0, signal.SIGCONT)
        try:
            await self._until(lambda: all(gateway.hearing(ALONE) <= 1 for gateway in self._gateways()))
        except TimeoutError:
            self.outcome.troubles.append("two hear of one shard, and neither leaves")
        self._unavoidable += self._doubled() - before
        self._processes.append(process)

    async def _all_are_cut_off(self) -> None:
        assert self.line is not None
        self.line.cut()

    async def _server_goes_down(self) -> None:
        """A process of the server's dies: it ends every connection, and recovers from its log."""
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(self.database_url, autocommit=True) as witness:
            for (pid,) in witness.execute(f"{others} LIMIT 1".encode()).fetchall():
                os.kill(pid, signal.SIGKILL)
                # It answers as before until it has noticed.
                await self._until(partial(_is_cut_off, witness))
        await self._until(self._server_answers)

    def _server_answers(self) -> bool:
        try:
            return bool(self._rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    async def _all_are_replaced(self) -> None:
        """One after the other, as an update goes on: the new one has joined before the old one leaves."""
        for _ in range(self.processes):
            self._start()
            await self._until(partial(self._has_joined, self._processes[-1]))
            await self._ended(self._processes.pop(0))

    def _has_joined(self, process: BaseProcess) -> bool:
        # Rows are no measure: one that is taken for dead goes, and comes back under another name.
        return bool(self._query(f"SELECT COUNT(*) FROM process WHERE label LIKE '%/{process.pid}'"))  # noqa: S608

    def _gateways(self) -> Iterator[DiscordGateway]:
        return (side.stand_in.gateway for side in self.sides if isinstance(side, DiscordSide))

    def _doubled(self) -> int:
        """How often two have heard of one shard of Discord's."""
        return sum(gateway.doubled for gateway in self._gateways())

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()
        self._processes.clear()

    def _lose_sessions(self) -> None:
        """Now and then nothing is left to take up, and what was missed has to be read."""
        for side in self.sides:
            if isinstance(side, DiscordSide) and self.rng.random() < _SESSION_LOST:
                side.stand_in.gateway.forget_sessions()

    async def _end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            await asyncio.to_thread(process.join, PATIENCE_S)
            if process.exitcode != 0:
                self.outcome.troubles.append(f"it ended with status {process.exitcode}")

    async def _until(self, look: Callable[[], object], come: Callable[[], object] = lambda: None) -> None:
        """Wait until `look` finds it so, for as long as `come`, how far all has come, goes on changing."""
        before, ends = come(), time.monotonic() + PATIENCE_S
        while not look():
            if time.monotonic() > ends:
                if (now := come()) == before:
                    raise TimeoutError
                before, ends = now, time.monotonic() + PATIENCE_S
            await asyncio.sleep(0.05)

    async def _quiet(self) -> None:
        """Wait until everything said is known, ended and shown, and stays so for a while."""
        since = time.monotonic()

        def settled() -> bool:
            nonlocal since
            if self._open() or self._unheard():
                since = time.monotonic()
            return time.monotonic() - since > SETTLING_S

        try:
            # Where several talk in one place while a process stands still there, much is left to be answered.
            await self._until(settled, self._come)
        except TimeoutError:
            self.outcome.troubles.append(f"not settled: {self._what_is_open()}, unheard: {sorted(self._unheard())}")

    def _open(self) -> int:
        return self._query("SELECT (SELECT COUNT(*) FROM turn WHERE ended_at IS NULL) + (SELECT COUNT(*) FROM outbox)")

    def _come(self) -> list[tuple[Any, ...]]:
        """How far all has come: nobody speaks any more, so that this changes only as long as something is done."""
        return self._rows(
            "SELECT (SELECT COUNT(*) FROM turn WHERE ended_at IS NOT NULL), (SELECT COUNT(*) FROM message),"
            " (SELECT COUNT(*) FROM shown)"
        )

    def _what_is_open(self) -> list[Any]:
        turns = self._rows(
            "SELECT turn.id, state, attempt, run_after, stop_requested, parts, worker, reply_to FROM turn"
            " JOIN message ON message.id = question WHERE ended_at IS NULL"
        )
        pages = self._rows("SELECT place, turn, state, remote_id, content FROM outbox")
        return [*self._who_is_to_go_on(), *turns, *pages]

    def _who_is_to_go_on(self) -> list[tuple[Any, ...]]:
        """Of each session and chat: how many open turns in which state, who keeps the chat, and whether that lives."""
        return self._rows(
            "SELECT turn.session, place.platform, place.chat, state, COUNT(*), keeper.process, process.beat,"
            " process.leaving FROM turn JOIN place ON place.id = turn.place"
            " LEFT JOIN keeper USING (platform, bot, chat) LEFT JOIN process ON process.name = keeper.process"
            " WHERE ended_at IS NULL GROUP BY 1, 2, 3, 4, 6, 7, 8 ORDER BY 1, 2, 3, 4"
        )

    def _unheard(self) -> set[int]:
        """Keys that are said and in no message of the database."""
        said = {key for actor in self.actors for key in actor.said} - self.touched
        rows = self._rows("SELECT parts FROM message WHERE author = 'user'")
        return said - {int(key) for (parts,) in rows for key in _KEY.findall(parts)}

    def _query(self, sql: str) -> int:
        number: int = self._rows(sql)[0][0] or 0
        return number

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows_beside(self.data, self.database_url, sql)

    # The people

    async def _play(self, actor: Actor) -> None:
        acts = (self._says,) * 12 + (self._regenerates, self._edits, self._sends_file, self._stops, self._begins_anew)
        while True:
            await asyncio.sleep(self.rng.uniform(0.3, 2.0))
            if self._is_far_behind():
                continue
            act = self.rng.choice((*acts, self._links) if actor.twin else acts)
            # What a platform does not let people do just now (the bot is away), they do not do.
            with contextlib.suppress(DiscordCannot, TelegramCannot):
                if act == self._stops:
                    await self._asks_and_waits(actor)
                act(actor)
                self.outcome.acts[act.__name__.strip("_")] += 1

    def _is_far_behind(self) -> bool:
        """Whether people wait for so many answers that they say nothing more; unknown while the database is away.

        Where several talk in one channel of Discord, its limit of five messages in five seconds is below what they ask.
        """
        try:
            return self._open() > MOST_OPEN
        except (psycopg.OperationalError, sqlite3.OperationalError):
            return False

    def _says(self, actor: Actor, how: str = "") -> None:
        key = next(self.keys)
        words = f"question K{key} {how}".strip()
        actor.said[key] = actor.side.say(actor.person, actor.room, words, reply_to=None, mention=actor.mention)
        self.outcome.said += 1

    def _sends_file(self, actor: Actor) -> None:
        if actor.mention:
            return
        key = next(self.keys)
        kinds = [
            OutFile("note.txt", "text/plain", f"The note of number {key}.".encode()),
            OutFile("a.pdf", "application/pdf", material.pdf([f"The page of number {key}."])),
        ]
        actor.side.send_files(actor.person, actor.room, [self.rng.choice(kinds)], f"read this K{key}", reply_to=None)
        actor.said[key] = 0
        self.outcome.said += 1

    def _edits(self, actor: Actor) -> None:
        theirs = [(key, message) for key, message in actor.said.items() if message][-3:]
        if theirs:
            key, message = self.rng.choice(theirs)
            new = next(self.keys)
            self.touched |= {key, new}
            mention = "" if not actor.mention else self._mention(actor.side)
            actor.side.change(actor.person, actor.room, message, f"{mention}question K{new}")
            del actor.said[key]

    @staticmethod
    def _mention(side: Side) -> str:
        stand_in: Any = side
        return f"@{stand_in.bot.username} " if side.name == "telegram" else f"<@{stand_in.stand_in.application_id}> "

    def _regenerates(self, actor: Actor) -> None:
        answers = [shown for shown in self._seen(actor) if any("Regenerate" in label for label in shown.labels)]
        if answers:
            shown = self.rng.choice(answers[-3:])
            self.touched |= {int(key) for key in _KEY.findall(shown.text)}
            label = next(label for label in shown.labels if "Regenerate" in label)
            actor.side.press(actor.person, actor.room, shown, label)

    async def _asks_and_waits(self, actor: Actor) -> None:
        """Ask for a long answer, and wait for one to grow there, whichever that is."""
        self._says(actor, _AT_LENGTH)
        with contextlib.suppress(TimeoutError):
            await actor.side.wait_for(partial(self._what_grows, actor), _GROWS_WITHIN_S)

    def _stops(self, actor: Actor) -> None:
        if self._what_grows(actor):
            with contextlib.suppress(StopIteration):
                [key] = _BEGINNING.findall(actor.side.stop_growing(actor.person, actor.room))
                self.stopped.add(int(key))

    @staticmethod
    def _what_grows(actor: Actor) -> list[str]:
        """The answers that grow there, if all of them say which they are: nobody stops what they cannot tell apart."""
        growing = actor.side.growing(actor.room)
        return growing if all(map(_BEGINNING.match, growing)) else []

    def _begins_anew(self, actor: Actor) -> None:
        actor.side.command(actor.person, actor.room, "new", ())

    def _links(self, actor: Actor) -> None:
        """One step of joining two accounts, whichever is next."""
        twin = actor.twin
        assert twin is not None
        offered = [shown for shown in self._seen(twin) if "Link the accounts" in shown.labels]
        codes = [found[1] for shown in self._seen(actor) if (found := re.search(r"/link (\S+)", shown.text))]
        if offered:
            twin.side.press(twin.person, twin.room, offered[-1], "Link the accounts")
        elif codes:
            twin.side.command(twin.person, twin.room, "link", (codes[-1].strip("`"),))
        else:
            actor.side.command(actor.person, actor.room, "link", ())

    @staticmethod
    def _seen(actor: Actor) -> list[Shown]:
        return actor.side.shown(actor.room, actor.person)

    # Counting

    async def _count(self) -> None:
        outcome = self.outcome
        states = self._states()
        shown = {id(actor): self._seen(actor) for actor in self.actors}
        left_over: set[int] = set()
        for actor in self.actors:
            messages = shown[id(actor)]
            for key in actor.said:
                # What was left over of a killed moment is counted below, however much of the answer it shows.
                whole = [one for one in messages if f"end K{key}." in one.text and not one.grows]
                again = [one for one in whole if one.text.startswith(SENT_AGAIN)]
                outcome.marked += len(again)
                if key in self.touched:
                    continue
                state = states.get(key, "unknown")
                once = len(whole) - len(again) <= 1
                if key in self.stopped and self._is_settled(key, state, messages):
                    outcome.stopped += 1
                elif state == "delivered" and whole and once:
                    outcome.answered += 1
                elif state == "failed" and not whole:
                    outcome.apologies += 1
                else:
                    story = self._story(key)
                    outcome.troubles.append(f"{actor.side.name} K{key} is {state}, shown {len(whole)} times: {story}")
            for message in messages:
                half = message.text.startswith("answer") and not re.search(r"end K\d+\.", message.text)
                half = half and not any(note in message.text for note in _NOTES)
                if not half and "Stop" not in message.labels:
                    continue
                if actor.side.name == "telegram" and actor.mention:
                    # There a message that a crash made us forget cannot be found again; its button still ends it.
                    left_over.add(message.id)
                else:
                    outcome.troubles.append(f"{actor.side.name}: something half stands there: {message.text[-60:]!r}")
        outcome.left_over = len(left_over)
        outcome.troubles += [f"{count} answers with status 409" for count in (self._conflicts(),) if count]
        doubled = self._doubled() - self._unavoidable
        outcome.troubles += [f"a shard was heard by two {doubled} times"] * (doubled > 0)
        if self.database_url:
            outcome.troubles += [*troubles_on_server(self.database_url), *self._out_of_order()]
            return
        with tempfile.TemporaryDirectory() as directory:
            made = backup.back_up(self.data, Path(directory))
            restored = Path(directory) / "data"
            restoring.restore(made.path, restored)
            # The index follows every minute, or when somebody searches.
            async with await open_database(restored) as database:
                while await database.write(search.index_pending()):
                    continue
            outcome.troubles += troubles(restored / "parley.db", self.data / "files")

    @staticmethod
    def _is_settled(key: int, state: str, messages: list[Shown]) -> bool:
        """Whether an answer that was stopped stands there once, as far as it had come; or not at all."""
        there = [message for message in messages if f"answer K{key} " in message.text and not message.grows]
        again = [message for message in there if message.text.startswith(SENT_AGAIN)]
        if state == "stopped":
            return not there
        return state == "delivered" and bool(there) and len(there) - len(again) <= 1

    def _out_of_order(self) -> Iterator[str]:
        """Answers of one session that stand before an earlier one: a platform counts its messages as they come."""
        shown = self._rows(
            "SELECT turn.session, turn.place, turn.id, MIN(CAST(remote_id AS BIGINT)) FROM turn"
            " JOIN shown ON shown.message = turn.answer WHERE shown.page = 0"
            " GROUP BY turn.session, turn.place, turn.id ORDER BY turn.session, turn.place, turn.id"
        )
        for (session, place, one, first), (same, here, other, second) in itertools.pairwise(shown):
            if (session, place) == (same, here) and first > second:
                yield f"turns {one} and {other} of session {session} are answered in the wrong order"

    def _conflicts(self) -> int:
        """How often Telegram has refused one of two that polled at once."""
        return sum(side.stand_in.conflicts for side in self.sides if isinstance(side, TelegramSide))

    def _story(self, key: int) -> list[Any]:
        """What the database knows of a question, for whoever looks into a trouble."""
        story = (
            "SELECT turn.id, state, attempt, preview, answer.finish, substr(answer.parts, -60), remote_id FROM"
            " turn JOIN message ON message.id = question LEFT JOIN message AS answer ON answer.id = turn.answer"
            " LEFT JOIN shown ON shown.message = turn.answer WHERE message.parts LIKE "
        )
        return self._rows(f"{story}'%K{key}\"%' OR message.parts LIKE '%K{key} %'")

    def _states(self) -> dict[int, str]:
        """The state of the turn of each key."""
        rows = self._rows("SELECT parts, state FROM turn JOIN message ON message.id = turn.question ORDER BY turn.id")
        return {int(key): state for parts, state in rows for key in _KEY.findall(parts)[-1:]}


def _is_cut_off(witness: psycopg.Connection[Any]) -> bool:
    try:
        witness.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


async def soak(
    kills: int,
    seed: int,
    people: int,
    directory: Path,
    *,
    database_url: str = "",
    processes: int = 1,
    stands_still_s: float = STANDS_STILL_S,
) -> Outcome:
    """Play it in `directory`; several processes share the database of a URL."""
    async with AsyncExitStack() as stack:
        it = await staged(stack, directory, seed, people, database_url)
        it.processes, it.stands_still_s = processes, stands_still_s
        if database_url:
            it.line = await stack.enter_async_context(Line(database_url))
            it.shared = {"database_url": it.line.url, "secret_key": "one secret of all the processes of a soak"}
        return await it.run(kills)


async def staged(stack: AsyncExitStack, directory: Path, seed: int, people: int, database_url: str = "") -> Soak:
    """A gateway that is not started yet, both platforms and a model, until the stack unwinds."""
    model = ModelServer()
    await model.start()
    stack.push_async_callback(model.close)
    sides = []
    for make in SIDES.values():
        side = make(SystemClock())
        await side.start()
        stack.push_async_callback(side.stop)
        sides.append(side)
    it = Soak(sides, model, directory / "data", seed, people, database_url)
    stack.callback(it._kill)
    return it


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=5, help="on each platform")
    parser.add_argument("--processes", type=int, default=1, help="more than one: on PostgreSQL")
    parser.add_argument("--still", type=float, default=STANDS_STILL_S, help="seconds for which one stands still")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory, ExitStack() as stack:
        url = ""
        if options.processes > 1:
            server = stack.enter_context(running(Path(directory)))
            url = stack.enter_context(server.database())
        it = asyncio.run(
            soak(
                options.kills,
                options.seed,
                options.people,
                Path(directory),
                database_url=url,
                processes=options.processes,
                stands_still_s=options.still,
            )
        )
    acts = ", ".join(f"{name} {count}" for name, count in it.acts.most_common())
    sys.stdout.write(
        f"{it.kills} blows in {time.monotonic() - began:.0f} s, seed {options.seed}\n"
        f"{it.said} messages, of those left as they were: {it.answered} answered once, {it.apologies} apologies; "
        f"{it.stopped} answers stopped; {it.marked} answers came again and said so; "
        f"{it.left_over} previews of a killed moment left over in groups\n{acts}\n"
    )
    for trouble in it.troubles:
        sys.stdout.write(f"✗ {trouble}\n")
    return 1 if it.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
