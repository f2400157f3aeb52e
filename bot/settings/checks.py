"""Checks of what one setting alone cannot tell. Each raises WrongValue."""

import re
from collections.abc import Sequence

from bot.contracts.setting_values import WrongValue
from bot.domain.model_names import OFFLINE, OWN
from bot.settings.models import EndpointTable


def check_endpoint(name: str, endpoint: EndpointTable) -> None:
    """An endpoint has a name that can stand before a model's, and an address if it needs one."""
    if name in (OFFLINE, OWN) or not re.fullmatch(r"[a-z0-9_-]{1,32}", name):
        raise WrongValue(
            "is not a name for an endpoint.",
            "Use up to 32 of a-z, 0-9, _ and -, but neither offline nor own.",
            name=f"endpoints.{name}",
        )
    if endpoint.kind == "openai_compatible" and endpoint.base_url is None:
        raise WrongValue(
            "is missing.", "Write the address, such as https://api.example.com/v1.", name=f"endpoints.{name}.base_url"
        )


def check_mode_name(name: str) -> None:
    """A mode's name can be typed behind a command."""
    if not re.fullmatch(r"[a-z0-9_-]{1,24}", name):
        raise WrongValue("is not a name for a mode.", "Use up to 24 of a-z, 0-9, _ and -.", name=f"modes.{name}")


def check_naming_proxy(header: str, proxies: Sequence[object]) -> None:
    """A header that says who somebody is has senders that are believed."""
    if header and not re.fullmatch(r"[A-Za-z0-9-]{1,64}", header):
        raise WrongValue("is not the name of a header.", "Write it like X-Forwarded-Email.", name="ADMIN_PAGE_HEADER")
    if header and not proxies:
        raise WrongValue(
            "is set, but ADMIN_PAGE_PROXIES is not.",
            "Name the address of your proxy there, such as 127.0.0.1.",
            name="ADMIN_PAGE_HEADER",
        )


def check_bucket_key(key_id: str | None, key: object | None) -> None:
    """A bucket's key has two parts, or is the machine's own."""
    if (key_id is None) != (key is None):
        missing, given = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")[:: 1 if key is None else -1]
        raise WrongValue("is missing.", f"Set it beside {given}, or neither.", name=missing)


def check_default_mode(mode: str, modes: Sequence[str]) -> None:
    """The mode of a new account is one of those that are enabled."""
    if mode not in modes:
        raise WrongValue(
            f"is {mode!r}, which is not a mode.", f"Choose one of {', '.join(modes)}.", name="DEFAULT_MODE"
        )
