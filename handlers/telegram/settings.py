"""What an operator can set for Telegram."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from bot.contracts.setting_values import BotTokens, ProxyAddress, Root, WrongValue


def _checked(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for token in tokens:
        if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token.get_secret_value()):
            raise WrongValue("is not a bot's token (digits, a colon, letters).", "Copy it again from @BotFather.")
    return tokens


class TelegramSettings(BaseModel):
    """A field's name in capitals is its name in the environment and in `.env`."""

    telegram_bot_token: Annotated[BotTokens, AfterValidator(_checked)] = Field(
        default=(),
        description="The Telegram bot's token, from @BotFather. Several bots: their tokens, separated by commas.",
    )
    telegram_api_url: Root = Field(
        default="https://api.telegram.org",
        description="Root of the Telegram Bot API; change it for a Bot API server of your own.",
    )
    telegram_own_server: bool = Field(
        default=False,
        description="The API server is your own: files may be up to 2,000 MB instead of 20, and may be read from "
        "this machine's disk.",
    )
    telegram_proxy: ProxyAddress | None = Field(
        default=None, description="The proxy for Telegram alone, if it needs another one than PROXY; or `none`."
    )
