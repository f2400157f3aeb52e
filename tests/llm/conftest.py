"""What the tests of models share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.llm.kitchen import Kitchen, open_kitchen


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with open_kitchen(tmp_path) as kitchen:
        yield kitchen
