"""What the operator's servers have costs a turn no query, and no change of it is missed for longer than a minute."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.servers import ServedTool, ServerRules
from bot.tools.known_tools import LASTS_S, KnownTools
from storage import server_tools
from storage.database import Database
from storage.programs import Program, T
from storage.server_tools import KeptTool
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

RULES = ServerRules(name="clock", command=("clock",))
NOW, SET = ServedTool("now", "Tells the time.", "{}", True), ServedTool("set", "Sets it.", "{}", False)


class Heard:
    """What processes of one database tell each other."""

    def __init__(self) -> None:
        self.heeding: list[Callable[..., None]] = []

    def tell(self, about: str, *details: str | float) -> None:
        for hear in self.heeding:
            hear(*details)

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        self.heeding.append(hear)

    async def roll_call(self) -> None:
        return

    def answer_after(self, about: str, ready: Callable[[], Awaitable[None]]) -> None:
        return


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


async def test_what_servers_have_is_read_when_it_has_changed_and_each_minute(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, news, reads = FakeClock(), Heard(), list[str]()
    one, other = (KnownTools((RULES,), database, clock, news) for _ in range(2))
    of_server = server_tools.of_server

    def counted(server: str) -> Program[list[KeptTool]]:
        reads.append(server)
        return of_server(server)

    monkeypatch.setattr(server_tools, "of_server", counted)

    async def names() -> list[list[str]]:
        kept = [(await known.all())[RULES.key] for known in (one, other)]
        return [[tool.said.name for tool in tools if tool.said is not None] for tools in kept]

    assert [await names() for _ in range(3)] == [[[], []]] * 3
    assert len(reads) == 2
    await database.write(server_tools.note(RULES.key, (NOW,)))
    one.note_changed()
    assert [await names() for _ in range(2)] == [[["now"], ["now"]]] * 2
    assert len(reads) == 4
    # What was told was lost.
    await database.write(server_tools.note(RULES.key, (NOW, SET)))
    assert await names() == [["now"], ["now"]]
    await clock.advance(LASTS_S)
    assert await names() == [["now", "set"], ["now", "set"]]


async def test_what_was_written_over_while_it_was_read_is_not_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownTools((RULES,), database, FakeClock(), Heard())
    read = database.read

    async def written_over(program: Program[T]) -> T:
        found = await read(program)
        await database.write(server_tools.note(RULES.key, (NOW,)))
        known.note_changed()
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(database, "read", written_over)
        assert (await known.all())[RULES.key] == []
    assert len((await known.all())[RULES.key]) == 1
