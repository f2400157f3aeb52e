"""Bots that another bot manages."""

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request


def get_managed_bot_token(context: Context) -> str:
    """The token of a bot that this one manages. Of any other, Telegram says that it is none (`bots.exportBotToken`)."""
    number = context.params.integer("user_id")
    if number is None:
        raise bad_request("invalid user_id specified")
    found = next((bot for bot in context.world.bots.values() if bot.id == number), None)
    if found is None or found.manager != context.bot.id:
        raise bad_request("BOT_INVALID")
    return found.token
