"""The composition root: the only file that knows every package. Reads nothing itself; `run` gets the settings."""

import asyncio
import contextlib
import gc
import os
import random
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from bot.alongside import begin_beside, keep_until_end
from bot.contracts.leases import FOREVER, Hold
from bot.contracts.news import NOBODY, News
from bot.domain.clock import Clock, SystemClock
from bot.domain.counts import counted
from bot.domain.errors import DatabaseAway, DatabaseBusy, DatabaseDamaged, FilesAway, Replaced, SettingsError
from bot.domain.people import Role
from bot.files.sandbox import READINGS, Sandbox
from bot.files.sandbox import Limits as SandboxLimits
from bot.gateway.gateway import Gateway
from bot.in_force import InForce
from bot.llm.chain import Chain
from bot.llm.profiles import Profiles
from bot.llm.searching import ModelSearch
from bot.llm.spending import SpendingLimit
from bot.operations.doctor_processes import scattered
from bot.operations.keys import vault_keys
from bot.operations.started import what_is_doubted, what_is_on
from bot.outside import Outside, Routes, mail_server_of, open_outside, web_of
from bot.page.links import PageLinks
from bot.parts import Parts
from bot.served import serve
from bot.settings import Settings
from bot.settings.policy import policy_of
from bot.settings.secrets import secrets_of
from bot.supervisor.receiving import Receiving
from bot.supervisor.shared_work import leases_of, shared_work
from bot.supervisor.signals import end_on_signals, end_with_stdin
from bot.telemetry.logs import set_up_logging
from bot.telemetry.metrics import Metrics
from bot.watching.alerts import Alerts
from bot.watching.budget import dollars_refused
from bot.watching.watch import Watch, vendor_heard
from bot.web import proxies
from bot.web.upload_links import UploadLinks
from handlers.commands import COMMANDS
from providers.models import profiles as look_up_profiles
from storage import invites, people, processes
from storage.database import Database, open_database
from storage.programs import Program

log = structlog.get_logger(__name__)

_SWITCH_S = 0.0005

_START_OVER_S = 0.5

_COLLECTED_AFTER = (10_000, 20, 50)
"""New objects until the youngest are collected, and how many times that until the next older ones are."""


