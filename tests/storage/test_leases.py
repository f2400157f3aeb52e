"""A lease is one process's, by its name, until that gives it back or is a process no longer."""

from bot.domain.ids import UnixMs
from storage import leases, processes
from storage.database import Database
from storage.leases import Lease

NOW = UnixMs(0)


async def test_a_lease_is_held_by_one_until_that_gives_it_back(database: Database) -> None:
    for name in ("a", "b"):
        await database.write(processes.join(name, "", NOW))
    assert await database.write(leases.take("receive", "a"))
    assert not await database.write(leases.take("receive", "b"))
    assert await database.write(leases.take("receive", "a")), "It is its own already."
    assert await database.write(leases.take("tidy", "b"))
    # What is another's is not given back; of its own only that which it names.
    await database.write(leases.give_back("receive", "b"))
    assert [await database.read(leases.holder(name)) for name in ("receive", "tidy", "none")] == ["a", "b", None]
    await database.write(leases.give_back("receive", "a"))
    assert await database.read(leases.every()) == [Lease("receive", None, 0), Lease("tidy", "b", 0)]
    assert await database.write(leases.take("receive", "b"))
    assert await database.read(leases.every()) == [Lease("receive", "b", 1), Lease("tidy", "b", 0)]


async def test_whoever_is_no_process_any_more_holds_nothing(database: Database) -> None:
    for name in ("a", "b"):
        await database.write(processes.join(name, "", NOW))
    await database.write(leases.take("receive", "a"))
    await database.write(processes.remove("a"))
    assert await database.read(leases.holder("receive")) is None
    assert await database.read(leases.every()) == [Lease("receive", None, 0)]
    assert await database.write(leases.take("receive", "b"))
    assert await database.read(leases.holder("receive")) == "b"
