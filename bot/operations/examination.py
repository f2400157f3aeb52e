"""Everything that `parley doctor` checks."""

import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp

from bot.contracts.bots import Bots
from bot.contracts.findings import Finding, bad, note
from bot.domain.clock import SystemClock
from bot.domain.errors import DataDirError, PersonError, SettingsError
from bot.llm.profiles import Profiles
from bot.operations import doctor
from bot.operations.doctor_models import Models
from bot.operations.doctor_processes import examine_processes
from bot.operations.doctor_servers import examine_servers
from bot.operations.keys import vault_keys
from bot.operations.opening import read_beside
from bot.outside import BotMaker, Providers, Routes, catalogue_of, open_bucket
from bot.roster import plan_of
from bot.settings import Settings
from bot.settings.advice import Advice
from bot.settings.changes import Changes, over
from bot.settings.policy import policy_of
from bot.settings.secrets import readable_secrets
from bot.vault import FILE as SECRET
from bot.vault import Vault
from bot.web.proxies import Proxies
from providers.models import profiles as look_up_profiles
from storage import bots as kept_bots
from storage import changed
from storage.bots import KeptBot
from storage.programs import Program

T = TypeVar("T")

_CLOCK_S = 10.0
"""How long to wait for a platform that is only asked for the time."""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Everything that `parley doctor` checks, in order: an earlier fault may cause a later one."""
    clock, rng = SystemClock(), random.SystemRandom()
    async with AsyncExitStack() as stack:
        for doubt in settings.origin.doubts:
            yield note(doubt, "Rename it there, if it is meant for Parley.")
        for finding in doctor.examine_secrets(readable_secrets(settings)):
            yield finding
        routes = Routes.of(settings, os.environ)
        skew_s, url = await _clock_skew(settings, routes), settings.database_address()
        for finding in doctor.examine_machine(settings.data_dir, skew_s, in_file=not url):
            yield finding
        async for finding in _examine_server(url, files_in_directory=settings.blobs_url is None):
            yield finding
        settings, found = await as_changed(settings)
        for finding in found:
            yield finding
        if (bucket := open_bucket(settings, routes)) is not None:
            yield await doctor.examine_bucket(bucket)
        for finding in routes.findings(settings):
            yield finding
        bots = Bots()
        if any(settings.bots()):
            bots = BotMaker(settings, routes, clock, rng).bots()
        else:
            names = " or ".join(one.token_setting for one in settings.platforms)
            yield bad("No platform has a token.", f"Set {names} in `.env`.")
        stack.push_async_callback(bots.close_all)
        for fault in await _enlist_added(settings, bots, BotMaker(settings, routes, clock, rng)):
            yield fault
        providers = Providers(settings, clock, routes.vendors)
        stack.push_async_callback(providers.close)
        profiles = Profiles(look_up_profiles, settings.profiles(), settings.prices)
        models = Models(
            policy_of(settings),
            profiles,
            providers.get,
            Advice(settings),
            catalogue_of(settings, providers, clock),
        )
        async for finding in examine_servers(settings.servers()):
            yield finding
        async for finding in doctor.examine_outside(doctor.Outside(settings.data_dir, bots, models)):
            yield finding


async def _examine_server(url: str, *, files_in_directory: bool) -> AsyncIterator[Finding]:
    """The database, where it is on a server, and who shares it."""
    if not url:
        return
    yield await doctor.examine_server(url)
    async for finding in examine_processes(url, files_in_directory=files_in_directory):
        yield finding


async def _enlist_added(settings: Settings, bots: Bots, maker: BotMaker) -> list[Finding]:
    """Add the bots that admins have added in a chat and that are to run; returns what is wrong with others."""
    kept = [one for one in await _kept_bots(settings) if one.token is not None and not one.stopped]
    if not kept:
        return []
    if settings.secret_key is None and not (settings.data_dir / SECRET).exists():
        # Asked for where it is missing, the secret is made.
        return [_sealed(one) for one in kept]
    faults, vault = list[Finding](), Vault(vault_keys(settings))
    for one in kept:
        try:
            if (plan := plan_of(one, vault, settings.bounds().read)) is not None:
                bots.enlist(maker.make(plan), plan)
        except PersonError:
            faults.append(_sealed(one))
        except SettingsError as error:
            faults.append(bad(f"{one.name} does not run: {error}", "Mend its rules with `/admin bots`."))
    return faults


def _sealed(one: KeptBot) -> Finding:
    cure = "Restore the secret that encrypted it, or add the bot once more with `/admin bots`."
    return bad(f"{one.name}: its token can no longer be decrypted.", cure)


async def _kept_bots(settings: Settings) -> list[KeptBot]:
    """Those that admins have had to do with."""
    return await _read(settings, kept_bots.every()) or []


async def as_changed(settings: Settings) -> tuple[Settings, list[Finding]]:
    """The settings with what admins have changed, and what it is; where that does not fit, without."""
    try:
        settings = over(settings, Changes.parse(await _read(settings, changed.content()) or ""))
        return settings, list(doctor.examine_changes(settings))
    except SettingsError as error:
        what = f"What admins have changed on their page does not fit these settings: {error}"
        return settings, [bad(what, "Look with `parley changes`, and undo it with `parley changes --undo`.")]


async def _read(settings: Settings, program: Program[T]) -> T | None:
    """What is in the database; None where it cannot be read, which is told elsewhere."""
    try:
        return await read_beside(settings, program)
    except DataDirError:
        return None


async def _clock_skew(settings: Settings, routes: "Routes") -> float | None:
    """How far this machine's clock is ahead of a platform's, in seconds; None if no platform says."""
    used = {plan.platform for plan in settings.bots()}
    # Without a bot, any of them will do.
    for one in [each for each in settings.platforms if each.name in used] or settings.platforms[-1:]:
        if (told := await _told_time(one.way(settings).api_url, routes.platforms[one.name])) is not None:
            return time.time() - told
    return None


async def _told_time(root: str, way: Proxies) -> float | None:
    """The time at this address, in seconds since 1970; None if it does not say."""
    timeout = aiohttp.ClientTimeout(total=_CLOCK_S)
    try:
        # With a clock that is far off, no certificate is valid; and the request gives nothing away.
        async with (
            aiohttp.ClientSession(connector=way.connector(), timeout=timeout) as session,
            session.get(root, ssl=False) as answer,
        ):
            return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return None
