"""Which settings must never appear in a log."""

from urllib.parse import urlsplit

from bot.settings import Settings

_SHORTEST_SECRET = 8
"""In characters, of what a server's program finds in its environment."""


def secrets_of(settings: Settings) -> list[str]:
    database = settings.database_address()
    secrets = (
        settings.aws_secret_access_key,
        settings.smtp_password,
        settings.secret_key,
        settings.secret_key_old,
        settings.brave_api_key,
        settings.tavily_api_key,
    )
    endpoints = settings.endpoints().values()
    keys = [endpoint.api_key for endpoint in endpoints if endpoint.api_key]
    in_addresses = [password for endpoint in endpoints if (password := urlsplit(endpoint.base_url or "").password)]
    tokens = [bot.token for bot in settings.bots()]
    for server in settings.servers():
        # Short values, "on" or "8080", are no secrets, and would black out half of the log.
        tokens += [word for word in (server.token, *server.environment.values()) if len(word) >= _SHORTEST_SECRET]
    in_addresses += [part for part in (database, urlsplit(database).password) if part]
    return [*keys, *in_addresses, *tokens, *(secret.get_secret_value() for secret in secrets if secret is not None)]
