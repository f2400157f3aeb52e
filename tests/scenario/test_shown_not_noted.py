"""A page that is shown, and of which that cannot be kept at first, is not shown again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.errors import StorageError
from tests.support.world import House, Someone
from tests.support.writes import set_around


async def test_what_is_shown_is_noted_later_and_not_shown_twice(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = iter([True])

    async def refuses_once(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        if "_settle_page" in program and next(refused, False):
            raise StorageError("The disk is full.")
        return await write()

    set_around(refuses_once, monkeypatch.setattr)
    house.model.reply = "Yes."
    await house.start()
    alice.says("hello")
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM turn WHERE state = 'delivered'") == [(1,)])
    assert [message.text for message in alice.answers()] == ["Yes."]
    assert next(refused, None) is None
