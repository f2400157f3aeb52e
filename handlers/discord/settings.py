"""What an operator can set for Discord."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from bot.contracts.setting_values import BotTokens, LowerCase, ProxyAddress, Root

Shards = Annotated[int, Field(ge=1, le=10_000)]


def _number_of_shards(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "auto" else value


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
    discord_shards: Annotated[Shards | None, BeforeValidator(_number_of_shards)] = Field(
        default=None,
        description="Over how many connections Discord tells of servers: auto (as many as Discord recommends: one for "
        "most bots) or a number.",
    )
    discord_proxy: ProxyAddress | None = Field(
        default=None, description="The proxy for Discord alone, if it needs another one than PROXY; or `none`."
    )
