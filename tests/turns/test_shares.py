"""Places that are shared out: never more than a share, no place lost, nobody left waiting beside a free one."""

import asyncio
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.shares import Key, Shares, Ticket
from tests.support.patience import PATIENCE_S

PERSON, CHAT = ("person", 1), ("chat", "a")


async def works(shares: Shares, keys: tuple[Key, ...], busy: Counter[Key], seen: list[int]) -> None:
    async with shares.place(*keys):
        busy.update(keys)
        seen.append(max(busy[key] for key in keys if key[0] == "person"))
        try:
            await asyncio.sleep(0)
        finally:
            busy.subtract(keys)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=30), st.data())
def test_nobody_has_more_than_a_share_and_everybody_gets_one(who: list[tuple[int, int]], data: st.DataObject) -> None:
    async def all_of_them() -> None:
        shares, busy, seen = Shares({"person": 2, "chat": 3}), Counter[Key](), list[int]()
        tasks = [
            asyncio.create_task(works(shares, (("person", person), ("chat", chat)), busy, seen)) for person, chat in who
        ]
        gone = data.draw(st.sets(st.sampled_from(range(len(tasks))))) if tasks else set()
        await asyncio.sleep(0)
        for number in gone:
            tasks[number].cancel()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert max(seen, default=0) <= 2
        for person, chat in who:
            assert shares.take((("person", person), ("chat", chat))) is None
            shares.untake((("person", person), ("chat", chat)))

    asyncio.run(all_of_them())


async def test_who_is_woken_and_takes_nothing_passes_it_on() -> None:
    shares = Shares({"person": 1, "chat": 1})
    first = Ticket(shares)
    assert first.take(PERSON, CHAT) is None
    waiting = [asyncio.create_task(shares.room(PERSON)) for _ in range(2)]
    await asyncio.sleep(0)
    first.close()
    await waiting[0]
    assert not waiting[1].done()
    Ticket(shares, PERSON).close()
    await waiting[1]


async def test_a_ticket_that_takes_again_has_one_place() -> None:
    shares = Shares({"person": 2, "chat": 2})
    ticket = Ticket(shares)
    for _ in range(5):
        assert ticket.take(PERSON, CHAT) is None
    assert Ticket(shares).take(PERSON, CHAT) is None
    assert Ticket(shares).take(PERSON, CHAT) == PERSON
