"""The platforms that there are: to add one is to add its folder, and a line here."""

from typing import Any

import handlers.discord
import handlers.telegram
from bot.contracts.platform_kind import PlatformKind

PLATFORMS: tuple[PlatformKind[Any], ...] = (
    handlers.telegram.PLATFORM,
    handlers.discord.PLATFORM,
)
