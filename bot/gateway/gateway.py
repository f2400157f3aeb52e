"""One gateway: its parts wired together, from its start to its stop.

It knows platforms only as `Platform`, and models only through the chain.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import structlog

from bot.broadcasts import Broadcasts
from bot.charts.drawing import Drawing
from bot.contracts.command import Choice
from bot.contracts.leases import Hold
from bot.contracts.platform import Platform
from bot.delivery.outbox import Delivery
from bot.delivery.reactions import Reactions
from bot.delivery.waiting_signs import WaitingSigns
from bot.domain.errors import DatabaseDamaged, StorageError
from bot.domain.ids import SessionId
from bot.domain.incoming import Incoming, Invocation
from bot.domain.places import Customs, Place
from bot.domain.policy import Policy
from bot.files.library import Library
from bot.files.store import FileStore
from bot.gateway.own_tools import own_tools
from bot.gateway.upkeep import Upkeep
from bot.gateway.workload import Workload
from bot.incoming.acceptance import Acceptance
from bot.incoming.call import Call, FileAccess
from bot.incoming.commands import Dispatcher
from bot.incoming.greeting import Greeting
from bot.incoming.known_customs import KnownCustoms
from bot.incoming.letters import Letters
from bot.incoming.messages import Intake
from bot.incoming.reception import Reception
from bot.incoming.router import Router
from bot.parts import Parts
from bot.people.callers import Caller
from bot.people.mail import Post
from bot.schedules.runner import ScheduleRunner
from bot.shares import Shares
from bot.tools.servers import Servers
from bot.tools.toolbox import Tools
from bot.turns.answer_store import AnswerStore
from bot.turns.answer_writer import AnswerWriter
from bot.turns.approvals import Approvals
from bot.turns.beginnings import Beginnings
from bot.turns.briefing import Briefings
from bot.turns.endings import Endings
from bot.turns.engine import Engine
from bot.turns.follow_ups import FollowUps
from bot.turns.form_answers import FormAnswers
from bot.turns.previews import TurnPreviews
from bot.turns.speech import Speech
from bot.turns.summaries import Summaries
from bot.turns.titles import Titles
from bot.turns.turn_queue import TurnQueue
from bot.turns.turns import Turns
from bot.turns.unfinished import Unfinished
from bot.turns.worker import Worker
from bot.watching.alarm import Alarm
from bot.watching.processes import ProcessWatch
from bot.watching.servers import server_changed
from storage import bookmarks, places
from storage.outbox import OutboxPage

log = structlog.get_logger(__name__)

WORKER = "holder"
"""The name of the process that runs turns if there is only one: the holder of the data directory."""


class Gateway:
    """One running gateway. `start`, then `receive` as often as something comes, then `stop`."""

    def __init__(self, parts: Parts) -> None:
        self._database = database = parts.database
        self._bots = bots = parts.bots
        self._clock = clock = parts.clock
        self._policy = policy = parts.policy
        self._alerts = parts.alerts
        self._watch = parts.watch
        self._intake = Intake(policy, TurnQueue(policy))
        self._known_customs = KnownCustoms(database, policy, parts.news)
        changed = partial(server_changed, parts.alerts)
        self.servers = Servers(
            policy.tools.servers, parts.own_servers, parts.hosts, database, clock, parts.news, changed
        )
        self._delivery = Delivery(
            database,
            bots,
            clock,
            parts.rng,
            parts.metrics,
            roles=policy.roles,
            exactly_once=parts.exactly_once,
            on_delivered=self._go_on,
        )
        deliver = self._delivery.deliver
        self._follow_ups = FollowUps(
            Titles(database, bots, parts.chain, policy, clock),
            Summaries(database, parts.chain, parts.profiles, parts.own, policy, clock),
            Speech(database, parts.chain, policy, clock, deliver),
        )
        self._file_store = FileStore(database, parts.blobs, policy.files, clock)
        self._library = self._library_of(parts)
        more = own_tools(parts, self._library, self._intake.turn_queue, self._reminder_kept)
        self._tools = Tools(database, policy.tools, clock, self.servers, more=more, take_in=self._library.take_in)
        self._endings = Endings(database, clock, parts.rng, deliver)
        self._reactions = Reactions(database, bots, clock, deliver)
        self._signs = WaitingSigns(database, bots, clock)
        answers = AnswerStore(bots, parts.chain, self._file_store, self._follow_ups.summaries, policy, clock)
        self._unfinished = Unfinished(bots, answers, self._endings, policy, clock)
        self._approvals = Approvals(bots, policy, clock)
        self._worker = self._worker_of(parts, answers)
        self._takes_up = False
        self._turns = Turns(
            self._intake.turn_queue, self._worker, self._endings, self._unfinished, deliver, self._signs
        )
        self._schedule_runner = ScheduleRunner(
            database, bots, self._intake.turn_queue, policy, clock, deliver, self._turns.kick
        )
        self.broadcasts = Broadcasts(database, bots, policy.roles, clock, deliver)
        self.letters = Letters(database, bots, self.receive)
        self._dispatcher = self._dispatcher_of(parts)
        self._reception = self._reception_of(parts)
        self.work = Workload(database, bots, self._reception, self._worker, self._delivery, self._follow_ups.speech)
        self._alarm = Alarm(database, clock, policy.roles)
        self.upkeep = Upkeep(parts, self._alarm, self._file_store, self._unfinished, deliver)
        self.processes = ProcessWatch(parts.alerts)

    def _reminder_kept(self, pages: Iterable[OutboxPage]) -> None:
        self._delivery.deliver(pages)
        self._schedule_runner.look_again()

    def _library_of(self, parts: Parts) -> Library:
        return Library(
            parts.database,
            parts.blobs,
            self._file_store,
            parts.bots,
            parts.chain,
            parts.sandbox,
            parts.policy.files,
            parts.clock,
            deliver=self._delivery.deliver,
        )

    def _worker_of(self, parts: Parts, answers: AnswerStore) -> Worker:
        return Worker(
            parts.database,
            Beginnings(parts.bots, self._endings, self._unfinished, parts.policy),
            self._engine_of(parts, answers),
            self._endings,
            parts.clock,
            parts.database.process or WORKER,
            parts.slots,
            shares_of(parts.policy),
            self._delivery.deliver,
        )

    def _engine_of(self, parts: Parts, answers: AnswerStore) -> Engine:
        database, bots, policy, clock = parts.database, parts.bots, parts.policy, parts.clock
        briefings = Briefings(database, parts.blobs, self._library, parts.profiles, parts.own, policy, clock)
        return Engine(
            AnswerWriter(parts.chain, briefings, self._tools, clock),
            TurnPreviews(database, bots, policy, clock, self._signs),
            answers,
            self._endings,
            self._approvals,
            clock,
            parts.metrics,
            on_answer=self._follow_ups.after_answer,
        )

    def _reception_of(self, parts: Parts) -> Reception:
        database, clock = parts.database, parts.clock
        acceptance = Acceptance(
            database, self._intake, self._turns, self._delivery, self._reactions, self._signs, self._library, clock
        )
        greeting = Greeting(database, parts.bots, self._policy, self._delivery.deliver, clock)
        router = Router(
            database, parts.bots, acceptance, self._dispatcher, greeting, self._turns, self._delivery, clock
        )
        return Reception(database, acceptance, router, parts.own, parts.alerts, clock)

    def _dispatcher_of(self, parts: Parts) -> Dispatcher:
        commands = {command.name: command for command in parts.commands}

        def make_call(caller: Caller, invocation: Invocation) -> Call:
            return Call(
                caller,
                invocation,
                bots=parts.bots,
                commands=commands,
                database=parts.database,
                policy=parts.policy.at(invocation.place),
                clock=parts.clock,
                profiles=parts.profiles,
                own=parts.own,
            )

        things = (
            self._turns,
            self._tools,
            self.servers,
            self._approvals,
            FormAnswers(self._approvals),
            self._follow_ups.titles,
            self._schedule_runner,
            self.broadcasts,
            self.letters,
            self._follow_ups.summaries,
            self._follow_ups.speech,
            self._delivery,
            Drawing(),
            FileAccess(parts.blobs, self._file_store, parts.file_links, parts.uploads),
            Post(parts.send_mail),
            parts.page_links,
            parts.roster,
            self._known_customs,
        )
        return Dispatcher(
            parts.commands,
            parts.bots,
            make_call,
            {type(one): one for one in things},
            parts.database,
            parts.policy,
            parts.clock,
            parts.rng,
            self._delivery,
            self._reactions,
        )

    async def start(self) -> None:
        """Requeue the turns that an earlier run was working on; what waits for a bot is resumed when it opens:
        `take_up`.

        With a damaged database nothing is resumed, and the gateway runs only to say so: see `warn`.
        """
        try:
            await self._alarm.learn()
            await self._alerts.load()
            await self.look()
            if not self._database.process:
                await self.upkeep.run()
            await self._worker.start()
            if not self._database.process:
                await self.take_up_summaries()
            self._takes_up = True
        except DatabaseDamaged:
            log.error("nothing_taken_up")
        self._telling = asyncio.create_task(self._alerts.run(self._delivery.deliver), name="alerts")

    async def take_up_summaries(self) -> None:
        """Make the summaries that an earlier run has left: in one process, for each is paid. Raises StorageError."""
        await self._follow_ups.summaries.start()

    async def warn(self, platform: Platform) -> None:
        """Wait until the database is found damaged, and tell the admins on this platform, which must be open."""
        await self._alarm.watch(platform)

    async def take_up(self, platform: Platform) -> None:
        """Continue what an earlier run had accepted through this bot, which must be open, and not finished.

        Call it before anything is received there.

        Raises:
            SettingsError: the bot is open already, by another token.
        """
        self._bots.note_open(platform)
        try:
            if self._takes_up:
                await self._signs.take_over(platform.name, platform.bot)
                await self.work.go_on_in(platform.name, platform.bot)
            await self._reception.take_over(platform.name, platform.bot)
        except StorageError as error:
            log.error("waiting_not_taken_up", error=error)

    def deliver(self, pages: Iterable[OutboxPage]) -> None:
        """Show these pages, which are in the outbox."""
        self._delivery.deliver(pages)

    async def receive(self, batch: Sequence[Incoming]) -> None:
        """Store everything in a batch, in order; afterwards it may be acknowledged. See `Reception.receive`.

        Raises:
            StorageError: something of it could not be kept; the whole batch may be handed in again.
        """
        await self._reception.receive(batch)

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        """What can be chosen for a parameter of a command that is still being typed."""
        return await self._dispatcher.choices(invocation, param, typed)

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        """Up to which message all that was said is kept, for every place of which that is known."""
        return await self._database.read(places.heard(platform, bot))

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        """What a front-end noted down for itself."""
        return await self._database.read(bookmarks.all_of(platform, bot))

    def customs(self, place: Place) -> Customs:
        """Who is answered at a place and where, as its admins have chosen; it may be a moment behind."""
        return self._known_customs.at(place)

    async def do_schedules(self, hold: Hold) -> None:
        """Do what is due, until cancelled: in one process."""
        if self._takes_up:
            await self._schedule_runner.run(hold)

    async def do_broadcasts(self, hold: Hold) -> None:
        """Tell many people what an admin has written, until cancelled: in one process."""
        if self._takes_up:
            await self.broadcasts.run(hold)

    async def look(self) -> None:
        """Look whether all is well that this process depends on, and what others may have changed: every minute.

        Raises:
            StorageError: the next call looks again.
        """
        self._watch.look()
        await self._known_customs.load()
        await self.servers.look()

    @property
    def answers_running(self) -> int:
        """How many answers `stop` would wait for."""
        return self._worker.running

    async def stop(self, grace_s: float) -> None:
        """Let running answers finish and be shown for up to `grace_s`; the rest resume at the next start."""
        began = self._clock.monotonic()
        self._telling.cancel()
        await self._reception.drain(grace_s)
        await self._library.close()
        await self._reactions.close()
        await self._signs.close()
        await self._worker.drain(max(0.0, grace_s - (self._clock.monotonic() - began)))
        await self._delivery.drain(max(1.0, grace_s - (self._clock.monotonic() - began)))
        await self.servers.close()
        await self._follow_ups.close()

    def _go_on(self, session: SessionId) -> None:
        self._worker.kick(session)


def shares_of(policy: Policy) -> Shares:
    """How much anyone may have at once."""
    return Shares({"person": policy.at_once_per_person, "chat": policy.at_once_per_chat})
