"""What becomes of each page that waits: shown once, in order; again where it was not; said where nobody knows.

The other end is a platform in memory that a test tells what to answer; the scenarios have the real ones.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from bot.contracts.bots import Bots
from bot.contracts.platform import Address, Capabilities, Platform
from bot.delivery.outbox import Delivery
from bot.domain.blocks import Button, OutFile, Page, plain_page
from bot.domain.errors import (
    ChatMoved,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    ReferenceRefused,
    Rejected,
    StorageError,
    ThreadRefused,
    Unreachable,
)
from bot.domain.ids import PersonId, SessionId, TurnId
from bot.domain.people import Identity, Role, RoleRules
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import TurnState
from bot.pacing import Withdrawn
from bot.rendering.pages import MOVED, SENT_AGAIN
from bot.telemetry.metrics import Metrics
from storage import claims, ledger, outbox, people, places, turns
from storage.database import Database, open_database
from storage.outbox import OutboxPage, Target
from storage.programs import Program, T
from tests.storage.conftest import HERE, NOW, ask
from tests.support.clock import FakeClock, settle

GROUP = Place("telegram", "100", "-7", "", PlaceKind.GROUP)
THREAD = Place("telegram", "100", "-7", "3", PlaceKind.GROUP_THREAD)
STUB = "…"
USUAL = Capabilities(
    text_limit=4000,
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
    private_answers=False,
    alert_limit=0,
    forms=False,
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
    shown_name: str = "@parley_bot"

    def capabilities(self, _: Place) -> Capabilities:
        return self.can

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        await self._called(place, page, address, nonce, None)
        return f"m{len(self.calls)}"

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._called(place, page, address, "", remote_id)

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


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with await open_database(tmp_path) as opened:
        opened.__class__ = Watched
        database = cast(Watched, opened)
        wire, bots = Wire(database), Bots()
        bots.note_open(cast(Platform, wire))
        stage = Stage(database, wire, Counted(), bots)
        yield stage
        database.meanwhile = None
        await stage.delivery.drain(0)


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


# Taking up


async def test_what_waits_is_taken_up_once(stage: Stage) -> None:
    go_on = asyncio.Event()
    stage.wire.outcomes = [lambda: _until(go_on)]
    one = await stage.queue("one")
    await stage.shows(one)
    await stage.queue("two")
    await stage.delivery.take_up("telegram", "100")
    await stage.rests()
    assert stage.wire.texts == ["one"], "A place's pages go one after the other."
    go_on.set()
    await settle(3)
    await stage.rests()
    assert stage.wire.texts == ["one", "two"] and await stage.left() == []


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def test_what_another_process_or_no_open_bot_shows_waits(stage: Stage) -> None:
    page = await stage.queue("one")
    elsewhere = await stage.queue("two", Place("telegram", "101", "1"))
    await stage.shows(replace(page, ours=False), elsewhere)
    assert stage.wire.calls == [] and await stage.left() == ["queued", "queued"]
    await stage.shows(page)
    assert stage.wire.texts == ["one"]


async def test_at_the_end_what_is_on_its_way_is_waited_for_and_no_more(stage: Stage) -> None:
    await stage.delivery.drain(0)
    go_on, never, ended = asyncio.Event(), asyncio.Event(), []

    async def late() -> None:
        asyncio.get_running_loop().call_soon(go_on.set)
        await go_on.wait()
        await settle(3)

    async def stuck() -> None:
        try:
            await never.wait()
        finally:
            ended.append("stuck")

    stage.wire.outcomes = [late]
    stage.delivery.deliver([await stage.queue("one")])
    await stage.delivery.drain(30)
    assert await stage.left() == []
    stage.wire.outcomes = [stuck]
    await stage.shows(await stage.queue("two"))
    await stage.delivery.drain(0)
    assert ended == ["stuck"] and await stage.left() == ["sending"]


# Again


async def test_what_was_not_sent_comes_again_after_ever_longer_waits(stage: Stage) -> None:
    stage.wire.outcomes = [NotSent("no line")] * 8
    page = await stage.queue("one")
    await stage.shows(page)
    assert await stage.left() == ["queued"], "Nobody need fear that it was shown."
    moments = [0.0]
    for _ in range(8):
        before = len(stage.wire.calls)
        while len(stage.wire.calls) == before:
            await stage.clock.advance(1)
            await stage.rests()
        moments.append(stage.clock.monotonic())
    assert [after - before for before, after in itertools.pairwise(moments)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(stage.wire.texts) == {"one"} and await stage.left() == []


async def test_an_unknown_outcome_is_told_with_the_second_message(stage: Stage) -> None:
    stage.wire.outcomes = [OutcomeUnknown("?"), NotSent("no line")]
    await stage.shows(await stage.queue("one"))
    assert await stage.left() == ["sending"]
    for _ in range(2):
        await stage.clock.advance(3)
        await stage.rests()
    assert stage.wire.texts == ["one", f"{SENT_AGAIN}\none", f"{SENT_AGAIN}\none"]
    assert [call.state for call in stage.wire.calls] == ["sending"] * 3 and await stage.left() == []


async def test_where_sends_are_told_apart_by_their_nonce_nothing_is_said(stage: Stage) -> None:
    stage.wire.can = replace(USUAL, deduplicates_sends_s=60)
    stage.wire.outcomes = [OutcomeUnknown("?")]
    await stage.shows(await stage.queue("one"))
    await stage.clock.advance(3)
    await stage.rests()
    assert stage.wire.texts == ["one", "one"] and len({call.nonce for call in stage.wire.calls}) == 1


async def test_it_is_said_once_that_is_too_long_ago(stage: Stage) -> None:
    stage.wire.can = replace(USUAL, deduplicates_sends_s=3)
    stage.wire.outcomes = [OutcomeUnknown("?")] * 2
    await stage.shows(await stage.queue("one"))
    for _ in range(2):
        await stage.clock.advance(2)
        await stage.rests()
    # After a second and after three.
    assert stage.wire.texts == ["one", "one", f"{SENT_AGAIN}\none"]


async def test_an_edit_is_repeated_without_a_word(stage: Stage) -> None:
    stage.wire.outcomes = [OutcomeUnknown("?")]
    await stage.shows(await stage.queue("one", remote_id="m9"))
    await stage.clock.advance(3)
    await stage.rests()
    assert [(call.text, call.edits) for call in stage.wire.calls] == [("one", "m9")] * 2


async def test_the_next_process_says_what_this_one_does_not_know(stage: Stage) -> None:
    for text in ("announced", "queued"):
        await stage.queue(text, announced=text == "announced")
    await stage.delivery.take_up("telegram", "100")
    await stage.rests()
    assert stage.wire.texts == [f"{SENT_AGAIN}\nannounced", "queued"]


async def test_a_page_is_noted_as_sending_before_its_call(stage: Stage) -> None:
    for announced in (True, False):
        await stage.shows(await stage.queue("one", announced=announced))
    assert [(call.text, call.state) for call in stage.wire.calls] == [("one", "sending")] * 2


async def test_what_was_erased_meanwhile_is_not_shown(stage: Stage) -> None:
    page = await stage.queue("one")
    await stage.database.write(outbox.drop(page))
    await stage.shows(page)
    assert stage.wire.calls == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_call_that_was_withdrawn_leaves_what_was_known(stage: Stage, known: bool) -> None:
    page = await stage.queue("one", announced=not known)
    stage.wire.outcomes = [Withdrawn()]
    await stage.delivery.take_up("telegram", "100")
    await stage.rests()
    assert await stage.left() == ["queued" if known else "sending"]
    assert page.id


async def test_a_defect_or_a_locked_database_holds_a_page_up_and_loses_nothing(stage: Stage) -> None:
    stage.wire.outcomes = [ZeroDivisionError(), StorageError("locked")]
    await stage.shows(await stage.queue("one"))
    for _ in range(2):
        await stage.clock.advance(3)
        await stage.rests()
    assert len(stage.wire.calls) == 3 and await stage.left() == []


# Exactly once


@pytest.mark.parametrize(
    ("exactly_once", "deduplicates", "remote_id", "calls"),
    [
        (True, False, None, [(STUB, None), ("one", "m1")]),
        (True, True, None, [("one", None)]),
        (True, False, "m9", [("one", "m9")]),
        (False, False, None, [("one", None)]),
        (False, True, None, [("one", None)]),
    ],
)
async def test_a_stub_goes_first_where_nothing_else_makes_it_certain(
    stage: Stage, exactly_once: bool, deduplicates: bool, remote_id: str | None, calls: list[tuple[str, str | None]]
) -> None:
    stage.opened(exactly_once=exactly_once)
    stage.wire.can = replace(USUAL, deduplicates_sends_s=60 * deduplicates)
    await stage.shows(await stage.queue("one", remote_id=remote_id))
    assert [(call.text, call.edits) for call in stage.wire.calls] == calls and await stage.left() == []


async def test_the_nonce_of_an_answers_first_page_is_its_previews(stage: Stage) -> None:
    turn = await an_answer(stage)
    life = stage.database.life
    pages = [
        await stage.queue("a", turn=turn, number=0),
        await stage.queue("b", turn=turn, number=1),
        await stage.queue("c"),
    ]
    await stage.shows(*pages)
    assert [call.nonce for call in stage.wire.calls] == [
        f"t{turn}.{life}",
        f"p{pages[1].id}.{life}",
        f"p{pages[2].id}.{life}",
    ]


# Another form


async def test_what_is_refused_comes_at_once_in_its_next_form_and_before_what_came_later(stage: Stage) -> None:
    await stage.queue("one", reply_to="7")
    await stage.queue("two")
    pages = [*(await stage.database.read(outbox.of_bot("telegram", "100", "")))]
    later = await stage.queue("later")
    stage.wire.outcomes = [ReferenceRefused("gone")]

    def meanwhile() -> None:
        if len(stage.wire.calls) == 1:
            stage.database.meanwhile = None
            stage.delivery.deliver([later])

    stage.database.meanwhile = meanwhile
    stage.delivery.deliver(pages)
    await stage.rests()
    told = [(call.text, call.reply_to) for call in stage.wire.calls]
    assert told == [("one", "7"), ("one", None), ("two", None), ("later", None)]
    assert await stage.left() == []


async def test_what_a_thread_refuses_goes_into_its_chat_and_the_rest_stays(stage: Stage) -> None:
    stage.wire.outcomes = [ThreadRefused("closed")]
    await stage.shows(await stage.queue("one", THREAD), await stage.queue("two", THREAD))
    refused, *shown = [(call.text, call.place.thread) for call in stage.wire.calls]
    assert refused == ("one", "3") and sorted(shown) == [("one", ""), ("two", "3")]
    assert await stage.left() == []


@pytest.mark.parametrize("of_turn", [True, False])
async def test_nobody_pays_for_what_only_a_sentence_stands_for(stage: Stage, of_turn: bool) -> None:
    turn = await an_answer(stage)
    before = await balance(stage)
    page = Page((), file=OutFile("a.bin", "application/octet-stream", b"x"))
    stage.wire.outcomes = [Rejected("no files")] * 2
    await stage.shows(await stage.queue(page, turn=turn if of_turn else None))
    assert "a.bin” cannot be sent here" in stage.wire.texts[-1] and await stage.left() == []
    assert await balance(stage) - before == (100 if of_turn else 0)


async def test_a_form_that_shows_all_of_an_answer_is_paid_for(stage: Stage) -> None:
    turn = await an_answer(stage)
    before = await balance(stage)
    stage.wire.outcomes = [ReferenceRefused("gone")]
    await stage.shows(await stage.queue("one", turn=turn, reply_to="7"))
    assert stage.wire.texts == ["one", "one"] and await balance(stage) == before


@pytest.mark.parametrize("of_turn", [True, False])
async def test_a_message_that_is_gone_is_sent_anew_at_once(stage: Stage, of_turn: bool) -> None:
    turn = await an_answer(stage)
    stage.wire.outcomes = [MessageGone("gone")]
    await stage.shows(await stage.queue("one", turn=turn if of_turn else None, remote_id="m9"))
    anew = "one" if of_turn else f"{MOVED}\none"
    assert [(call.text, call.edits) for call in stage.wire.calls] == [("one", "m9"), (anew, None)]


async def test_a_question_that_is_gone_is_not_replied_to(stage: Stage) -> None:
    stage.wire.outcomes = [MessageGone("gone")]
    await stage.shows(await stage.queue("one", reply_to="7"))
    assert [(call.text, call.reply_to) for call in stage.wire.calls] == [("one", "7"), ("one", None)]


async def test_a_chat_that_has_another_number_is_followed_at_once(stage: Stage) -> None:
    stage.wire.outcomes = [ChatMoved("moved", chat="-8")]
    await stage.shows(await stage.queue("one", GROUP, reply_to="7"))
    assert [(call.place.chat, call.reply_to) for call in stage.wire.calls] == [("-7", "7"), ("-8", None)]
    assert await stage.left() == []


# For one person alone


@pytest.mark.parametrize(
    ("place", "private_answers", "private", "shown"),
    [
        (GROUP, False, True, False),
        (GROUP, True, True, True),
        (GROUP, False, False, True),
        (GROUP, True, False, True),
        (HERE, False, True, True),
        (HERE, False, False, True),
    ],
)
async def test_what_is_for_one_alone_is_never_shown_to_all(
    stage: Stage, place: Place, private_answers: bool, private: bool, shown: bool
) -> None:
    stage.wire.can = replace(USUAL, private_answers=private_answers)
    await stage.shows(await stage.queue("secret", place, private=private))
    assert [text == "secret" for text in stage.wire.texts] == [shown], "Else a sentence says where to ask."
    assert await stage.left() == []


# The end


async def test_the_last_page_ends_the_turn_and_the_session_goes_on(stage: Stage) -> None:
    turn = await an_answer(stage)
    one, two = [await stage.queue(text, turn=turn, number=number) for number, text in enumerate("ab")]
    await stage.shows(one)
    assert stage.delivered == []
    await stage.shows(two, await stage.queue("a notice"))
    assert stage.delivered == [1]
    assert await stage.database.read(turns.state_of(turn)) is TurnState.DELIVERED


async def an_admin(stage: Stage, identity: Identity, place: Place) -> None:
    def known() -> Program[None]:
        person = (yield from people.find(identity)) or (yield from people.add(identity, Role.ADMIN, NOW))
        assert person.id
        row, _ = yield from places.open_place(place, "")
        yield from people.note_private_chat(identity, row)

    await stage.database.write(known())


@pytest.mark.parametrize("of_turn", [True, False])
async def test_what_nobody_takes_is_given_up_unpaid_and_admins_are_told(stage: Stage, of_turn: bool) -> None:
    turn = await an_answer(stage)
    before = await balance(stage)
    chief = Place("telegram", "100", "9")
    await an_admin(stage, Identity("telegram", "9", "Chief"), chief)
    stage.wire.outcomes = [Unreachable("blocked")]
    await stage.shows(await stage.queue("one", turn=turn if of_turn else None))
    told = stage.wire.calls[1:]
    assert [(call.place, "accepts nothing from me" in call.text) for call in told] == [(chief, True)]
    assert await balance(stage) - before == (100 if of_turn else 0) and await stage.left() == []


async def test_an_admin_is_not_told_in_the_chat_that_takes_nothing(stage: Stage) -> None:
    await an_admin(stage, Identity("telegram", "9", "Chief"), HERE)
    stage.wire.outcomes = [Unreachable("blocked")]
    await stage.shows(await stage.queue("one"))
    assert stage.wire.texts == ["one"] and await stage.left() == []


async def test_buttons_are_as_many_in_a_row_as_fit(stage: Stage) -> None:
    row = tuple(Button(str(number), "help") for number in range(3))
    await stage.shows(await stage.queue(replace(plain_page("one"), buttons=(row,))), await stage.queue("two"))
    assert [[len(row) for row in call.page.buttons] for call in stage.wire.calls] == [[2, 1], []]
