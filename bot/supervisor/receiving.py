"""Receiving from every platform, until the program is told to end or none is left."""

import asyncio
import random

import structlog

from bot.contracts.bots import Bots
from bot.contracts.leases import Leases
from bot.contracts.platform import Invited, Platform
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError, PlatformError
from bot.gateway import Gateway
from bot.watching.watch import Watch

log = structlog.get_logger(__name__)


_OPEN_AGAIN_S = 30.0
"""The longest wait before a platform that could not be reached is tried again."""


async def receive_from_all(
    bots: Bots,
    gateway: Gateway,
    watch: Watch,
    clock: Clock,
    rng: random.Random,
    ending: asyncio.Event,
    operator_code: str | None,
    leases: Leases,
) -> None:
    """Receive from every bot's platform until the program is told to end, or none is left to receive from.

    `leases` share that out among processes.
    """
    tasks = [
        asyncio.create_task(
            _receive_from(label, bot, gateway, watch, clock, rng, operator_code, leases), name=f"receive-{label}"
        )
        for label, bot in bots.labelled()
    ]
    end = asyncio.create_task(ending.wait())
    everything_lost = asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait((end, everything_lost), return_when=asyncio.FIRST_COMPLETED)
    lost = [task.exception() for task in tasks if task.done() and not task.cancelled()]
    for task in (*tasks, end):
        task.cancel()
    await asyncio.gather(*tasks, end, everything_lost, return_exceptions=True)
    if len(lost) == len(tasks):
        raise next(error for error in lost if error is not None)


async def _receive_from(
    label: str,
    platform: Platform,
    gateway: Gateway,
    watch: Watch,
    clock: Clock,
    rng: random.Random,
    operator_code: str | None,
    leases: Leases,
) -> None:
    """Log in, however long that takes, and receive. Ends only by cancellation or with an error that will not pass."""
    try:
        await _open(platform, clock, rng)
        log.info("platform_open", platform=platform.name, bot=platform.bot, name=platform.shown_name)
        if operator_code is not None:
            link = platform.invitation(operator_code)
            print(f"\nThis bot has no admin yet. Open this link to become its first: {link}\n", flush=True)  # noqa: T201
        await gateway.take_up(platform)
        beside = (
            asyncio.create_task(gateway.warn(platform), name=f"warn-{label}"),
            asyncio.create_task(_show_way_in(platform), name=f"way-in-{label}"),
        )
        try:
            await platform.receive(gateway, leases)
        finally:
            for task in beside:
                task.cancel()
    except ParleyError as error:
        log.error("platform_lost", platform=label, error=error)
        # Another platform may live on: the operator must not learn of this from its silence.
        watch.bot_lost(label, platform, error)
        raise


async def _show_way_in(platform: Platform) -> None:
    """Say how to add the bot, if nobody has done so yet."""
    if not isinstance(platform, Invited):
        return
    try:
        link = await platform.way_in()
    except PlatformError as error:
        log.info("way_in_not_known", platform=platform.name, detail=error)
        return
    if link is not None:
        print(f"\n{platform.shown_name} is in no server yet. Invite it: {link}\n", flush=True)  # noqa: T201


async def _open(platform: Platform, clock: Clock, rng: random.Random) -> None:
    wait_s = 1.0
    while True:
        try:
            await platform.open()
        except PlatformError as error:
            log.warning("platform_not_reached", platform=platform.name, detail=error, again_in_s=wait_s)
            await clock.sleep(wait_s * rng.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, _OPEN_AGAIN_S)
        else:
            return
