"""A delivery over a platform that answers as it is told, on a clock that tells who sleeps."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.contracts.bots import Bots
from bot.contracts.platform import Address, Alone, Capabilities
from bot.delivery.outbox import Delivery
from bot.domain.blocks import Page, plain_page
from bot.domain.errors import PlatformError, Unreachable
from bot.domain.ids import PersonId, SessionId, TurnId
from bot.domain.people import RoleRules
from bot.domain.places import Place, PlaceKind
from bot.telemetry.metrics import Metrics
from storage import claims, ledger, outbox, places, turns
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program, T
from tests.storage.conftest import HERE, NOW, ask
from tests.support.clock import FakeClock

GROUP = Place("telegram", "100", "-7", "", PlaceKind.GROUP)
THREAD = Place("telegram", "100", "-7", "3", PlaceKind.GROUP_THREAD)
STUB = "…"
USUAL = Capabilities(
    text_limit=4000,
    caption_limit=1000,
    upload_limit_bytes=1000,
    download_limit_bytes=1000,
    preview_interval_s=1,
    draft_lifetime_s=None,
    typing_lifetime_s=5,
    buttons_per_row=2,
    button_rows=5,
    button_label_limit=20,
    button_data_bytes=60,
    choices_limit=10,
    creates_threads=False,
    renames_threads=False,
    deduplicates_sends_s=0,
    private_answers=Alone.NEVER,
    alert_limit=0,
    forms=False,
    messages_per_answer=None,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as it came."""

    place: Place
    text: str
    page: Page
    reply_to: str | None
    nonce: str
    edits: str | None
    state: str
    """Of the page, in the database meanwhile."""


@dataclass
class Wire:
    """The platform: answers each call with the next of `outcomes`, and well where there is none."""

    database: Database
    name: str = "telegram"
    bot: str = "100"
    can: Capabilities = USUAL
    outcomes: list[BaseException | Callable[[], Awaitable[None]] | None] = field(default_factory=list)
    calls: list[Shown] = field(default_factory=list)
    waiting: int = 0
    """How many calls it has not answered."""
    typing_fails: PlatformError | None = None
    typed: int = 0
    shown_name: str = "@parley_bot"

    def capabilities(self, _: Place) -> Capabilities:
        return self.can

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        await self._called(place, page, address, nonce, None)
        return f"m{len(self.calls)}"

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._called(place, page, address, "", remote_id)

    async def typing(self, place: Place) -> None:
        self.typed += 1
        if self.typing_fails is not None:
            raise self.typing_fails

    async def delete(self, place: Place, remote_id: str) -> None:
        pass

    async def private_place(self, user_id: str) -> Place:
        raise Unreachable(user_id)

    async def _called(self, place: Place, page: Page, address: Address, nonce: str, edits: str | None) -> None:
        states = await self.database.read(_states())
        self.calls.append(Shown(place, page.text, page, address.reply_to, nonce, edits, " ".join(states)))
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, BaseException):
            raise outcome
        if outcome is not None:
            self.waiting += 1
            try:
                await outcome()
            finally:
                self.waiting -= 1

    @property
    def texts(self) -> list[str]:
        return [call.text for call in self.calls]


def _states() -> Program[list[str]]:
    rows = yield ("SELECT state FROM outbox ORDER BY id", ())
    return [state for (state,) in rows]


class Watched(Database):
    """Something may happen while it writes."""

    meanwhile: Callable[[], None] | None = None

    async def write(self, program: Program[T]) -> T:
        written = await super().write(program)
        if self.meanwhile is not None:
            self.meanwhile()
        return written


class Counted(FakeClock):
    """Knows how many wait for it."""

    waiting = 0

    async def sleep(self, seconds: float) -> None:
        self.waiting += 1
        try:
            await super().sleep(seconds)
        finally:
            self.waiting -= 1


class Even(random.Random):
    """No chance at all."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


@dataclass
class Stage:
    database: Watched
    wire: Wire
    clock: Counted
    bots: Bots
    delivered: list[SessionId] = field(default_factory=list)
    delivery: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.opened(exactly_once=False)

    def opened(self, *, exactly_once: bool) -> None:
        """The gateway begins."""
        self.delivery = Delivery(
            self.database,
            self.bots,
            self.clock,
            Even(),
            Metrics(),
            roles=RoleRules(frozenset({"telegram:user:9"})),
            exactly_once=exactly_once,
            on_delivered=self.delivered.append,
        )

    async def queue(
        self,
        page: str | Page,
        place: Place = HERE,
        *,
        remote_id: str | None = None,
        reply_to: str | None = None,
        turn: TurnId | None = None,
        number: int = 0,
        private: bool = False,
        announced: bool = False,
    ) -> OutboxPage:
        """Put a page into the outbox; it is not shown yet."""
        content = plain_page(page) if isinstance(page, str) else page

        def kept() -> Program[OutboxPage]:
            row, _ = yield from places.open_place(place, "")
            target = Target(row, place, remote_id, reply_to, private=private)
            return (yield from outbox.add(target, content, NOW, turn=turn, number=number, announced=announced))

        return await self.database.write(kept())

    async def shows(self, *pages: OutboxPage) -> None:
        """Show these, as far as it goes without the clock."""
        self.delivery.deliver(pages)
        await self.rests()

    async def rests(self) -> None:
        """Let everything go on that waits neither for the clock nor for the platform."""
        await asyncio.sleep(0)
        while self._delivering() > self.clock.waiting + self.wire.waiting:  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0)

    @staticmethod
    def _delivering() -> int:
        return sum(task.get_name().startswith("deliver-") for task in asyncio.all_tasks())

    async def left(self) -> list[str]:
        return await self.database.read(_states())


async def an_answer(stage: Stage) -> TurnId:
    """Alice has asked twice; the first answer, which she has paid for, is to be shown."""

    def answered() -> Program[TurnId]:
        turn = yield from ask("one")
        yield from ask("two")
        claimed = yield from claims.claim(turn.session, "w", NOW)
        assert isinstance(claimed, claims.Claimed)
        yield from turns.note_answer(claimed.turn.id, turn.question)
        yield from ledger.settle(claimed.turn.id, 100, NOW)
        return claimed.turn.id

    return await stage.database.write(answered())


async def balance(stage: Stage) -> int:
    return await stage.database.read(ledger.balance(PersonId(1)))
