"""Keys of people: sealed, bound to their row, sealed anew."""

import stat
from pathlib import Path

import pytest

from bot.domain.errors import DataDirError, PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.domain.people import Identity, Role
from bot.operations.keys import rotate_key
from bot.settings import Settings
from bot.vault import FILE, Vault, derived, keys_of, write_keys
from storage import endpoints, people
from storage.database import open_database
from storage.programs import Program
from tests.support.new_data import open_new

NOW = UnixMs(1_795_176_000_000)
KEY = "sk-planted-1234567890"


def test_what_is_sealed_opens_only_where_it_belongs() -> None:
    vault = Vault([b"1" * 32])
    sealed = vault.seal(KEY, "7 https://a.example")
    assert KEY not in sealed
    assert vault.open(sealed, "7 https://a.example") == KEY
    for bound_to in ("8 https://a.example", "7 https://evil.example"):
        with pytest.raises(PersonError, match="no longer be decrypted"):
            vault.open(sealed, bound_to)


@pytest.mark.parametrize("broken", ["", ".", "x.y", "00000000.AAAA", "no dots at all"])
def test_what_was_never_sealed_is_a_sentence(broken: str) -> None:
    with pytest.raises(PersonError, match="no longer be decrypted"):
        Vault([b"1" * 32]).open(broken, "1 x")


def test_an_older_secret_still_opens_and_another_does_not() -> None:
    sealed = Vault([b"1" * 32]).seal(KEY, "x")
    assert Vault([b"2" * 32, b"1" * 32]).open(sealed, "x") == KEY
    with pytest.raises(PersonError):
        Vault([b"2" * 32]).open(sealed, "x")


def test_the_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = keys_of(tmp_path, [])
    assert keys_of(tmp_path, []) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert keys_of(tmp_path, ["a secret of sixteen"]) == [derived("a secret of sixteen")]


@pytest.mark.parametrize("content", ["", "zz", "ab" * 31])
def test_a_broken_file_is_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(DataDirError, match="backup"):
        keys_of(tmp_path, [])


@pytest.mark.parametrize("killed_before_sealing", [False, True])
async def test_rotating_re_encrypts_everything(tmp_path: Path, killed_before_sealing: bool) -> None:
    old = Vault(keys_of(tmp_path, []))

    def furnish() -> Program[PersonId]:
        person = yield from people.add(Identity("p", "1", "Alice"), Role.MEMBER, NOW)
        yield from endpoints.add(person.id, "mine", "https://a.example", "7890", lambda to: old.seal(KEY, to), NOW)
        return person.id

    async with await open_new(tmp_path) as database:
        person = await database.write(furnish())
    if killed_before_sealing:
        write_keys(tmp_path / FILE, [b"9" * 32, *keys_of(tmp_path, [])])
    assert await rotate_key(Settings(data_dir=tmp_path)) == 1
    keys = keys_of(tmp_path, [])
    assert len(keys) == 1
    async with await open_database(tmp_path) as database:
        [kept] = await database.read(endpoints.of_owner(person))
    assert Vault(keys).open(kept.sealed_key, kept.bound_to) == KEY
    with pytest.raises(PersonError):
        old.open(kept.sealed_key, kept.bound_to)
