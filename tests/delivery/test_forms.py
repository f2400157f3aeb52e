"""In which form a page is sent: with a stub before it, in the next best form, for one person alone."""

from dataclasses import replace
from typing import Any

import pytest

from bot.contracts.platform import Alone
from bot.domain.blocks import Button, OutFile, Page, Voice, paragraph
from bot.domain.errors import (
    ChatMoved,
    MessageGone,
    ReferenceRefused,
    Rejected,
    ThreadRefused,
    Unreachable,
)
from bot.domain.places import Place
from bot.rendering.pages import MOVED
from storage import approvals, outbox, places
from storage.programs import Program
from tests.delivery.stage import GROUP, STUB, THREAD, USUAL, Stage, an_answer, balance
from tests.storage.conftest import HERE

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
        f"t{turn}.0.{life}",
        f"p{pages[1].id}.{life}",
        f"p{pages[2].id}.{life}",
    ]


async def test_what_follows_a_card_that_was_left_is_another_message(stage: Stage) -> None:
    turn = await an_answer(stage)

    def left() -> Program[None]:
        yield ("UPDATE turn SET state = 'asked' WHERE id = ?", (turn,))
        yield from approvals.go_on(turn, 1, None, "")

    await stage.database.write(left())
    pages = [await stage.queue("a", turn=turn, number=0)]
    assert [page.left_cards for page in await stage.database.read(outbox.of_bot("telegram", "100", ""))] == [1]
    await stage.shows(*pages)
    assert [call.nonce for call in stage.wire.calls] == [f"t{turn}.1.{stage.database.life}"]


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


async def test_a_picture_that_is_refused_with_its_words_comes_apart_from_them(stage: Stage) -> None:
    buttons = ((Button("Again", "regenerate", ("1",)),),)
    picture = OutFile("a.png", "image/png", b"x")
    turn = await an_answer(stage)
    before = await balance(stage)
    stage.wire.outcomes = [Rejected("too long")]
    await stage.shows(await stage.queue(Page((paragraph("one"),), buttons, picture), turn=turn))
    shown = [(call.page.text, call.page.buttons, call.page.file) for call in stage.wire.calls[1:]]
    assert shown == [("one", buttons, None), ("", (), picture)]
    assert await stage.left() == [] and await balance(stage) == before


async def test_no_stub_goes_before_a_voice_message_for_no_edit_makes_one_of_it(stage: Stage) -> None:
    stage.opened(exactly_once=True)
    stage.wire.can = replace(USUAL, deduplicates_sends_s=0)
    await stage.shows(await stage.queue(Page((), file=OutFile("a.ogg", "audio/ogg", b"x", voice=Voice(1.0, b"\1")))))
    assert stage.wire.texts == [""] and await stage.left() == []


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


async def test_a_chat_that_is_opened_for_a_page_is_not_tidied_away_before_that_is_in_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = stage.database.write

    async def tidied(program: Program[Any]) -> Any:
        await write(places.forget_left())
        return await write(program)

    async def opened(user_id: str) -> Place:
        return Place("telegram", "100", f"opened for {user_id}")

    turn = await an_answer(stage)
    monkeypatch.setattr(stage.wire, "private_place", opened)
    monkeypatch.setattr(stage.database, "write", tidied)
    stage.wire.outcomes = [Unreachable("left")]
    await stage.shows(await stage.queue("one", GROUP, turn=turn))
    assert [call.place.chat for call in stage.wire.calls] == ["-7", "opened for 1"]
    assert await stage.left() == []


# For one person alone


@pytest.mark.parametrize(
    ("place", "private_answers", "private", "shown"),
    [
        (GROUP, Alone.NEVER, True, False),
        (GROUP, Alone.ALWAYS, True, True),
        (GROUP, Alone.NEVER, False, True),
        (GROUP, Alone.ALWAYS, False, True),
        (HERE, Alone.NEVER, True, True),
        (HERE, Alone.NEVER, False, True),
    ],
)
async def test_what_is_for_one_alone_is_never_shown_to_all(
    stage: Stage, place: Place, private_answers: Alone, private: bool, shown: bool
) -> None:
    stage.wire.can = replace(USUAL, private_answers=private_answers)
    await stage.shows(await stage.queue("secret", place, private=private))
    assert [text == "secret" for text in stage.wire.texts] == [shown], "Else a sentence says where to ask."
    assert await stage.left() == []
