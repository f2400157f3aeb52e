"""Which settings must never appear in a log, and which files hold them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.settings import Settings

_SHORTEST_SECRET = 8
"""In characters, of what a server's program finds in its environment, and of what is looked for in files."""


def secrets_of(settings: Settings) -> list[str]:
    endpoints = settings.endpoints().values()
    keys = [endpoint.api_key for endpoint in endpoints if endpoint.api_key]
    database = settings.database_address()
    addresses = [database, *(endpoint.base_url or "" for endpoint in endpoints)]
    in_addresses = [password for address in addresses if (password := urlsplit(address).password)]
    tokens = [bot.token for bot in settings.bots()]
    for server in settings.servers():
        # Short values, "on" or "8080", are no secrets, and would black out half of the log.
        tokens += [word for word in (server.token, *server.environment.values()) if len(word) >= _SHORTEST_SECRET]
    return [*keys, *in_addresses, *tokens, *_declared(settings)]


def readable_secrets(settings: Settings) -> Iterator[Path]:
    """The settings' files that hold a secret and that other users of this machine can read."""
    secrets = [secret for secret in secrets_of(settings) if len(secret) >= _SHORTEST_SECRET]
    for path in settings.origin.files:
        about = path.stat()
        # A file of root's that is readable for the gateway's group is as it should be.
        open_to = stat.S_IROTH | (stat.S_IRGRP if about.st_uid == os.geteuid() else 0)
        if about.st_mode & open_to and any(secret in path.read_text(encoding="utf-8-sig") for secret in secrets):
            yield path


def _declared(settings: Settings) -> Iterator[str]:
    """What is declared to be secret: one value or several."""
    for _, value in settings:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, SecretStr):
                yield one.get_secret_value()
