"""What of the settings must never stand in a log."""

from urllib.parse import urlsplit

from bot.settings import Settings


def secrets_of(settings: Settings) -> list[str]:
    tokens = (
        settings.telegram_bot_token,
        settings.discord_bot_token,
        settings.smtp_password,
        settings.secret_key,
        settings.secret_key_old,
    )
    endpoints = settings.endpoints().values()
    keys = [endpoint.api_key for endpoint in endpoints if endpoint.api_key]
    in_addresses = [password for endpoint in endpoints if (password := urlsplit(endpoint.base_url or "").password)]
    return [*keys, *in_addresses, *(token.get_secret_value() for token in tokens if token is not None)]
