"""A tool with an effect: a post office that counts what it has sent."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.contracts.provider import ToolOffer
from bot.standins.dialects import Called
from bot.tools import reading, toolbox
from bot.tools.tool import Asker, Tool
from storage.database import Database

SEND = Called("send", '{"to": "Eve"}')


class Post:
    """What has been sent, and how the office works."""

    def __init__(self, letters: Path | None = None) -> None:
        """`letters`: where it writes as well to whom it has sent one."""
        self._letters = letters
        if letters is not None:
            letters.touch()
        self.sent: list[str] = []
        self.cut_off: list[str] = []
        self.closed = asyncio.Event()
        self.closed.set()
        """Cleared, nothing that is sent arrives before it is set again."""

    def open(self, patch: pytest.MonkeyPatch) -> None:
        """Have every gateway offer it, beside the tools that read."""
        patch.setattr(
            toolbox, "reading_tools", lambda database: (*reading.reading_tools(database), *self.tools(database))
        )

    def tools(self, _: Database) -> tuple[Tool, ...]:
        offer = ToolOffer("send", "Sends a letter.", {"type": "object", "properties": {"to": {"type": "string"}}})
        return (Tool(offer, reads=False, suits=lambda _: True, call=self._send, login="Alice's letters"),)

    async def _send(self, _: Asker, arguments: Mapping[str, Any]) -> str:
        to = str(arguments["to"])
        self.sent.append(to)
        if self._letters is not None:
            with self._letters.open("a") as letters:
                letters.write(f"{to}\n")
        try:
            await self.closed.wait()
        except asyncio.CancelledError:
            self.cut_off.append(to)
            raise
        return f"A letter went to {to}."
