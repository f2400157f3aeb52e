"""The forms that pages are checked in: each platform's own, under its own limit and under one that hurts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bot.domain.blocks import Block
from bot.rendering.layout import paginate
from bot.standins.telegram.rich import checked_rich
from handlers.discord import render as discord
from handlers.telegram import render as telegram
from handlers.telegram import rich_render as rich

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.md"))


@dataclass(frozen=True, slots=True)
class Form:
    """How one platform shows and measures blocks."""

    name: str
    limit: int
    separator: int
    measure: Callable[[Block], int]
    size: Callable[[Sequence[Block]], int]
    """What a message of these blocks takes, in the platform's own unit."""

    def pages(self, blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
        return paginate(blocks, limit=self.limit, measure=self.measure, separator=self.separator)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def telegram_size(blocks: Sequence[Block]) -> int:
    return utf16_units(telegram.render(blocks)[0])


def discord_size(blocks: Sequence[Block]) -> int:
    return len(discord.render(blocks))


def rich_size(blocks: Sequence[Block]) -> int:
    """Bytes, by the stand-in's own rules: it raises where there are too many blocks, or too deep ones."""
    message = rich.render(blocks)
    checked_rich(message)
    return len(orjson.dumps(message["blocks"]))


FORMS = (
    Form("telegram", telegram.TEXT_LIMIT, telegram.SEPARATOR, telegram.measure, telegram_size),
    Form("telegram-small", 400, telegram.SEPARATOR, telegram.measure, telegram_size),
    Form("telegram-rich", rich.RICH_LIMIT, rich.SEPARATOR, rich.measure, rich_size),
    Form("discord", 2000, discord.SEPARATOR, discord.measure, discord_size),
)


def sample_text(path: Path) -> str:
    """A sample as a provider might hand it over, lone surrogates and all line ends included."""
    return path.read_bytes().decode("utf-8", "surrogatepass")
