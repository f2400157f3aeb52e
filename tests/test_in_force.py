"""What admins change is in force, whatever becomes of the one who changed it."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot import in_force
from bot.contracts.news import NOBODY
from bot.settings import Settings, load_settings
from bot.settings.changes import Changes, over
from storage import changed
from storage.database import open_database


async def test_who_is_gone_while_it_is_read_leaves_it_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(settings: Settings, changes: Changes) -> Settings:
        begun.set()
        go_on.wait()
        return over(settings, changes)

    monkeypatch.setattr(in_force, "over", slowly)
    async with await open_database(tmp_path) as database:
        settings = in_force.InForce(load_settings({}, tmp_path), database, NOBODY)
        await database.write(changed.put(Changes("documents").written(), ""))
        looking = asyncio.create_task(settings.look())
        await asyncio.to_thread(begun.wait)
        looking.cancel()
        await asyncio.wait((looking,))
        go_on.set()
        assert settings.modes.usual == "regular"
        await settings.look()
        assert settings.modes.usual == "documents"
