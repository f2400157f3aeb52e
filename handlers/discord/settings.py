"""What an operator can set for Discord."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.contracts.setting_values import BotTokens, LowerCase, ProxyAddress, Root


class DiscordSettings(BaseModel):
    """A field's name in capitals is its name in the environment and in `.env`."""

    discord_bot_token: BotTokens = Field(
        default=(),
        description="The Discord bot's token, from the developer portal (its message content intent must be on). "
        "Several bots: their tokens, separated by commas.",
    )
    discord_api_url: Root = Field(
        default="https://discord.com/api/v10",
        description="Root of Discord's REST API; the address of its gateway is discovered from there.",
    )
    discord_replies: Annotated[Literal["thread", "channel"], LowerCase] = Field(
        default="thread",
        description="Where a mention in a Discord channel is answered: thread (opened at the mention; in the channel"
        " if no thread may be opened) or channel (as a reply, one session for the channel).",
    )
    discord_proxy: ProxyAddress | None = Field(
        default=None, description="The proxy for Discord alone, if it needs another one than PROXY; or `none`."
    )
