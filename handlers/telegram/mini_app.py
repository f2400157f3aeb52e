"""Telegram Mini Apps: who looks at a page, as Telegram's app tells it and signs it for this bot.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
"""

from aiogram.utils.web_app import safe_parse_webapp_init_data

from bot.contracts.abilities import Vouched
from bot.domain.ids import UnixMs


def vouched(token: str, said: str) -> Vouched | None:
    """Who opened it; None unless Telegram has signed this for the bot of this token."""
    try:
        data = safe_parse_webapp_init_data(token, said)
    except ValueError:
        return None  # Not signed by it, or none of its objects: pydantic's and json's errors are such as well.
    if data.user is None or data.user.is_bot:
        return None
    return Vouched(str(data.user.id), UnixMs(int(data.auth_date.timestamp() * 1000)))
