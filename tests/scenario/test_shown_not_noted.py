"""A page that is shown, and of which that cannot be kept at first, is not shown again."""

import pytest

from bot.domain.errors import StorageError
from storage.database import Database
from storage.programs import Program, T
from tests.support.world import House, Someone


async def test_what_is_shown_is_noted_later_and_not_shown_twice(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = Database.write, iter([True])

    async def refuses_once(self: Database, program: Program[T]) -> T:
        if "_settle_page" in getattr(program, "__qualname__", "") and next(refused, False):
            program.close()
            raise StorageError("The disk is full.")
        return await write(self, program)

    monkeypatch.setattr(Database, "write", refuses_once)
    house.model.reply = "Yes."
    await house.start()
    alice.says("hello")
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM turn WHERE state = 'delivered'") == [(1,)])
    assert [message.text for message in alice.answers()] == ["Yes."]
    assert next(refused, None) is None