async def run(
    settings: Settings,
    ending: asyncio.Event,
    clock: Clock,
    rng: random.Random,
    environ: Mapping[str, str] | None = None,
    hide: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the gateway until `ending` is set; then let running answers finish and return.

    It starts over where it was taken for dead, or while the database is held up before it has begun. Once it was let in
    there it also waits for a database that is away, as it does while it runs.

    `environ` is where proxies are looked up that the settings do not name; the process's own unless given.
    `hide` keeps a secret out of the log that only a chat has told.

    Raises:
        ParleyError: it cannot run with these settings, or in this data directory.
    """
    was_let_in = False
    while not ending.is_set():
        try:
            return await _run(settings, ending, clock, rng, environ, hide)
        except (Replaced, DatabaseBusy) as error:
            was_let_in = True
            log.warning("starts_over", error=error)
        except (DatabaseAway, FilesAway) as error:
            if not was_let_in:
                raise
            log.warning("starts_over", error=error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_OVER_S):
                await ending.wait()
    return None


async def _run(
    settings: Settings,
    ending: asyncio.Event,
    clock: Clock,
    rng: random.Random,
    environ: Mapping[str, str] | None,
    hide: Callable[[str], None],
) -> None:
    """Run the gateway once.

    Raises:
        ParleyError: it cannot run with these settings, or in this data directory.
        DatabaseBusy: nothing has begun; it may start over.
        Replaced: other processes have taken over; it may start over.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(await _open_database(settings))
        shared = await stack.enter_async_context(shared_work(database))
        hold: Hold = shared.membership if shared is not None else FOREVER
        news = shared.news if shared is not None else NOBODY
        in_force = InForce(settings, database, news)
        await _put_in_force(in_force)
        keys = vault_keys(settings)
        named = os.environ if environ is None else environ
        opened = open_outside(settings, keys, database, hold, news, named, hide, in_force.read_rules, clock, rng)
        outside = await stack.enter_async_context(opened)
        parts = _parts(settings, in_force, database, outside, news, clock, rng)
        gateway = Gateway(parts)
        await serve(stack, settings, in_force, parts, outside.links, gateway, hold)
        if shared is not None:
            await shared.join()
            await _say_where_files_are(settings, database)
        await gateway.start()
        stack.push_async_callback(_stop, gateway, database, settings.shutdown_grace_s)
        if shared is not None:
            shared.start(gateway.work, gateway.processes)
            stack.push_async_callback(shared.leave)
        leases = leases_of(shared)
        begin_beside(stack, settings, in_force, parts, outside, gateway, leases)
        operator_code = await _operator_code(settings, database, clock)
        over = _either(stack, ending, database.replaced)
        receiving = Receiving(parts.bots, parts.roster, gateway, parts.watch, clock, rng, leases, operator_code)
        await receiving.run(over)
        if not database.replaced.is_set():
            _say_what_is_waited_for(gateway.answers_running, settings.shutdown_grace_s)
    if database.replaced.is_set() and not ending.is_set():
        raise Replaced


async def _open_database(settings: Settings) -> Database:
    """Raises DataDirError."""
    return await open_database(
        settings.data_dir, synchronous=settings.sqlite_synchronous, url=settings.database_address(), shared=True
    )


async def _put_in_force(in_force: InForce) -> None:
    """Begin with what admins have changed. Raises SettingsError."""
    try:
        await in_force.look()
    except SettingsError as error:
        raise SettingsError(
            f"What admins have changed on their page does not fit these settings: {error} Correct that, or look with "
            "`parley changes` and undo it with `parley changes --undo`."
        ) from error


async def _say_where_files_are(settings: Settings, database: Database) -> None:
    """Say in the log where one process may lack the files of another. Raises StorageError."""
    if settings.blobs_url:
        return
    for finding in scattered(await database.read(processes.statuses())):
        log.warning("files_scattered", cure=f"{finding.what} {finding.cure}")


def _either(stack: AsyncExitStack, *events: asyncio.Event) -> asyncio.Event:
    """An event that is set when one of these is."""
    either = asyncio.Event()

    async def follow(event: asyncio.Event) -> None:
        await event.wait()
        either.set()

    keep_until_end(stack, [asyncio.create_task(follow(event)) for event in events])
    return either


async def _stop(gateway: Gateway, database: Database, grace_s: float) -> None:
    """Let running answers finish, unless others have gone on with them already."""
    await gateway.stop(0.0 if database.replaced.is_set() else grace_s)


def _parts(
    settings: Settings,
    in_force: InForce,
    database: Database,
    outside: Outside,
    news: News,
    clock: Clock,
    rng: random.Random,
) -> Parts:
    metrics = Metrics()
    policy = replace(policy_of(settings), modes=in_force.modes, listed=outside.catalogue, bots=outside.bots.rules)
    profiles = Profiles(look_up_profiles, settings.profiles(), in_force.prices)
    alerts = Alerts(database, policy, clock)
    spending = SpendingLimit(
        database,
        profiles,
        clock,
        metrics,
        usd_per_day=settings.usd_per_day,
        on_refused=partial(dollars_refused, alerts, settings.usd_per_day),
    )
    mail, links = mail_server_of(settings), outside.links
    return Parts(
        database=database,
        blobs=outside.blobs,
        sandbox=_sandbox(settings, database.process),
        bots=outside.bots,
        chain=Chain(outside.providers.get, profiles, clock, rng, metrics, spending, partial(vendor_heard, alerts)),
        own=outside.own,
        own_servers=outside.own_servers,
        hosts=outside.hosts,
        profiles=profiles,
        policy=policy,
        commands=COMMANDS,
        news=news,
        clock=clock,
        rng=rng,
        metrics=metrics,
        alerts=alerts,
        watch=Watch(alerts, outside.bots, lambda: shutil.disk_usage(settings.data_dir).free, clock),
        exactly_once=settings.exactly_once,
        slots=settings.workers,
        web=web_of(settings, clock),
        searching=ModelSearch(outside.providers.get, spending, settings.searching()),
        send_mail=mail.send if mail is not None else None,
        file_links=links.make if links is not None else None,
        page_links=_page_links(settings, database, clock),
        roster=outside.roster,
        uploads=UploadLinks(settings.public_url, settings.data_dir, database, clock) if settings.public_url else None,
    )


def _sandbox(settings: Settings, process: str) -> Sandbox:
    """Where strangers' files are opened; several processes keep apart what they read there."""
    return Sandbox(SandboxLimits(), max(1, (os.cpu_count() or 2) // 2), settings.data_dir / READINGS / process)


def _page_links(settings: Settings, database: Database, clock: Clock) -> PageLinks:
    root = settings.public_url or f"http://{settings.http_host}:{settings.http_port}"
    return PageLinks(root, database, clock, is_on=settings.admin_page, is_local=not settings.public_url)


def _say_what_is_waited_for(count: int, grace_s: float) -> None:
    log.info("stopping", answers=count, grace_s=grace_s)
    if count:
        print(f"Waiting for {counted(count, 'answer')}… press Ctrl-C again to stop now.", flush=True)  # noqa: T201


async def main(settings: Settings, room: Path | None = None) -> None:
    """Run the gateway in this process, with its logs and signals, until one of those that end it.

    `room` is the playground's directory, whose child this is: it ends with its parent, and then removes that.
    """
    environ = dict(os.environ)
    for name in proxies.VARIABLES:
        # Each library would look them up by itself, and understand them in its own way.
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    routes = Routes.of(settings, environ)
    hide = set_up_logging(settings.log_level, settings.log_format, [*secrets_of(settings), *routes.secrets])
    for event, fields in what_is_on(settings):
        log.info(event, **fields)
    for event, fields in what_is_doubted(settings):
        log.warning(event, **fields)
    ending = asyncio.Event()
    end_on_signals(ending)
    if room is not None:
        end_with_stdin(ending)
    # What the libraries have built by now stays for good: walking through aiogram's models took the collector 70 ms.
    _load_platforms(settings)
    gc.collect()
    gc.freeze()
    gc.enable()
    # With a thousand answers streaming a whole collection takes 100 ms, in which all of them stand still. What a turn
    # leaves is freed without it, but for little.
    gc.set_threshold(*_COLLECTED_AFTER)
    # The database's threads must get their turn sooner than the usual 5 ms when many people talk at once.
    sys.setswitchinterval(_SWITCH_S)
    await run(settings, ending, SystemClock(), random.SystemRandom(), environ, hide)
    if room is not None:
        shutil.rmtree(room, ignore_errors=True)


def _load_platforms(settings: Settings) -> None:
    """Import what the bots are going to need."""
    for platform in {plan.platform for plan in settings.bots()}:
        settings.kind_of(platform).load()


async def _operator_code(settings: Settings, database: Database, clock: Clock) -> str | None:
    """A one-time code for the first admin; None if there is one, the settings name some, or nobody can tell."""
    now = clock.now()

    def drawn() -> Program[str | None]:
        if settings.admins or (yield from people.any_admin()):
            return None
        yield from invites.drop_for_admins()
        code = secrets.token_urlsafe(12)
        yield from invites.add(code, Role.ADMIN, 1, now)
        return code

    try:
        return await database.write(drawn())
    except DatabaseDamaged:
        return None
