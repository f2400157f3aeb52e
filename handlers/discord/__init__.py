"""Discord: its events become inbound messages, and blocks become its Markdown.

Read it beside `handlers/telegram`: the files have the same names on purpose.
"""

import importlib

from bot.contracts.platform import Platform
from bot.contracts.platform_kind import PlatformKind, Surroundings, Way
from handlers.discord.settings import DiscordSettings


def _way(settings: DiscordSettings) -> Way:
    proxy = settings.discord_proxy
    return Way(
        tuple(token.get_secret_value() for token in settings.discord_bot_token),
        settings.discord_api_url,
        proxy.get_secret_value() if proxy is not None else None,
    )


def _load() -> None:
    importlib.import_module("handlers.discord.platform")


def _open(settings: DiscordSettings, token: str, around: Surroundings) -> Platform:
    from handlers.discord.platform import DiscordPlatform

    return DiscordPlatform(
        token,
        api_url=settings.discord_api_url,
        pacing=around.pacing,
        clock=around.clock,
        hold=around.hold,
        news=around.news,
        rng=around.rng,
        commands=around.commands,
        connector=around.connector,
        language=around.language,
        token_in=around.token_in,
        shards=settings.discord_shards,
        threads=settings.discord_replies == "thread",
    )


def _invitation() -> str:
    """The link that invites the bot to a server, with a place for the application's number."""
    from handlers.discord.doctor import invite_link

    return f"`{invite_link(0).replace('client_id=0', 'client_id=APPLICATION_ID')}`"


PLATFORM = PlatformKind(
    name="discord",
    title="Discord",
    listed=("user", "chat", "guild", "role"),
    settings=DiscordSettings,
    token_from="https://discord.com/developers/applications",  # noqa: S106
    way=_way,
    load=_load,
    open=_open,
    manual={"discord_invitation": _invitation},
)
