"""Reactions at messages for which there are no words."""

import asyncio
from typing import Any, cast

from structlog.testing import capture_logs

from bot.contracts.abilities import Reaction
from bot.contracts.bots import Bots
from bot.contracts.platform import Platform
from bot.delivery.reactions import Reactions, Unheard
from bot.domain.errors import Rejected, StorageError
from bot.domain.ids import PersonId
from bot.domain.places import Place
from storage.database import Database
from storage.programs import Program
from tests.support.clock import FakeClock

PLACE = Place("somewhere", "1", "2")


class Refusing:
    """A bot on a platform on which nobody may react."""

    name, bot = PLACE.platform, PLACE.bot

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def react(self, _place: Place, remote_id: str, _sign: Reaction) -> None:
        self.asked.append(remote_id)
        raise Rejected("Reactions are forbidden here.")

    async def unreact(self, _place: Place, _remote_id: str, _sign: Reaction) -> None:
        raise AssertionError("There is none to take back.")


class Full:
    """A database whose disk is full."""

    def __init__(self) -> None:
        self.refused: asyncio.Queue[str] = asyncio.Queue()

    async def write(self, _program: Program[Any]) -> Any:
        self.refused.put_nowait("refused")
        raise StorageError("The disk is full.")


async def test_a_reaction_that_cannot_be_shown_holds_up_no_other() -> None:
    platform, database = Refusing(), Full()
    said: list[object] = []
    bots = Bots([cast(Platform, platform)])
    bots.note_open(cast(Platform, platform))
    signs = Reactions(cast(Database, database), bots, FakeClock(), said.append)
    with capture_logs() as logs:
        for number in ("7", "8"):
            signs.put(Unheard(PLACE, 1, number, PersonId(1), Reaction.LATER, "Please wait a little."))
            await database.refused.get()
        signs.put(Unheard(PLACE, 1, "9", PersonId(1), Reaction.LATER, "Please wait a little."))
        await database.refused.get()
        await signs.close()
    assert platform.asked == ["7", "8", "9"]
    assert said == []
    assert [line["event"] for line in logs].count("reaction_not_said") >= 2
    assert "Please wait" not in str(logs)
