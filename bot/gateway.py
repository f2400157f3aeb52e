"""The gateway without its surroundings: takes what platforms bring in, runs turns, sees answers out.

This wires the engine's parts together; it knows platforms only as `Platform` and models only through the chain.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog

from bot.alarm import Alarm
from bot.alerts import Alerts
from bot.before import with_before
from bot.briefing import Briefings
from bot.chain import Chain
from bot.clock import Clock
from bot.command import Choice, Command
from bot.deleting import forget_deleted
from bot.delivery import Delivery
from bot.dispatch import Dispatcher, Services
from bot.engine import Engine
from bot.errors import DatabaseDamaged, StorageError
from bot.files.library import Library
from bot.files.sandbox import Sandbox
from bot.ids import AttachmentId, SessionId, TurnId, UnixMs
from bot.intake import Intake
from bot.mail import Send
from bot.metrics import Metrics
from bot.own import OwnEndpoints
from bot.platform import Platform
from bot.policy import Policy
from bot.profiles import Profiles
from bot.shares import Shares
from bot.signs import Signs
from bot.titles import Titles
from bot.types import (
    Bookmarks,
    ChatRenumbered,
    Deleted,
    HeardTo,
    Inbound,
    Incoming,
    Invocation,
    Place,
    StopRequest,
    ThreadChanged,
    TitleBy,
    TurnState,
    Unreadable,
)
from bot.watch import Watch
from bot.worker import Worker
from storage import bookmarks, erasing, inbox, places, search, sessions, spending, turns
from storage.blobs import Blobs
from storage.database import Database, Program

log = structlog.get_logger(__name__)

_SEEN_FOR_MS = 3 * 24 * 3600 * 1000
"""How long events are remembered. Telegram delivers unconfirmed ones again for a day."""


class Gateway:
    """One running gateway. `start`, then `receive` as often as something comes, then `stop`."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        sandbox: Sandbox,
        platforms: Mapping[str, Platform],
        chain: Chain,
        own: OwnEndpoints,
        policy: Policy,
        profiles: Profiles,
        commands: Sequence[Command],
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
        alerts: Alerts,
        watch: Watch,
        *,
        exactly_once: bool,
        slots: int,
        send_mail: Send | None,
        file_links: Callable[[AttachmentId], str] | None,
    ) -> None:
        """`file_links` makes a link to a file that is kept, where the gateway can be reached from outside."""
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._policy = policy
        self._alerts = alerts
        self._watch = watch
        self._intake = Intake(policy)
        self._titles = Titles(database, platforms, chain, policy, clock)
        self._delivery = Delivery(
            database,
            platforms,
            clock,
            rng,
            metrics,
            roles=policy.roles,
            exactly_once=exactly_once,
            on_delivered=self._go_on,
        )
        self._library = Library(
            database, blobs, platforms, chain, sandbox, policy.files, clock, deliver=self._delivery.deliver
        )
        self._engine = Engine(
            database,
            platforms,
            chain,
            Briefings(database, blobs, self._library, profiles, own, policy, clock),
            blobs,
            policy,
            clock,
            rng,
            metrics,
            deliver=self._delivery.deliver,
            on_answer=self._titles.after_answer,
        )
        self._signs = Signs(database, platforms, clock, self._delivery.deliver)
        name = f"{rng.getrandbits(64):016x}"
        self._worker = Worker(database, self._engine, clock, name, slots, shares_of(policy), self._delivery.deliver)
        services = Services(
            database=database,
            policy=policy,
            profiles=profiles,
            own=own,
            clock=clock,
            rng=rng,
            intake=self._intake,
            kick=self._worker.kick,
            stop=self._worker.stop,
            end_queued=self._engine.end_queued,
            deliver=self._delivery.deliver,
            sign=self._signs.put,
            renamed=self._titles.show,
            close_thread=self._titles.close_thread,
            retitle=self._titles.retitle,
            send_mail=send_mail,
            blobs=blobs,
            file_links=file_links,
        )
        self._dispatcher = Dispatcher(commands, platforms, services)
        self._alarm = Alarm(database, clock, policy.roles)

    async def start(self) -> None:
        """Take up what an earlier run left: pages in the outbox, turns that were waiting or running.

        With a damaged database nothing is taken up, and the gateway stays only to say so: see `warn`.
        """
        try:
            await self._alarm.learn()
            await self._alerts.load()
            await self.housekeeping()
            await self._delivery.recover()
            await self._worker.start()
        except DatabaseDamaged:
            log.error("nothing_taken_up")
        self._telling = asyncio.create_task(self._alerts.run(self._delivery.deliver), name="alerts")

    async def warn(self, platform: Platform) -> None:
        """Wait until the database is found damaged, and tell the admins on this platform, which must be open."""
        await self._alarm.watch(platform)

    async def receive(self, batch: Sequence[Incoming]) -> None:
        """Keep everything in a batch, in order; afterwards it may be acknowledged.

        Raises:
            StorageError: something of it could not be kept; the whole batch may be handed in again.
        """
        said: list[Inbound | Unreadable] = []
        for incoming in batch:
            match incoming:
                case Inbound() | Unreadable():
                    said.append(incoming)
                    continue
                case Invocation():
                    await self._accept(said)
                    await self._guarded(self._dispatcher.handle(incoming), incoming.event_key)
                case StopRequest():
                    await self._accept(said)
                    await self._guarded(self._stop(incoming), incoming.event_key)
                case ThreadChanged():
                    await self._accept(said)
                    for turn in await self._database.write(_follow(incoming)):
                        self._worker.stop(turn)
                case Deleted():
                    await self._accept(said)
                    forgetting = forget_deleted(incoming, self._engine.end_queued, self._clock.now())
                    for turn in await self._database.write(forgetting):
                        self._worker.stop(turn)
                case HeardTo(place, remote_id):
                    await self._accept(said)
                    await self._database.write(places.note_heard(place, remote_id))
                case Bookmarks(platform, bot, marks):
                    await self._accept(said)
                    await self._database.write(bookmarks.put(platform, bot, marks))
                case ChatRenumbered(_, place, chat):
                    await self._accept(said)
                    await self._database.write(places.renumber(place, chat))
            said = []
        await self._accept(said)

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        """What can be chosen for a parameter of a command that is still being typed."""
        return await self._dispatcher.choices(invocation, param, typed)

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        """Up to which message all that was said is kept, for every place of which that is known."""
        return await self._database.read(places.heard(platform, bot))

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        """What a front-end noted down for itself."""
        return await self._database.read(bookmarks.all_of(platform, bot))

    async def housekeeping(self) -> None:
        """Erase what was deleted long enough ago, forget events that no platform repeats. Run it every minute."""
        now = self._clock.now()
        self._watch.look()

        def clean() -> Program[None]:
            yield from inbox.forget_before(UnixMs(now - _SEEN_FOR_MS))
            yield from spending.forget_before(now - _SEEN_FOR_MS)
            yield from places.forget_left()

        while await self._database.write(search.index_pending()):
            while await self._database.write(search.tidy()):
                continue
        await self._alarm.learn()
        undo_ends = UnixMs(now - self._policy.undo_minutes * 60_000)
        erased = await erasing.in_steps(self._database, lambda: erasing.messages_forgotten(undo_ends))
        erased += await erasing.in_steps(self._database, lambda: erasing.sessions_deleted(undo_ends))
        await self._database.write(clean())
        erased += await self._library.clean()
        if erased:
            log.info("erased", count=erased)
            await self._wipe()
        await self._database.fold_log()

    async def _wipe(self) -> None:
        """Leave nothing of what was erased in the files: not in the index, in free pages, or in the log."""
        # Others write between the steps.
        while await self._database.write(search.merge()):
            continue
        await self._database.wipe_free()

    @property
    def answers_running(self) -> int:
        """How many answers `stop` would wait for."""
        return self._worker.running

    async def stop(self, grace_s: float) -> None:
        """Let running answers finish and be shown for up to `grace_s`; the rest goes on at the next start."""
        began = self._clock.monotonic()
        self._telling.cancel()
        await self._library.close()
        await self._signs.close()
        await self._worker.drain(grace_s)
        await self._delivery.drain(max(1.0, grace_s - (self._clock.monotonic() - began)))
        await self._titles.close()

    def _go_on(self, session: SessionId) -> None:
        self._worker.kick(session)

    async def _accept(self, batch: Sequence[Inbound | Unreadable]) -> None:
        if not batch:
            return
        batch = await self._with_before(batch)
        try:
            accepted = await self._database.write(self._intake.accept(batch, self._clock.now()))
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001
            # The border of intake: one message that breaks it must not be retried for ever with its whole batch.
            await self._accept_singly(batch, error)
            return
        for session, _ in accepted.queued:
            self._worker.kick(session)
        for turn in accepted.outdated:
            self._worker.stop(turn)
        self._delivery.deliver(accepted.pages)
        for unheard in accepted.unheard:
            self._signs.put(unheard)
        for message, sent in accepted.files:
            self._library.fetch_soon(message, sent)
        for inbound, asked in accepted.answers:
            await self._guarded(self._dispatcher.answer(inbound, asked), inbound.event_key)

    async def _with_before(self, batch: Sequence[Inbound | Unreadable]) -> Sequence[Inbound | Unreadable]:
        """The batch, in which the first question of each thread that a person opened has what stood above it."""
        begun: set[Place] = set()
        whole: list[Inbound | Unreadable] = []
        for said in batch:
            if isinstance(said, Inbound) and said.place not in begun:
                begun.add(said.place)
                said = said if said.before else await with_before(self._database, self._platforms, said)
            whole.append(said)
        return whole

    async def _accept_singly(self, batch: Sequence[Inbound | Unreadable], error: Exception) -> None:
        if len(batch) > 1:
            for incoming in batch:
                await self._accept([incoming])
            return
        incoming = batch[0]
        log.error("message_set_aside", key=incoming.event_key, exc_info=error)
        if isinstance(incoming, Inbound):
            place = incoming.place
            letter = Unreadable(incoming.event_key, place.platform, place.bot, repr(incoming), repr(error))
            await self._database.write(self._intake.accept([letter], self._clock.now()))

    async def _guarded(self, work: Coroutine[Any, Any, None], event_key: str) -> None:
        try:
            await work
        except StorageError:
            raise
        except Exception:
            # The border of commands: a broken one must not be retried for ever, nor hold up what comes after it.
            log.exception("command_broke", key=event_key)

    async def _stop(self, request: StopRequest) -> None:
        def note() -> Program[bool]:
            found = yield from turns.get(request.turn)
            if found is None or found[0].place != request.place or found[1] is not TurnState.RUNNING:
                return False
            yield from turns.request_stop(request.turn)
            return True

        if await self._database.write(note()):
            self._worker.stop(request.turn)


def shares_of(policy: Policy) -> Shares:
    """What everybody may have at once."""
    return Shares({"person": policy.at_once_per_person, "chat": policy.at_once_per_chat})


def _follow(changed: ThreadChanged) -> Program[list[TurnId]]:
    """What people do with a thread, its session follows; gives the turns that are to end because it was closed.

    Our own doings come back too, and change nothing.
    """
    number = yield from places.session_at(changed.place)
    session = (yield from sessions.get(number)) if number is not None else None
    if session is None:
        return []
    # A platform may have cut the title that we gave the thread.
    if changed.title and not session.title.startswith(changed.title):
        yield from sessions.set_title(session.id, changed.title, TitleBy.PERSON)
    return (yield from _stopped_by_closing(session.id)) if changed.closed else []


def _stopped_by_closing(session: SessionId) -> Program[list[TurnId]]:
    """Nothing can be said in a closed thread: what runs there ends, and what waits will when it begins."""
    running = []
    for turn, state in (yield from turns.open_turns(session)):
        if state is not TurnState.ANSWERED:
            yield from turns.request_stop(turn)
        if state is TurnState.RUNNING:
            running.append(turn)
    return running
