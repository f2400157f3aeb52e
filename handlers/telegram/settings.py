"""What an operator can set for Telegram."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationInfo

from bot.contracts.setting_values import BotTokens, ProxyAddress, Root, WrongValue

TELEGRAMS_OWN = "api.telegram.org"
WEBHOOK_PORTS = (443, 80, 88, 8443)
"""The only ones that Telegram calls."""


def _checked(tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for token in tokens:
        if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token.get_secret_value()):
            raise WrongValue("is not a bot's token (digits, a colon, letters).", "Copy it again from @BotFather.")
    return tokens


def _callable(url: str | None, info: ValidationInfo) -> str | None:
    """Telegram calls public addresses over TLS alone; a server of the operator's own says itself what it calls."""
    if url is None:
        return url
    parts = urlsplit(url)
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", parts.path) or parts.query or parts.fragment or "@" in parts.netloc:
        raise WrongValue(
            "is not a plain address: a path of letters, digits and -._~ is all it may have.",
            "Write it like https://bot.example.org/telegram.",
        )
    if urlsplit(info.data.get("telegram_api_url", "")).hostname != TELEGRAMS_OWN:
        return url
    if parts.scheme != "https":
        raise WrongValue("begins with http://, and Telegram calls https:// only.", "Put a proxy with TLS before it.")
    if (parts.port or 443) not in WEBHOOK_PORTS:
        raise WrongValue("has a port that Telegram does not call.", "It calls 443, 80, 88 and 8443.")
    if not _is_public(parts.hostname or ""):
        raise WrongValue(
            "names a host that Telegram cannot reach: it calls public IPv4 addresses only.",
            "Name a public host, or leave it out: the gateway then asks Telegram for updates by itself.",
        )
    return url


def _is_public(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." in (name := host.strip(".")) and name.rpartition(".")[2] not in (
            "local",
            "localhost",
            "internal",
            "test",
        )
    return address.version == 4 and address.is_global


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
    telegram_webhook_url: Annotated[Root | None, AfterValidator(_callable)] = Field(
        default=None,
        description="Where Telegram calls the gateway with what people say, such as https://bot.example.org/telegram; "
        "leads to HTTP_PORT through your proxy. Several bots: each has its number behind it. Unset, the gateway asks "
        "Telegram instead, which needs no address.",
    )
    telegram_managed_bots: bool = Field(
        default=False,
        description="Admins make more bots with a tap in `/admin bots`, without a token. It needs Bot Management Mode, "
        "which @BotFather's mini app has among a bot's settings.",
    )
    telegram_proxy: ProxyAddress | None = Field(
        default=None, description="The proxy for Telegram alone, if it needs another one than PROXY; or `none`."
    )
