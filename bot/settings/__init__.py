"""Everything an operator can set: read once at the start, from what admins change on the page, the environment, `.env`
and `parley.toml`."""

from bot.settings.load import load_settings
from bot.settings.settings import Settings

__all__ = ["Settings", "load_settings"]
