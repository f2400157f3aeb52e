"""What sessions do side by side on PostgreSQL leaves what they would have left one after the other."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.blocks import plain_page
from bot.domain.facts import MOST_FACTS
from bot.domain.messages import Author, Message, TextPart
from bot.domain.people import Person, Role
from bot.domain.sessions import TitleBy
from bot.domain.turns import Turn
from bot.turns import memory
from bot.turns.turn_pages import add_pages, where_to
from storage import facts, ledger, messages, outbox, people, places, sessions, turns
from storage.database import Database, open_database
from storage.outbox import OutboxPage
from storage.programs import Program, Rows, each
from storage.turns import NewTurn
from tests.storage.conftest import ALICE, HERE, NOW

_SESSIONS = 5
_HELD = 100


@pytest.fixture
async def database(postgres_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_database(tmp_path, url=postgres_url) as opened:
        yield opened


def asked(tokens: int) -> Program[tuple[Person, list[Turn]]]:
    """Somebody has asked something in each of their sessions, and has so many tokens left."""
    person = (yield from people.find(ALICE)) or (yield from people.add(ALICE, Role.MEMBER, NOW))
    left = yield from ledger.balance(person.id)
    yield from ledger.grant(person.id, tokens - left + _SESSIONS * _HELD, "welcome", NOW)
    place, _ = yield from places.open_place(HERE, "")
    made = []
    for number in range(_SESSIONS):
        session = yield from sessions.add(person.id, place, "regular", f"{number}", TitleBy.WORDS, person.id, NOW)
        question = yield from messages.add_question(session.id, (TextPart(f"{number}?"),), "", NOW)
        new = NewTurn(session.id, place, person.id, question, reserved=_HELD, attach="tip")
        number_, _ = yield from turns.add(new, NOW)
        yield from ledger.reserve(person.id, number_, _HELD, NOW)
        found = yield from turns.get(number_)
        assert found is not None
        made.append(found[0])
    return person, made


def entries() -> Program[Rows]:
    return (yield ("SELECT amount, balance FROM ledger ORDER BY id", ()))


async def test_nobody_pays_more_than_they_have_and_each_balance_is_the_sum(database: Database) -> None:
    rng = random.Random(1)
    for _ in range(20):
        tokens, uses = rng.randrange(0, 400), [rng.randrange(0, 300) for _ in range(_SESSIONS)]
        person, made = await database.write(asked(tokens))
        settled = [ledger.settle(turn.id, used, NOW) for turn, used in zip(made, uses, strict=True)]
        paid = await database.write(each(settled))
        left = await database.read(ledger.balance(person.id))
        assert left == tokens + _SESSIONS * _HELD - sum(paid) >= 0
        assert sum(uses) == sum(paid) or left == 0, "who had enough has paid all of it"
    balance = 0
    for amount, after in await database.read(entries()):
        balance += amount
        assert after == balance


async def test_the_pages_of_an_answer_come_one_behind_the_other(database: Database) -> None:
    def shown(turn: Turn, pages: int) -> Program[list[OutboxPage]]:
        place, there = yield from where_to(turn)
        return (yield from add_pages(place, there, [plain_page(f"{n}") for n in range(pages)], NOW))

    _, made = await database.write(asked(0))
    await database.write(each([shown(turn, pages) for turn, pages in zip(made, (1, 3, 2, 1, 4), strict=True)]))
    kept = await database.read(outbox.of_bot(HERE.platform, HERE.bot, database.process))
    pages = [(page.turn, page.number) for page in kept]
    together = [page for page in pages if pages.count((page[0], 0)) and sum(turn == page[0] for turn, _ in pages) > 1]
    assert len(pages) == 11
    assert together == sorted(together)
    assert [page.session for page in kept] == [turn.session for page in kept for turn in made if turn.id == page.turn]


async def test_nobody_has_more_remembered_than_there_is_room_for(database: Database) -> None:
    person, made = await database.write(asked(0))
    for number in range(MOST_FACTS - 2):
        await database.write(facts.add(person.id, f"fact {number}", NOW))
    person = replace(person, remembers=True)
    said = [
        Message(turn.question, turn.session, None, Author.USER, (TextPart(f"Remember that it is {n}"),), "", "", NOW)
        for n, turn in enumerate(made)
    ]
    kept = await database.write(each([memory.remember(message, person, NOW) for message in said]))
    assert kept == [True, True, False, False, False]
    assert len(await database.read(facts.of_person(person.id))) == MOST_FACTS
