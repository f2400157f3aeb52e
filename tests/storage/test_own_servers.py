"""People's own servers: named apart, few, and gone with all that is kept of them; sealed anew with the rest."""

from pathlib import Path

from bot.domain.ids import PersonId, UnixMs
from bot.domain.people import Identity, Role
from bot.domain.servers import ServedTool, own_key
from bot.operations.keys import rotate_key
from bot.settings import Settings
from bot.vault import Vault, keys_of
from storage import linking, own_servers, people, server_tools
from storage.database import open_database
from storage.programs import Program
from tests.support.new_data import open_new

NOW = UnixMs(1_795_176_000_000)
TOOL = ServedTool("now", "What time it is.", "{}", says_it_reads=True)


def somebody(number: str) -> Program[PersonId]:
    return (yield from people.add(Identity("p", number, "Alice"), Role.MEMBER, NOW)).id


def names(person: PersonId) -> Program[list[str]]:
    return [server.name for server in (yield from own_servers.of_owner(person))]


async def test_each_has_a_name_of_its_own_also_once_two_accounts_are_one(tmp_path: Path) -> None:
    def add() -> Program[tuple[list[str], list[str], bool]]:
        one, two = (yield from somebody("1")), (yield from somebody("2"))
        for person in (one, one, two, two):
            yield from own_servers.add(person, "clock", "https://a.example/mcp", 3, NOW)
        before = yield from names(one)
        yield from linking.join(one, two, NOW)
        full = yield from own_servers.add(one, "clock", "https://a.example/mcp", 4, NOW)
        return before, (yield from names(one)), full is None

    async with await open_new(tmp_path) as database:
        before, after, is_full = await database.write(add())
    assert before == ["clock", "clock2"]
    assert after == ["clock", "clock2", "clock22", "clock3"]
    assert is_full


async def test_a_removed_one_leaves_nothing_and_another_persons_stays(tmp_path: Path) -> None:
    def remove() -> Program[tuple[int, int]]:
        one, two = (yield from somebody("1")), (yield from somebody("2"))
        left = []
        for person in (one, two):
            made = yield from own_servers.add(person, "clock", "https://a.example/mcp", 1, NOW)
            assert made is not None
            yield from server_tools.note(own_key(made.id), [TOOL])
            yield from own_servers.remove(one, made.id)
            left.append(len((yield from server_tools.of_server(own_key(made.id)))))
        return left[0], left[1]

    async with await open_new(tmp_path) as database:
        assert await database.write(remove()) == (0, 1)


async def test_a_login_is_sealed_anew_with_another_secret(tmp_path: Path) -> None:
    old = Vault(keys_of(tmp_path, []))

    def furnish() -> Program[PersonId]:
        person = yield from somebody("1")
        made = yield from own_servers.add(person, "clock", "https://a.example/mcp", 1, NOW)
        assert made is not None
        yield from own_servers.set_login(person, made.id, old.seal("token", made.bound_to))
        return person

    async with await open_new(tmp_path) as database:
        person = await database.write(furnish())
    assert await rotate_key(Settings(data_dir=tmp_path)) == 1
    async with await open_database(tmp_path) as database:
        [kept] = await database.read(own_servers.of_owner(person))
    assert Vault(keys_of(tmp_path, [])).open(kept.login, kept.bound_to) == "token"
