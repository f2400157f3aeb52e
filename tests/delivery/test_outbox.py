"""What becomes of each page that waits: shown once, in order; again where it was not; said where nobody knows.

The other end is a platform in memory that a test tells what to answer; the scenarios have the real ones."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from bot.delivery.lines import ASK_EVERY_S
from bot.delivery.outbox import LONGEST_WAIT_UNKEPT_S, NOT_ASKED
from bot.domain.blocks import Button, plain_page
from bot.domain.errors import (
    NotSent,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    StorageError,
    ThreadRefused,
    Unreachable,
)
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.turns import TurnState
from bot.pacing import Withdrawn
from bot.rendering.pages import SENT_AGAIN
from storage import approvals, given_up, outbox, people, places, private_chats, turns
from storage.programs import Program
from tests.delivery.stage import (
    GROUP,
    THREAD,
    USUAL,
    Stage,
    an_answer,
    balance,
)
from tests.storage.conftest import HERE, NOW
from tests.support.clock import settle

# Taking up


async def test_what_waits_is_taken_up_once(stage: Stage) -> None:
    go_on = asyncio.Event()
    stage.wire.outcomes = [lambda: _until(go_on)]
    one = await stage.queue("one")
    await stage.shows(one)
    await stage.queue("two")
    stage.delivery.take_up(await stage.database.read(outbox.of_bot("telegram", "100", "")))
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
    stage.opened(exactly_once=False)
    stage.wire.outcomes = [stuck]
    await stage.shows(await stage.queue("two"))
    await stage.delivery.drain(0)
    assert ended == ["stuck"] and await stage.left() == ["sending"]


async def test_what_goes_elsewhere_at_the_end_is_waited_for_and_what_comes_later_is_not(stage: Stage) -> None:
    ending = asyncio.Event()

    async def refused() -> None:
        await ending.wait()
        raise ThreadRefused("closed")

    stage.wire.outcomes = [refused]
    stage.delivery.deliver([await stage.queue("one", THREAD), later := await stage.queue("two", GROUP)][:1])
    asyncio.get_running_loop().call_soon(ending.set)
    await stage.delivery.drain(30)
    assert [(call.text, call.place.thread) for call in stage.wire.calls] == [("one", "3"), ("one", "")]
    await stage.shows(later)
    assert await stage.left() == ["queued"] and len(stage.wire.calls) == 2


# Again


async def test_what_was_not_sent_comes_again_after_ever_longer_waits(stage: Stage) -> None:
    stage.wire.outcomes = [NotSent("no line")] * 8
    stage.wire.typing_fails = NotSent("no line")
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


async def after_an_outage(stage: Stage, fails: PlatformError, *texts: str) -> None:
    """As many pages as texts wait for a minute or so at places of their own; each attempt has failed like that."""
    stage.wire.outcomes = [fails for _ in range(7 * len(texts))]
    stage.wire.typing_fails = fails
    places = (HERE, GROUP, THREAD)
    await stage.shows(*[await stage.queue(text, place) for text, place in zip(texts, places, strict=False)])
    while stage.wire.outcomes:
        await stage.clock.advance(1)
        await stage.rests()
    stage.wire.calls.clear()


@pytest.mark.parametrize("back", [None, Rejected("no right to type")])
async def test_what_waits_comes_within_seconds_of_the_platforms_return(
    stage: Stage, back: PlatformError | None
) -> None:
    await after_an_outage(stage, NotSent("no line"), "one", "two", "three")
    stage.wire.typing_fails, before = back, stage.wire.typed
    await stage.clock.advance(2 * ASK_EVERY_S)
    await stage.rests()
    assert sorted(stage.wire.texts) == ["one", "three", "two"] and await stage.left() == []
    assert stage.wire.typed - before == 1, "One asks for all."


async def test_one_message_that_a_platform_does_not_take_waits_however_well_others_go(stage: Stage) -> None:
    await after_an_outage(stage, OutcomeUnknown("?"), "one")
    stage.wire.typing_fails = None
    for _ in range(3):
        await stage.shows(await stage.queue("another", GROUP))
        await stage.clock.advance(ASK_EVERY_S)
        await stage.rests()
    assert set(stage.wire.texts) == {"another"}


async def test_what_could_not_be_kept_is_tried_again_within_seconds(stage: Stage) -> None:
    stage.wire.outcomes = [StorageError("away")] * 9
    await stage.shows(await stage.queue("one"))
    while stage.wire.outcomes:
        before = len(stage.wire.calls)
        await stage.clock.advance(LONGEST_WAIT_UNKEPT_S)
        await stage.rests()
        assert len(stage.wire.calls) > before
    assert stage.wire.typed == 0, "The platform has no part in it."


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
    stage.delivery.take_up(await stage.database.read(outbox.of_bot("telegram", "100", "")))
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


async def test_a_card_that_nobody_waits_for_any_longer_loses_its_buttons_once_it_arrives(stage: Stage) -> None:
    turn = await an_answer(stage)
    card = await stage.queue(plain_page("May I?", [[Button("Yes", "allow")]]), turn=turn)
    stage.wire.outcomes = [lambda: stage.database.write(approvals.withdraw(turn))]
    stage.delivery.deliver([card])
    await stage.delivery.drain(60)
    _, closed = stage.wire.calls
    assert (closed.edits, closed.text, closed.page.buttons) == ("m1", NOT_ASKED, ())
    assert await stage.left() == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_call_that_was_withdrawn_leaves_what_was_known(stage: Stage, known: bool) -> None:
    page = await stage.queue("one", announced=not known)
    stage.wire.outcomes = [Withdrawn()]
    stage.delivery.take_up(await stage.database.read(outbox.of_bot("telegram", "100", "")))
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
        yield from private_chats.note(identity, row)

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
    assert [(call.place, "rejects everything I send" in call.text) for call in told] == [(chief, True)]
    assert await balance(stage) - before == (100 if of_turn else 0) and await stage.left() == []


async def test_a_platform_that_takes_nothing_anywhere_is_told_of_once_an_hour(stage: Stage) -> None:
    await an_admin(stage, Identity("telegram", "9", "Chief"), Place("telegram", "100", "9"))
    other, third = replace(HERE, chat="71"), replace(HERE, chat="72")
    for minutes, place, messages in ((0, HERE, 1), (0, other, 0), (30, third, 0), (31, other, 1), (0, HERE, 0)):
        await stage.clock.advance(minutes * 60)
        stage.wire.outcomes = [Unreachable("blocked")]
        before = len(stage.wire.calls)
        await stage.shows(await stage.queue("one", place))
        assert len(stage.wire.calls) - before == 1 + messages, (minutes, place)


async def test_what_was_given_up_is_sent_again_in_its_order_and_costs_nothing(stage: Stage) -> None:
    turn = await an_answer(stage)
    before = await balance(stage)
    stage.wire.outcomes = [Unreachable("blocked")] * 3
    await stage.shows(
        await stage.queue("one", turn=turn), await stage.queue("two", turn=turn, number=1), await stage.queue("three")
    )
    [lost] = await stage.database.read(given_up.by_place(9))
    assert (lost.pages, lost.reason) == (3, given_up.Reason.UNREACHABLE)
    stage.wire.calls.clear()
    for texts in (["one", "two", "three"], []):
        await stage.shows(*(await stage.database.write(given_up.send_again(lost.place, stage.clock.now()))))
        assert stage.wire.texts == texts
        stage.wire.calls.clear()
    assert await balance(stage) - before == 100
    assert await stage.left() == []


async def test_an_admin_is_not_told_in_the_chat_that_takes_nothing(stage: Stage) -> None:
    await an_admin(stage, Identity("telegram", "9", "Chief"), HERE)
    stage.wire.outcomes = [Unreachable("blocked")]
    await stage.shows(await stage.queue("one"))
    assert stage.wire.texts == ["one"] and await stage.left() == []


async def test_buttons_are_as_many_in_a_row_as_fit(stage: Stage) -> None:
    row = tuple(Button(str(number), "help") for number in range(3))
    await stage.shows(await stage.queue(replace(plain_page("one"), buttons=(row,))), await stage.queue("two"))
    assert [[len(row) for row in call.page.buttons] for call in stage.wire.calls] == [[2, 1], []]
