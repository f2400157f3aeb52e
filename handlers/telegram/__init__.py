"""Telegram: its updates become inbound messages, and blocks become its text with entities."""

import importlib
from urllib.parse import urlsplit

from bot.contracts.platform import Platform
from bot.contracts.platform_kind import PlatformKind, Surroundings, Way
from handlers.telegram.settings import TelegramSettings


def _way(settings: TelegramSettings) -> Way:
    proxy = settings.telegram_proxy
    return Way(
        tuple(token.get_secret_value() for token in settings.telegram_bot_token),
        settings.telegram_api_url,
        proxy.get_secret_value() if proxy is not None else None,
        calls=settings.telegram_webhook_url is not None,
    )


def _load() -> None:
    from handlers.telegram.library import import_aiogram

    # Before any module of this package names something of it.
    import_aiogram()
    importlib.import_module("handlers.telegram.platform")


def _called(settings: TelegramSettings, token: str) -> str | None:
    """Where Telegram calls for this bot; None if it is not to call. All but the only one of the environment are told
    apart by their numbers."""
    url, known = settings.telegram_webhook_url, [one.get_secret_value() for one in settings.telegram_bot_token]
    return url if url is None or known == [token] else f"{url}/{token.partition(':')[0]}"


def _open(settings: TelegramSettings, token: str, around: Surroundings) -> Platform:
    _load()
    from handlers.telegram.platform import TelegramPlatform
    from handlers.telegram.webhook import Address

    called = _called(settings, token)
    return TelegramPlatform(
        token,
        api_url=settings.telegram_api_url,
        own_server=settings.telegram_own_server,
        makes_bots=settings.telegram_managed_bots,
        pacing=around.pacing,
        clock=around.clock,
        hold=around.hold,
        news=around.news,
        commands=around.commands,
        rng=around.rng,
        webhook=Address(called, urlsplit(called).path or "/") if called else None,
        connector=around.connector,
        language=around.language,
        token_in=around.token_in,
    )


PLATFORM = PlatformKind(
    name="telegram",
    title="Telegram",
    listed=("user", "chat"),
    settings=TelegramSettings,
    token_from="from @BotFather on Telegram",  # noqa: S106
    way=_way,
    load=_load,
    open=_open,
)
