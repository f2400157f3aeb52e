"""Whether the vendors accept the configured keys: asked once, beside a gateway that has started.

Nothing waits for it, and it costs nothing: only free requests are made. An answer proves the key,
not that there is credit; a refusal that is not about the key proves nothing.
"""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from bot.contracts.provider import KeyChecked, Provider
from bot.domain.clock import Clock
from bot.domain.provider_errors import (
    BadCredentials,
    NoCredit,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    TurnedAway,
)

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 3600.0

_PROOF = (BadCredentials, NoCredit, TurnedAway)
"""Errors that mean that nothing in the account will answer."""

Refused = Callable[[str, ProviderError], None]
"""Called with the vendor that will not answer, and why."""


async def check_keys(
    vendors: Iterable[str], provider: Callable[[str], Provider], refused: Refused, clock: Clock
) -> None:
    """Ask all of them at once; one that cannot be reached is asked again until it can."""
    async with asyncio.TaskGroup() as group:
        for vendor in vendors:
            opened = provider(vendor)
            if isinstance(opened, KeyChecked):
                group.create_task(_check(vendor, opened, refused, clock))


async def _check(vendor: str, provider: KeyChecked, refused: Refused, clock: Clock) -> None:
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            taken = await provider.takes_key()
        except _PROOF as error:
            log.error("key_refused", vendor=vendor, error=type(error).__name__, detail=error)
            refused(vendor, error)
            return
        except (ProviderTimeout, ProviderUnreachable) as error:
            log.warning("vendor_not_reached", vendor=vendor, detail=error, again_in_s=wait_s)
            await clock.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        except ProviderError as error:
            log.info("key_not_checked", vendor=vendor, error=type(error).__name__, detail=error)
            return
        else:
            log.info("key_taken" if taken else "key_not_checked", vendor=vendor)
            return
