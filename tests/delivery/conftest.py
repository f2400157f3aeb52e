"""What the tests of delivery share."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from bot.contracts.bots import Bots
from bot.contracts.platform import Platform
from storage.database import open_database
from tests.delivery.stage import Counted, Stage, Watched, Wire


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with await open_database(tmp_path) as opened:
        opened.__class__ = Watched
        database = cast(Watched, opened)
        wire, bots = Wire(database), Bots()
        bots.enlist(cast(Platform, wire))
        bots.note_open(cast(Platform, wire))
        stage = Stage(database, wire, Counted(), bots)
        yield stage
        database.meanwhile = None
        await stage.delivery.drain(0)
