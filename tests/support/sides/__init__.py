"""The two platforms as scenarios use them: the same few acts on each stand-in.

What a person sees is compared as words: Telegram formats beside the text, Discord in it.
"""

from collections.abc import Callable

from bot.domain.clock import Clock
from tests.support.sides.discord import DiscordSide
from tests.support.sides.side import Room, Shown, Side
from tests.support.sides.telegram import TelegramSide, WebhookSide

__all__ = ["SIDES", "WAYS", "DiscordSide", "Room", "Shown", "Side", "TelegramSide", "WebhookSide"]

SIDES: dict[str, Callable[[Clock], Side]] = {"telegram": TelegramSide, "discord": DiscordSide}
"""On which every scenario runs."""

WAYS: dict[str, Callable[[Clock], Side]] = {**SIDES, "webhook": WebhookSide}
"""On which those run that `every_way` marks."""
