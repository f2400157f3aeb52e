"""The scene of a crash, on each platform."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.clock import SystemClock
from bot.standins.model import ModelServer
from tests.crash.scene import ANSWER, Scene
from tests.support.fixtures import database_url
from tests.support.sides import SIDES, WAYS

__all__ = ["database_url"]


@pytest.fixture(params=SIDES)
async def scene(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> AsyncIterator[Scene]:
    model = ModelServer()
    await model.start()
    model.reply = ANSWER
    side = WAYS[request.param](SystemClock())
    await side.start()
    scene = Scene(side, model, tmp_path / "data", database_url)
    yield scene
    scene.kill()
    await side.stop()
    await model.close()
