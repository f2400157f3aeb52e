"""Delivery: every page in the outbox is shown once, in order, however often things fail.

Each place has its own queue, so that one chat's trouble holds up no other. A page is marked `sending` before the call
and deleted after it. A page found as `sending` after a crash, or after a time-out, has an unknown outcome, which is a
third thing beside success and failure:

- an edit is repeated: it is idempotent;
- a new message is repeated with the same nonce where the platform shows such a one only once, as long as it does;
- elsewhere, and later, it is sent again and says so, never silently twice. With `exactly_once` an empty message is sent
  first and then filled by an edit, so that at worst an empty message is left over.

A page is tried until it is in. What is refused for good comes in its next best form (`bot.delivery.ladder`); where
there is none left, nobody pays for the answer, an admin is told, and the page is kept for a while in
`storage.given_up`. An edit that only says that something is over ends with the message in which it stood.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog

from bot.contracts.bots import Bots
from bot.contracts.platform import Address, Alone, Capabilities, Platform
from bot.delivery.ladder import Form, Ladder, keep
from bot.delivery.lines import Lines
from bot.domain.blocks import Page, paragraph, plain_page
from bot.domain.clock import Clock
from bot.domain.errors import (
    ChatMoved,
    MessageGone,
    NotAlone,
    NotSent,
    PlatformError,
    Rejected,
    StorageError,
    Unreachable,
)
from bot.domain.ids import SessionId, TurnId, UnixMs
from bot.domain.people import RoleRules
from bot.domain.places import Place
from bot.pacing import Withdrawn
from bot.rendering.keyboard import fitted
from bot.rendering.pages import MOVED, SENT_AGAIN, notice
from bot.telemetry.metrics import Metrics
from bot.texts import said_later, say_in
from storage import broadcasts, claims, given_up, ledger, outbox, places, private_chats, turns
from storage.broadcasts import Miss
from storage.database import Database
from storage.given_up import Reason
from storage.outbox import OutboxPage, PageState, Target
from storage.programs import Program, by_itself

log = structlog.get_logger(__name__)

T = TypeVar("T")

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
LONGEST_WAIT_UNKEPT_S = 5.0
"""Where the database takes nothing: trying has no effect that anybody sees."""
_STUB = plain_page("…")
NOT_ASKED = said_later("This question is no longer open.")
"""What becomes of a card whose question is asked elsewhere, or no longer."""
_NOT_SHOWN = "could not be shown"
_TELL_AGAIN_MS = 24 * 3600 * 1000
_TELL_APART_MS = 3600 * 1000
"""A platform that takes nothing anywhere is told of once in that time, not once for each chat."""
_GIVEN_UP = said_later(
    "{platform} rejects everything I send to one of its chats (place {place}), so someone got no "
    "answer. Nothing was charged. Give me the permissions that `parley doctor` names, or remove me "
    "from there."
)


@dataclass(frozen=True, slots=True)
class _Left:
    """A page that is not in yet, and how to go on with it: after a wait, unless `at_once`."""

    page: OutboxPage
    at_once: bool = False
    form: Form | None = None
    """What becomes of it, where it was refused for good."""
    unkept: bool = False
    """The database took nothing, so no call was made."""


@dataclass(slots=True)
class _Queue:
    """What waits for one place, in the order of the outbox."""

    pages: deque[OutboxPage]
    task: asyncio.Task[None] | None = None


class Delivery:
    """Shows what the outbox holds. `on_delivered` hears of each session that may go on with its next turn."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
        *,
        roles: RoleRules,
        exactly_once: bool,
        on_delivered: Callable[[SessionId], None],
    ) -> None:
        self._database = database
        self._bots = bots
        self._clock = clock
        self._rng = rng
        self._metrics = metrics
        self._roles = roles
        self._exactly_once = exactly_once
        self._on_delivered = on_delivered
        self._ladder = Ladder(database, bots, clock)
        self._lines = Lines(bots, clock)
        self._queues: dict[int, _Queue] = {}
        self._ended = False

    def take_up(self, left: Iterable[OutboxPage]) -> None:
        """Go on with these pages, which wait in the outbox for a bot that is open, unless that is under way."""
        held = {page.id for queue in self._queues.values() for page in queue.pages}
        self.deliver(page for page in left if page.id not in held)

    def deliver(self, pages: Iterable[OutboxPage]) -> None:
        """Show these pages, which are kept in the outbox already, after those that wait at their places."""
        for page in pages:
            if self._ended or not page.ours or self._bots.find(page.place) is None:
                continue  # Its bot is switched off, or not open yet: the page waits in the outbox, see `take_up`.
            queue = self._queues.setdefault(page.place_row, _Queue(deque()))
            queue.pages.append(page)
            if queue.task is None:
                queue.task = asyncio.create_task(self._drain(page.place_row, queue), name=f"deliver-{page.place_row}")

    def is_at_work(self, platform: str, bot: str) -> bool:
        """Whether something is being shown by this bot."""
        places = [queue.pages[0].place for queue in self._queues.values() if queue.pages]
        return any((place.platform, place.bot) == (platform, bot) for place in places)

    async def drain(self, timeout_s: float) -> None:
        """Wait until everything is shown, at most so long; what is left, and what comes after it, stays in the outbox.

        A page that is refused meanwhile may go on at another place, which is waited for as well.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while tasks := self._at_work():
                    await asyncio.wait(tasks)
        self._ended = True
        tasks = self._at_work()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _at_work(self) -> list[asyncio.Task[None]]:
        tasks = (queue.task for queue in self._queues.values())
        return [task for task in tasks if task is not None and not task.done()]

    async def _drain(self, place_row: int, queue: _Queue) -> None:
        wait_s = _FIRST_WAIT_S
        while queue.pages:
            try:
                left = await self._show(queue.pages[0])
                if left is not None and left.form is not None:
                    await self._take_form(queue, left.form)
                    wait_s = _FIRST_WAIT_S
                    continue
            except StorageError as error:
                log.error("delivery_waits", place=place_row, error=error)
                left = _Left(queue.pages[0], unkept=True)
            except Exception:
                # The border of a place: a defect in a front-end must not silence a chat forever.
                log.exception("delivery_broke", place=place_row, page=queue.pages[0].id)
                left = _Left(queue.pages[0])
            if left is None:
                queue.pages.popleft()
                wait_s = _FIRST_WAIT_S
                continue
            queue.pages[0] = left.page
            if not left.at_once:
                self._metrics.page(left.page.place.platform, "again")
                await self._wait(left, wait_s * self._rng.uniform(0.75, 1.25))
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        del self._queues[place_row]

    async def _wait(self, left: _Left, wait_s: float) -> None:
        if left.unkept:
            await self._clock.sleep(min(wait_s, LONGEST_WAIT_UNKEPT_S))
        else:
            await self._lines.wait(left.page.place, wait_s)

    async def _take_form(self, queue: _Queue, form: Form) -> None:
        """Put what the first page has become into its place, or into the queue of another place."""
        page, *behind = queue.pages

        def change() -> Program[list[OutboxPage]]:
            if form.lost and page.turn is not None:
                yield from ledger.refund(page.turn, _NOT_SHOWN, self._clock.now())
            return (yield from keep(form, behind))

        changed = await self._database.write(change())
        # Others may have been queued meanwhile.
        later = list(queue.pages)[1 + len(behind) :]
        queue.pages = deque(entry for entry in (*changed, *later) if entry.place_row == page.place_row)
        self.deliver(entry for entry in changed if entry.place_row != page.place_row)

    async def _show(self, page: OutboxPage) -> _Left | None:
        """Make one attempt; None when the page needs no further one."""
        unknown = page.state is PageState.SENDING
        if not unknown:
            page = replace(page, called_at=self._clock.now())
        sending: OutboxPage | None = replace(page, state=PageState.SENDING)
        if page.state is not PageState.ANNOUNCED:
            sending = await self._database.write(outbox.note_sending(page))
        if sending is None:
            return None  # Erased meanwhile, with its session.
        platform = self._bots.at(page.place)
        try:
            if page.private and not page.place.kind.private and _reaches_all(platform, page.place):
                raise NotAlone("It is for one person only, and everyone would read it.")
            if self._sends_stub_first(platform, page):
                stub = await platform.send(page.place, _STUB, _address(page), nonce=self._nonce(page))
                return _Left(await self._database.write(outbox.note_target(sending, stub)), at_once=True)
            remote_id = await self._call(platform, sending, again=unknown)
        except PlatformError as error:
            return await self._failed(sending, error, unknown=unknown)
        except Withdrawn:
            # The program is ending: the next one need not fear that this was shown.
            if not unknown:
                with contextlib.suppress(StorageError):
                    await self._database.write(outbox.note_not_sent(sending))
            raise
        self._lines.answers(page.place)
        self._metrics.page(page.place.platform, "shown")
        await self._note_shown(sending, remote_id)
        return None

    async def _note_shown(self, page: OutboxPage, remote_id: str) -> None:
        """Note that a page is shown, once the database takes it: until then nothing else is done about the page."""
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                noted = partial(_noted, page, remote_id, self._clock.now())
                return self.deliver(await self._settle_page(page, noted))
            except StorageError as error:
                log.error("shown_page_not_noted", page=page.id, error=error)
            await self._clock.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_UNKEPT_S)

    def _sends_stub_first(self, platform: Platform, page: OutboxPage) -> bool:
        can_repeat = page.remote_id is not None or platform.capabilities(page.place).deduplicates_sends_s > 0
        # No edit makes a voice message of another.
        can_repeat = can_repeat or (page.page.file is not None and page.page.file.voice is not None)
        return self._exactly_once and not can_repeat

    async def _call(self, platform: Platform, page: OutboxPage, *, again: bool) -> str:
        page = replace(page, page=_fitted(page.page, platform.capabilities(page.place)))
        if page.remote_id is not None:
            await platform.edit(page.place, page.remote_id, page.page, _address(page))
            return page.remote_id
        content = page.page
        age_s = (self._clock.now() - page.called_at) / 1000
        if again and age_s >= platform.capabilities(page.place).deduplicates_sends_s:
            content = await self._with_note(page, SENT_AGAIN)
        return await platform.send(page.place, content, _address(page), nonce=self._nonce(page))

    async def _with_note(self, page: OutboxPage, note: str) -> Page:
        """The page under a sentence of ours, in the language of whom it is for."""
        say = say_in(await self._database.read(outbox.language_of(page)))
        return replace(page.page, blocks=(paragraph(say(note)), *page.page.blocks))

    async def _failed(self, page: OutboxPage, error: PlatformError, *, unknown: bool) -> _Left | None:
        """What comes after a failed attempt. `unknown`: an earlier attempt may have had its effect."""
        log.warning(
            "page_not_shown", page=page.id, turn=page.turn, place=page.place_row, error=type(error).__name__,
            detail=error,
        )  # fmt: skip
        if isinstance(error, NotSent):
            self._lines.is_cut(page.place)
        elif isinstance(error, Rejected | MessageGone | Unreachable):
            self._lines.answers(page.place)
        match error:
            case NotSent() if not unknown:
                return _Left(await self._database.write(outbox.note_not_sent(page)))
            case ChatMoved(chat=chat):
                return await self._moved(page, chat)
            case MessageGone() | Unreachable() | Rejected() | NotAlone() if page.page.only_there:
                return await self._settle_page(page, partial(outbox.drop, page))
            case MessageGone() if page.remote_id is not None:
                # The person deleted it, or it is too old to be edited: the content comes as a new message.
                anew = await self._database.write(outbox.note_target(page, None))
                if page.turn is None:
                    anew = replace(anew, page=await self._with_note(page, MOVED))
                return _Left(anew, at_once=True)
            case MessageGone() | Unreachable() | Rejected() | NotAlone():
                form = await self._ladder.below(page, error)
                if form is not None:
                    return _Left(page, form=form)
                pages = await self._settle_page(page, partial(self._give_up, page, error, self._clock.now()))
                self._metrics.page(page.place.platform, "given_up")
                self.deliver(pages)
                return None
            case _:
                return _Left(page)

    async def _moved(self, page: OutboxPage, chat: str) -> _Left:
        """The chat continues under another id, and so does its outbox."""
        place = replace(page.place, chat=chat)

        def change() -> Program[int]:
            yield from places.renumber(page.place, chat)
            number, _ = yield from places.open_place(place, "")
            return number

        row = await self._database.write(change())
        moved = replace(page, place=place, place_row=row, remote_id=None, reply_to=None, state=PageState.QUEUED)
        return _Left(moved, at_once=True)

    def _give_up(self, page: OutboxPage, error: PlatformError, now: UnixMs) -> Program[list[OutboxPage]]:
        """The platform accepts no form of the page: no one pays for an answer with a part missing; admins are told."""
        yield from by_itself()
        reason = Reason.UNREACHABLE if isinstance(error, Unreachable) else Reason.REJECTED
        if page.broadcast is not None:
            # Many block a bot: whoever sent it sees whom it did not reach.
            yield from broadcasts.note_refused(page.id, Miss(reason.value))
            return []
        yield from given_up.keep(page, reason, now)
        if page.turn is not None:
            yield from ledger.refund(page.turn, _NOT_SHOWN, now)
        log.error("page_given_up", page=page.id, turn=page.turn, place=page.place_row)
        told: list[OutboxPage] = []
        if not (yield from places.may_tell_of(page.place_row, now, _TELL_AGAIN_MS, _TELL_APART_MS)):
            return told
        for chat in (yield from private_chats.of_admins(self._roles)):
            if chat.row == page.place_row:
                continue
            text = say_in(chat.language)(_GIVEN_UP, platform=page.place.platform.capitalize(), place=page.place_row)
            told.append((yield from outbox.add(Target(chat.row, chat.place), notice(text), now)))
        return told

    async def _settle_page(self, page: OutboxPage, make: Callable[[], Program[T]]) -> T:
        """Close a page, and its turn when it was the last."""

        def close() -> Program[tuple[T, SessionId | None]]:
            result = yield from make()
            ended = (yield from claims.end_if_shown(page.turn, self._clock.now())) if page.turn is not None else None
            return result, ended

        run = self._database.write(close()) if page.session is None else self._database.write_of(page.session, close)
        result, session = await run
        if session is not None:
            self._on_delivered(session)
        return result

    def _nonce(self, page: OutboxPage) -> str:
        """The first page of an answer has the nonce of its preview: one that a crash made us forget is found again."""
        if page.turn is not None and page.number == 0:
            return answer_nonce(page.turn, page.left_cards, self._database.life)
        return f"p{page.id}.{self._database.life}"


def answer_nonce(turn: TurnId, left_cards: int, life: str) -> str:
    """What the message that shows a turn is named after: its preview, its card, its answer. One that was left is not
    found again by what follows it.
    """
    return f"t{turn}.{left_cards}.{life}"


def _noted(page: OutboxPage, remote_id: str, now: UnixMs) -> Program[list[OutboxPage]]:
    """Note that a page is shown. A card that was withdrawn while it was sent loses its buttons again."""
    if (yield from outbox.note_sent(page, remote_id)) or page.turn is None or page.message is not None:
        return []
    if (yield from turns.state_of(page.turn)) is None:
        return []  # Erased meanwhile, with its session.
    say = say_in((yield from outbox.language_of(page)))
    there = Target(page.place_row, page.place, remote_id=remote_id)
    return [(yield from outbox.add(there, replace(notice(say(NOT_ASKED)), only_there=True), now))]


def _fitted(page: Page, at: Capabilities) -> Page:
    return replace(page, buttons=fitted(page.buttons, at)) if page.buttons else page


def _address(page: OutboxPage) -> Address:
    return Address(reply_to=page.reply_to, receipt=page.receipt, private=page.private, reader=page.reader)


def _reaches_all(platform: Platform, place: Place) -> bool:
    """Whether whatever is said there is read by everybody."""
    return platform.capabilities(place).private_answers is Alone.NEVER
