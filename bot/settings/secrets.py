"""Which settings must never appear in a log."""

from urllib.parse import urlsplit

from bot.settings import Settings


def secrets_of(settings: Settings) -> list[str]:
    database = settings.database_address()
    secrets = (settings.smtp_password, settings.secret_key, settings.secret_key_old)
    endpoints = settings.endpoints().values()
    keys = [endpoint.api_key for endpoint in endpoints if endpoint.api_key]
    in_addresses = [password for endpoint in endpoints if (password := urlsplit(endpoint.base_url or "").password)]
    tokens = [token for _, token in settings.bots()]
    in_addresses += [part for part in (database, urlsplit(database).password) if part]
    return [*keys, *in_addresses, *tokens, *(secret.get_secret_value() for secret in secrets if secret is not None)]
