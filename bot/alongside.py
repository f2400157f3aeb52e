"""What runs beside receiving as long as the gateway lives, and what its start does not wait for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import structlog

from bot.contracts.leases import ALONE, FOREVER, Leases
from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.domain.model_names import OFFLINE
from bot.files.sandbox import READINGS, remove_left
from bot.gateway.gateway import Gateway
from bot.in_force import InForce
from bot.llm.catalogue import Catalogue
from bot.operations.keychecks import check_keys
from bot.outside import Outside, Providers
from bot.parts import Parts
from bot.settings import Settings
from bot.supervisor.following import follow
from bot.supervisor.housekeeping import EVERY_S, every, keep_house
from bot.watching.alerts import Alerts
from bot.watching.watch import vendor_heard
from providers import prepare
from storage import processes

log = structlog.get_logger(__name__)

_AGAIN_S = 60.0


def begin_beside(
    stack: AsyncExitStack,
    settings: Settings,
    in_force: InForce,
    parts: Parts,
    outside: Outside,
    gateway: Gateway,
    leases: Leases,
) -> None:
    """Begin it all; it ends when the stack comes back to here."""
    loading = asyncio.create_task(asyncio.to_thread(prepare, settings.endpoints().values()))
    stack.push_async_callback(asyncio.wait, (loading,))
    beside: dict[str, Callable[[], Awaitable[None]]] = {
        # Minutes for a large file: what it finds counts as soon as it is known.
        "check-database": parts.database.check,
        "watching": lambda: keep_house(gateway.look, parts.clock, every(EVERY_S)),
        "housekeeping": lambda: leases.while_held(
            "housekeeping",
            lambda hold: _keep_house(gateway, parts, settings.data_dir / READINGS, alone=hold is FOREVER),
        ),
        "schedules": lambda: leases.while_held("schedules", gateway.do_schedules),
        "broadcasts": lambda: leases.while_held("broadcasts", gateway.do_broadcasts),
        "follow-admins": lambda: follow(in_force.follow, in_force.changed, alone=leases is ALONE),
        "list-models": lambda: _list_models(loading, outside.catalogue),
        "check-keys": lambda: _check_keys(loading, settings, outside.providers, parts.alerts, parts.clock),
    }
    tasks = [asyncio.create_task(see_to(name, work, parts.clock), name=name) for name, work in beside.items()]
    keep_until_end(stack, tasks)


async def see_to(name: str, work: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Have something done until it ends by itself. Where it breaks, it is begun again after a while."""
    while True:
        try:
            return await work()
        except Exception:
            # The border of what runs beside: nobody waits for its end, so that a defect would end it in silence.
            log.exception("work_broke", work=name)
        await clock.sleep(_AGAIN_S)


def keep_until_end(stack: AsyncExitStack, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Have tasks cancelled, and their ends awaited, when the stack comes back to here.

    What they hold open they close by themselves: what they took it from is to be there still.
    """

    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    stack.push_async_callback(end)


async def _keep_house(gateway: Gateway, parts: Parts, readings: Path, *, alone: bool) -> None:
    """What one process does for all; with what another has left, unless the start has taken that up."""
    if not alone:
        try:
            await gateway.take_up_summaries()
        except StorageError as error:
            log.warning("summaries_wait", error=error)

    async def chore() -> None:
        await gateway.upkeep.run()
        if not alone:
            living = {process.name for process in await parts.database.read(processes.every())}
            await asyncio.to_thread(remove_left, readings, living, time.time())

    await keep_house(chore, parts.clock, every(EVERY_S))


async def _check_keys(
    loaded: asyncio.Task[None], settings: Settings, providers: Providers, alerts: Alerts, clock: Clock
) -> None:
    """Have the vendors' keys looked at once what speaks to them is loaded."""
    await asyncio.wait((loaded,))
    vendors = [name for name, endpoint in settings.endpoints().items() if endpoint.kind != OFFLINE]
    await check_keys(vendors, providers.get, partial(vendor_heard, alerts), clock)


async def _list_models(loaded: asyncio.Task[None], catalogue: Catalogue) -> None:
    """Hear which models there are, once what speaks to the vendors is loaded."""
    await asyncio.wait((loaded,))
    await catalogue.keep()
