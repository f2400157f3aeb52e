"""What processes tell each other in passing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.incoming.known_customs import KnownCustoms
from bot.supervisor.shared_work import SharedWork, shared_work
from storage import customs, places, processes
from storage.database import Database, open_database
from storage.programs import Program

POLICY = Policy(modes=Modes({}, "regular"))


async def hearing(work: SharedWork, database: Database) -> asyncio.Task[None]:
    """It is one of the processes, and listens from now on."""
    listens = asyncio.Event()
    await work.join()

    def hear(told: str) -> None:
        listens.set()
        if told:
            work.hear(told)

    task = asyncio.create_task(database.listen(hear))
    await listens.wait()
    return task


async def test_each_hears_the_others_and_not_itself(postgres_url: str, tmp_path: Path) -> None:
    heard: dict[str, list[tuple[object, ...]]] = {"one": [], "two": [], "three": []}
    at_all, ended = asyncio.Event(), asyncio.Event()

    def note(who: str) -> Callable[..., None]:
        def hear(*details: object) -> None:
            heard[who].append(details)
            if len(heard["two"]) == len(heard["three"]) == 2:
                at_all.set()

        return hear

    async with (
        await open_database(tmp_path / "1", url=postgres_url, shared=True) as first,
        await open_database(tmp_path / "2", url=postgres_url, shared=True) as second,
        await open_database(tmp_path / "3", url=postgres_url, shared=True) as third,
        shared_work(first) as one,
        shared_work(second) as two,
        shared_work(third) as three,
    ):
        assert one is not None
        assert two is not None
        assert three is not None
        tasks = [await hearing(work, its) for work, its in ((one, first), (two, second), (three, third))]
        for who, work in (("one", one), ("two", two), ("three", three)):
            work.news.heed("pauses", note(who))
        one.news.tell("of nobody's", "x")
        one.news.tell("pauses", "chat", 1.5)
        one.news.tell("pauses", "", 30)
        await at_all.wait()
        # What it told itself would have come before this.
        one.news.heed("end", ended.set)
        two.news.tell("end")
        await ended.wait()
        for task in tasks:
            task.cancel()
    assert heard == {"one": [], "two": [("chat", 1.5), ("", 30)], "three": [("chat", 1.5), ("", 30)]}


async def test_who_stands_still_is_waited_for_when_all_are_called_until_it_is_none_any_more(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        await open_database(tmp_path / "1", url=postgres_url, shared=True) as first,
        await open_database(tmp_path / "2", url=postgres_url, shared=True) as second,
        await open_database(tmp_path / "3", url=postgres_url, shared=True) as third,
        shared_work(first) as one,
        shared_work(second) as two,
        shared_work(third) as still,
    ):
        assert one is not None
        assert two is not None
        assert still is not None
        told: list[str] = []
        two.news.heed("told", told.append)
        tasks = [await hearing(work, its) for work, its in ((one, first), (two, second))]
        one.news.tell("told", "before")
        # It answers those that call it, and calls others itself.
        await asyncio.gather(one.news.roll_call(), two.news.roll_call())
        assert told == ["before"]
        await still.join()
        calls = [asyncio.create_task(work.news.roll_call()) for work in (one, two)]
        await asyncio.wait(calls, timeout=0.1)
        assert not any(call.done() for call in calls)
        await first.write(processes.remove(third.process))
        await asyncio.gather(*calls)
        for task in tasks:
            task.cancel()


async def test_what_a_chats_admins_choose_at_one_is_known_at_another(postgres_url: str, tmp_path: Path) -> None:
    """Telegram may call any of them: who has not heard of it takes a question for what is said beside the bot."""
    place, chosen = Place("telegram", "1", "-7", kind=PlaceKind.GROUP), Customs(triggers=("weir",))

    def choose(customs_now: Customs) -> Program[None]:
        row, _ = yield from places.open_place(place, "")
        yield from customs.put(row, customs_now)

    async with (
        await open_database(tmp_path / "1", url=postgres_url, shared=True) as first,
        await open_database(tmp_path / "2", url=postgres_url, shared=True) as second,
        shared_work(first) as one,
        shared_work(second) as two,
    ):
        assert one is not None
        assert two is not None
        here, there = (KnownCustoms(each, POLICY, work.news) for each, work in ((first, one), (second, two)))
        tasks = [await hearing(work, its) for work, its in ((one, first), (two, second))]
        for wanted in (chosen, NO_CUSTOMS):
            await first.write(choose(wanted))
            await here.note_changed()
            while there.at(place) != wanted:
                # It is read beside everything else.
                await second.read(customs.of_what_is_taken())
        for task in tasks:
            task.cancel()
