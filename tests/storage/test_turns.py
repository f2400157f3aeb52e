"""The order of turns, and what a claim gives."""

import asyncio
import itertools

import pytest

from bot.domain.errors import ConstraintBroken
from bot.domain.ids import TurnId, UnixMs
from bot.domain.turns import TurnState
from storage import claims, going_on, messages, open_turns, processes, turns
from storage.claims import Claimed, NotYet
from storage.database import Database
from storage.programs import Program
from tests.storage.conftest import NOW, ask


async def test_a_session_runs_one_turn_at_a_time_in_order(database: Database) -> None:
    first = await database.write(ask("one"))
    await database.write(ask("two"))
    claimed = await database.write(claims.claim(first.session, "w", NOW))
    assert isinstance(claimed, Claimed)
    assert claimed.turn.question == first.question
    assert await database.write(claims.claim(first.session, "w", NOW)) is None


async def test_the_next_turn_waits_until_the_answer_before_it_is_shown(database: Database) -> None:
    first = await database.write(ask("one"))
    second = await database.write(ask("two"))
    claimed = await database.write(claims.claim(first.session, "w", NOW))
    assert isinstance(claimed, Claimed)
    await database.write(turns.note_answer(claimed.turn.id, first.question))
    await database.write(put_into_outbox(claimed.turn.id))
    assert await database.write(claims.claim(first.session, "w", NOW)) is None
    await database.write(take_out_of_outbox())
    assert await database.write(claims.end_if_shown(claimed.turn.id, NOW)) == first.session, "More waits there."
    again = await database.write(claims.claim(first.session, "w", NOW))
    assert isinstance(again, Claimed)
    assert again.turn.question == second.question


def put_into_outbox(turn: TurnId) -> Program[None]:
    yield (
        "INSERT INTO outbox (place, turn, page, content, state, created_at)"
        " SELECT place, id, 0, '{}', 'queued', created_at FROM turn WHERE id = ?",
        (turn,),
    )


def take_out_of_outbox() -> Program[None]:
    yield ("DELETE FROM outbox", ())


async def test_the_index_forbids_two_running_turns_whatever_the_program_does(database: Database) -> None:
    turn = await database.write(ask("one"))
    await database.write(ask("two"))

    def run_both() -> Program[None]:
        yield ("UPDATE turn SET state = 'running' WHERE session = ?", (turn.session,))

    with pytest.raises(ConstraintBroken):
        await database.write(run_both())


async def test_many_claims_at_once_give_one_turn(database: Database) -> None:
    turn = await database.write(ask("one"))
    claimed = await asyncio.gather(*(database.write(claims.claim(turn.session, f"w{n}", NOW)) for n in range(20)))
    assert sum(isinstance(claim, Claimed) for claim in claimed) == 1


async def test_a_turn_that_waits_for_more_says_until_when(database: Database) -> None:
    turn = await database.write(ask("one"))
    number = await database.read(open_turns.queued_for(turn.question))
    assert number is not None
    await database.write(going_on.go_on(number, None, NOW, UnixMs(NOW + 500), None))
    assert await database.write(claims.claim(turn.session, "w", NOW)) == NotYet(UnixMs(NOW + 500))
    assert isinstance(await database.write(claims.claim(turn.session, "w", UnixMs(NOW + 500))), Claimed)


async def test_what_runs_is_left_by_a_process_that_is_none_any_more(database: Database) -> None:
    turn = await database.write(ask("one"))
    await database.write(claims.claim(turn.session, "another", NOW))
    await database.write(processes.join("another", "", NOW))
    assert await database.read(claims.left_running()) == []
    assert await database.write(processes.remove("another"))
    (left,) = await database.read(claims.left_running())
    assert left.turn.attempt == 1
    await database.write(claims.requeue(left.turn.id, attempt_counts=True))
    again = await database.write(claims.claim(turn.session, "me", NOW))
    assert isinstance(again, Claimed)
    assert again.turn.attempt == 2


async def test_the_path_stops_at_the_count_and_ends_at_the_tip(database: Database) -> None:
    chain = [(await database.write(ask(f"m{n}"))).question for n in range(6)]
    for parent, child in itertools.pairwise(chain):
        await database.write(messages.attach(child, parent))
    path = await database.read(messages.path(chain[-1], 3))
    assert [message.text for message in path] == ["m3", "m4", "m5"]


async def test_an_ended_turn_stays_ended(database: Database) -> None:
    turn = await database.write(ask("one"))
    claimed = await database.write(claims.claim(turn.session, "w", NOW))
    assert isinstance(claimed, Claimed)
    await database.write(turns.end(claimed.turn.id, TurnState.STOPPED, NOW))
    await database.write(claims.requeue(claimed.turn.id, attempt_counts=True))
    assert await database.read(turns.state_of(claimed.turn.id)) is TurnState.STOPPED
    assert await database.read(turns.state_of(TurnId(10_000))) is None
