"""The composition root: the only file that knows every package. Reads nothing itself; `run` gets the settings."""

import asyncio
import gc
import importlib
import importlib.util
import os
import random
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.contracts.findings import Finding, bad, good, note
from bot.contracts.platform import Invited, Platform
from bot.contracts.provider import Provider
from bot.domain.clock import Clock, SystemClock
from bot.domain.errors import DatabaseDamaged, DataDirError, ParleyError, PlatformError, SettingsError
from bot.domain.ids import UnixMs
from bot.domain.model_names import OFFLINE
from bot.domain.people import RichUse, Role
from bot.domain.policy import FileRules, Policy
from bot.files.sandbox import Limits as SandboxLimits
from bot.files.sandbox import Sandbox
from bot.gateway import WAITING, Gateway
from bot.llm.chain import Chain
from bot.llm.own_endpoints import OwnEndpoints
from bot.llm.profiles import Profiles
from bot.llm.spending import Spending
from bot.operations import doctor
from bot.operations.doctor_models import Models
from bot.operations.keychecks import check_keys
from bot.operations.started import what_is_on
from bot.people.mail import MailServer
from bot.settings import Settings
from bot.settings.advice import Advice
from bot.supervisor.housekeeping import EVERY_S, every, keep_house
from bot.supervisor.signals import end_on_signals, end_with_stdin
from bot.telemetry.logs import set_up_logging
from bot.telemetry.metrics import Metrics
from bot.texts import zones
from bot.vault import FILE as VAULT_FILE
from bot.vault import Vault, keys_of, write_keys
from bot.watching.alerts import Alerts
from bot.watching.watch import Watch, vendor_heard
from bot.web import proxies
from bot.web.links import FileLinks
from bot.web.proxies import Proxies, without_password
from handlers.commands import COMMANDS
from providers import open_provider, prepare
from providers.guard import check_address
from providers.models import profiles as look_up_profiles
from providers.openai_compatible import OpenAICompatible
from storage import endpoints, people, waiting
from storage.blobs import Blobs
from storage.database import DATABASE_FILE, Database, Program, open_database
from storage.endpoints import OwnEndpoint

log = structlog.get_logger(__name__)

_SWITCH_S = 0.0005

_COLLECTED_AFTER = (10_000, 20, 50)
"""New objects until the youngest are collected, and how many times that until the next older ones are."""

_CLOCK_S = 10.0
"""How long a platform is waited for that is only asked what time it is."""

_OPEN_AGAIN_S = 30.0
"""The longest wait before a platform that could not be reached is tried again."""


async def run(
    settings: Settings,
    ending: asyncio.Event,
    clock: Clock,
    rng: random.Random,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run the gateway until `ending` is set; then let running answers finish and return.

    `environ` is where proxies are looked up that the settings do not name; the process's own unless given.

    Raises:
        ParleyError: it cannot run with these settings, or in this data directory.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            await open_database(settings.data_dir, synchronous=settings.sqlite_synchronous)
        )
        ways = Routes.of(settings, os.environ if environ is None else environ)
        platforms = open_platforms(settings, clock, rng, ways)
        for platform in platforms.values():
            stack.push_async_callback(platform.close)
        providers = Providers(settings, ways.vendors)
        stack.push_async_callback(providers.close)
        keys = vault_keys(settings)
        own = open_own_endpoints(settings, keys, database, clock, ways.vendors)
        stack.push_async_callback(own.close)
        blobs = Blobs(settings.data_dir)
        links = FileLinks(settings.public_url, keys[0], clock) if settings.public_url else None
        if links is not None:
            from bot.web import serving as web

            routes = web.file_routes(web.Files(database, blobs, links))
            await stack.enter_async_context(_serving(routes, settings.http_host, settings.http_port, "HTTP_PORT"))
        metrics = Metrics()
        if settings.health_port:
            from bot.web import serving as web

            state = web.Health(database, platforms, metrics, policy_of(settings).roles)
            at = settings.health_host, settings.health_port
            await stack.enter_async_context(_serving(web.health_routes(state), *at, "HEALTH_PORT"))
        profiles = Profiles(look_up_profiles, settings.profiles(), settings.prices)
        spending = Spending(database, profiles, clock, metrics, usd_per_day=settings.usd_per_day)
        policy = policy_of(settings)
        alerts = Alerts(database, policy.roles, clock)
        watch = Watch(alerts, platforms, lambda: shutil.disk_usage(settings.data_dir).free, clock)
        gateway = Gateway(
            database,
            blobs,
            Sandbox(SandboxLimits(), max(1, (os.cpu_count() or 2) // 2), settings.data_dir / "reading"),
            platforms,
            Chain(providers.get, profiles, clock, rng, metrics, spending, partial(vendor_heard, alerts)),
            own,
            policy,
            profiles,
            COMMANDS,
            clock,
            rng,
            metrics,
            alerts,
            watch,
            exactly_once=settings.exactly_once,
            slots=settings.workers,
            send_mail=server.send if (server := mail_server_of(settings)) is not None else None,
            file_links=links.make if links is not None else None,
        )
        await gateway.start()
        stack.push_async_callback(gateway.stop, settings.shutdown_grace_s)
        # Minutes for a large file: nobody waits for it, what it finds counts as soon as it is known.
        checking = asyncio.create_task(database.check(), name="check-database")
        stack.callback(checking.cancel)
        housekeeper = asyncio.create_task(keep_house(gateway.housekeeping, clock, every(EVERY_S)), name="housekeeping")
        stack.callback(housekeeper.cancel)
        loading = asyncio.create_task(asyncio.to_thread(prepare, settings.endpoints().values()))
        stack.push_async_callback(asyncio.wait, (loading,))
        keys_checking = asyncio.create_task(_check_keys(loading, settings, providers, alerts, clock), name="check-keys")
        stack.callback(keys_checking.cancel)
        try:
            operator_code = await database.write(_operator_code(settings, clock.now()))
        except DatabaseDamaged:
            operator_code = None
        await _receive(platforms, gateway, watch, clock, rng, ending, operator_code)
        log.info("stopping", answers=gateway.answers_running, grace_s=settings.shutdown_grace_s)
        if count := gateway.answers_running:
            answers = "1 answer" if count == 1 else f"{count} answers"
            print(f"Waiting for {answers}… press Ctrl-C again to stop now.", flush=True)  # noqa: T201


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
    set_up_logging(settings.log_level, settings.log_format, [*_secrets(settings), *routes.secrets])
    for event, fields in what_is_on(settings):
        log.info(event, **fields)
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
    await run(settings, ending, SystemClock(), random.SystemRandom(), environ)
    if room is not None:
        shutil.rmtree(room, ignore_errors=True)


def _load_platforms(settings: Settings) -> None:
    """Import what `open_platforms` is going to."""
    if settings.telegram_bot_token is not None:
        importlib.import_module("handlers.telegram.platform")
    if settings.discord_bot_token is not None:
        importlib.import_module("handlers.discord.platform")


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Everything that `parley doctor` looks at, in an order in which what stands first may break what follows."""
    clock, rng = SystemClock(), random.SystemRandom()
    async with AsyncExitStack() as stack:
        for doubt in settings.origin.doubts:
            yield note(doubt, "Rename it there, if it is meant for Parley.")
        routes = Routes.of(settings, os.environ)
        for finding in doctor.examine_machine(settings.data_dir, await _clock_skew(settings, routes)):
            yield finding
        for finding in routes.findings(settings):
            yield finding
        platforms: dict[str, Platform] = {}
        if settings.telegram_bot_token is None and settings.discord_bot_token is None:
            yield bad("No platform has a token.", "Set TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN in `.env`.")
        else:
            platforms = open_platforms(settings, clock, rng, routes)
        for platform in platforms.values():
            stack.push_async_callback(platform.close)
        providers = Providers(settings, routes.vendors)
        stack.push_async_callback(providers.close)
        profiles = Profiles(look_up_profiles, settings.profiles(), settings.prices)
        models = Models(policy_of(settings), profiles, providers.get, Advice(settings))
        async for finding in doctor.examine_outside(doctor.Outside(settings.data_dir, platforms, models)):
            yield finding


async def _clock_skew(settings: Settings, routes: "Routes") -> float | None:
    """How far this machine's clock is ahead of a platform's, in seconds; None where none tells."""
    on = {
        "telegram": (settings.telegram_bot_token, settings.telegram_api_url, routes.telegram),
        "discord": (settings.discord_bot_token, settings.discord_api_url, routes.discord),
    }
    asked = [(root, way) for token, root, way in on.values() if token is not None]
    for root, way in asked or [(settings.discord_api_url, routes.discord)]:
        if (told := await _told_time(root, way)) is not None:
            return time.time() - told
    return None


async def _told_time(root: str, way: Proxies) -> float | None:
    """What time it is at this address, in seconds since 1970; None where it does not tell."""
    timeout = aiohttp.ClientTimeout(total=_CLOCK_S)
    try:
        # Whose clock is far off finds no certificate valid; and nothing is told there but that somebody asks.
        async with (
            aiohttp.ClientSession(connector=way.connector(), timeout=timeout) as session,
            session.get(root, ssl=False) as answer,
        ):
            return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Routes:
    """The proxies of everything that connects to the outside."""

    telegram: Proxies
    discord: Proxies
    vendors: Proxies

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> "Routes":
        """What the settings and the environment say. Raises SettingsError."""
        named = [
            None if proxy is None else proxy.get_secret_value()
            for proxy in (settings.telegram_proxy, settings.discord_proxy, settings.proxy)
        ]
        return cls(
            Proxies.chosen((named[0], named[2]), environ),
            Proxies.chosen((named[1], named[2]), environ),
            Proxies.chosen((named[2],), environ),
        )

    @property
    def secrets(self) -> list[str]:
        """Passwords in them."""
        return [*self.telegram.secrets, *self.discord.secrets, *self.vendors.secrets]

    def findings(self, settings: Settings) -> Iterator[Finding]:
        """What `parley doctor` says of them: which proxy is taken to whom."""
        asked = [
            ("Telegram", self.telegram, settings.telegram_api_url, settings.telegram_bot_token is not None),
            ("Discord", self.discord, settings.discord_api_url, settings.discord_bot_token is not None),
            *((name, self.vendors, one.base_url or "https://", True) for name, one in settings.endpoints().items()),
        ]
        for name, by, url, is_used in asked:
            if is_used and (proxy := by.for_url(url)) is not None:
                yield good(f"{name} is reached by the proxy {without_password(proxy)}.")


def open_platforms(
    settings: Settings, clock: Clock, rng: random.Random, routes: Routes | None = None
) -> dict[str, Platform]:
    """A client for each platform that has a token. A third platform is one line here."""
    routes = routes or Routes.of(settings, {})
    platforms: dict[str, Platform] = {}
    if settings.telegram_bot_token is not None:
        from handlers.telegram.platform import TelegramPlatform

        token = settings.telegram_bot_token.get_secret_value()
        platforms["telegram"] = TelegramPlatform(
            token,
            api_url=settings.telegram_api_url,
            own_server=settings.telegram_own_server,
            pacing=settings.pacing,
            clock=clock,
            commands=COMMANDS,
            connector=routes.telegram.connector if routes.telegram.by_scheme else None,
        )
    if settings.discord_bot_token is not None:
        from handlers.discord.platform import DiscordPlatform

        token = settings.discord_bot_token.get_secret_value()
        platforms["discord"] = DiscordPlatform(
            token,
            api_url=settings.discord_api_url,
            pacing=settings.pacing,
            clock=clock,
            rng=rng,
            commands=COMMANDS,
            connector=routes.discord.connector if routes.discord.by_scheme else None,
            threads=settings.discord_replies == "thread",
        )
    if not platforms:
        raise SettingsError("TELEGRAM_BOT_TOKEN is not set. Get a token from @BotFather and put it into `.env`.")
    return platforms


async def _check_keys(
    loaded: asyncio.Task[None], settings: Settings, providers: "Providers", alerts: Alerts, clock: Clock
) -> None:
    """Have the vendors' keys looked at once what speaks to them is loaded."""
    await asyncio.wait((loaded,))
    vendors = [name for name, endpoint in settings.endpoints().items() if endpoint.kind != OFFLINE]
    await check_keys(vendors, providers.get, partial(vendor_heard, alerts), clock)


class Providers:
    """The endpoints of the settings, each opened when it is first asked."""

    def __init__(self, settings: Settings, by: Proxies) -> None:
        self._endpoints = settings.endpoints()
        self._connector = by.connector if by.by_scheme else None
        self._limits = settings.time_limits()
        self._open: dict[str, Provider] = {}

    def get(self, name: str) -> Provider:
        """The provider of that name. Raises LookupError where the settings have none."""
        if name not in self._open:
            self._open[name] = open_provider(self._endpoints[name], self._limits, connector=self._connector)
        return self._open[name]

    async def close(self) -> None:
        """Let go of every connection."""
        for provider in self._open.values():
            await provider.close()


def policy_of(settings: Settings) -> Policy:
    """The engine's excerpt of the settings."""
    return Policy(
        modes=settings.modes(),
        default_mode=settings.default_mode,
        time_zone=settings.timezone if settings.timezone is not None else zones.of_this_machine(),
        access=settings.access,
        allowlist=frozenset(str(entry) for entry in settings.allowlist),
        admins=frozenset(str(entry) for entry in settings.admins),
        tokens_start=settings.tokens_start,
        tokens_per_request=settings.tokens_per_request,
        metered=settings.billing == "metered",
        tokens_held=settings.tokens_held,
        refill=settings.refill,
        tokens_per_day=settings.tokens_per_day,
        usd_per_day=settings.usd_per_day,
        rate_limit_per_minute=settings.rate_limit_per_minute,
        chat_rate_limit_per_minute=settings.chat_rate_limit_per_minute,
        at_once_per_person=settings.at_once_per_person,
        at_once_per_chat=settings.at_once_per_chat,
        context_messages=settings.context_messages,
        titles=settings.titles,
        undo_minutes=settings.undo_minutes,
        show_reasoning=settings.show_reasoning,
        show_model=settings.show_model,
        rich=RichUse(settings.rich_messages),
        files=file_rules_of(settings),
        endpoints=frozenset(settings.endpoints()),
    )


def file_rules_of(settings: Settings) -> FileRules:
    """What is taken of files, and who reads them."""
    return FileRules(
        largest_bytes=settings.max_file_mb * 1_000_000,
        most_pages=settings.max_pages,
        most_scans=settings.max_scans,
        quota_bytes=settings.file_quota_mb * 1_000_000,
        days=settings.file_days,
        seeing=settings.seeing(),
        reading=settings.reading(),
        hearing=settings.hearing(),
        local_engine=importlib.util.find_spec("rapidocr") is not None,
    )


@asynccontextmanager
async def _serving(routes: Sequence[Any], host: str, port: int, setting: str) -> AsyncIterator[None]:
    """Serve routes of `bot.web.serving`, which is imported only where something is served: it takes memory."""
    from bot.web.serving import serving

    try:
        async with serving(routes, host, port):
            yield
    except OSError as error:
        raise SettingsError(f"{setting} {port} cannot be listened on ({error.strerror}). Set another one.") from error


def open_own_endpoints(
    settings: Settings, keys: Sequence[bytes], database: Database, clock: Clock, by: Proxies
) -> OwnEndpoints:
    """What opens people's own endpoints, whose keys are sealed with `keys`."""
    only_public = settings.endpoint_addresses == "public"
    limits = settings.time_limits()
    return OwnEndpoints(
        database,
        Vault(keys),
        lambda endpoint: OpenAICompatible(endpoint, limits, clock, by.connector),
        partial(check_address, only_public=only_public),
        only_public=only_public,
    )


def vault_keys(settings: Settings) -> list[bytes]:
    """What people's keys are sealed with, the present key first."""
    set_ = [key.get_secret_value() for key in (settings.secret_key, settings.secret_key_old) if key is not None]
    return keys_of(settings.data_dir, set_)


async def rotate_key(settings: Settings) -> int:
    """Seal people's keys with a new secret; says how many. A crash in between leaves all of them readable.

    Raises:
        DataDirError: a gateway is running on this data directory, or none ever was.
    """
    if not (settings.data_dir / DATABASE_FILE).exists():
        raise DataDirError(
            f"DATA_DIR {str(settings.data_dir)!r} holds no database: there is nothing to re-encrypt. "
            "Name the right one: `parley --data-dir DIRECTORY rotate-key`."
        )
    async with await open_database(settings.data_dir) as database:
        old = vault_keys(settings)
        in_file = settings.secret_key is None
        keys = [secrets.token_bytes(32), *old] if in_file else old
        if in_file:
            write_keys(settings.data_dir / VAULT_FILE, keys)
        vault = Vault(keys)

        def reseal(endpoint: OwnEndpoint) -> str:
            return vault.seal(vault.open(endpoint.sealed_key, endpoint.bound_to), endpoint.bound_to)

        count = await database.write(endpoints.seal_anew(reseal))
        await database.write(waiting.seal_anew(lambda sealed: vault.seal(vault.open(sealed, WAITING), WAITING)))
        if in_file:
            write_keys(settings.data_dir / VAULT_FILE, keys[:1])
    return count


def mail_server_of(settings: Settings) -> MailServer | None:
    """The operator's mail server; None where there is none."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password.get_secret_value() if settings.smtp_password is not None else ""
    user = settings.smtp_user or ""
    sender = settings.smtp_from or user or f"parley@{settings.smtp_host}"
    return MailServer(settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, user, password)


def _secrets(settings: Settings) -> list[str]:
    tokens = (
        settings.telegram_bot_token,
        settings.discord_bot_token,
        settings.smtp_password,
        settings.secret_key,
        settings.secret_key_old,
    )
    endpoints = settings.endpoints().values()
    keys = [endpoint.api_key for endpoint in endpoints if endpoint.api_key]
    in_addresses = [password for endpoint in endpoints if (password := urlsplit(endpoint.base_url or "").password)]
    return [*keys, *in_addresses, *(token.get_secret_value() for token in tokens if token is not None)]


def _operator_code(settings: Settings, now: UnixMs) -> Program[str | None]:
    """A one-time code for the first admin; None where there is one, or the settings name some."""
    if settings.admins or (yield from people.any_admin()):
        return None
    yield from people.drop_admin_invites()
    code = secrets.token_urlsafe(12)
    yield from people.add_invite(code, Role.ADMIN, 1, now)
    return code


async def _receive(
    platforms: Mapping[str, Platform],
    gateway: Gateway,
    watch: Watch,
    clock: Clock,
    rng: random.Random,
    ending: asyncio.Event,
    operator_code: str | None,
) -> None:
    """Receive from every platform until the program is told to end, or none is left to receive from."""
    tasks = [
        asyncio.create_task(_receive_from(platform, gateway, watch, clock, rng, operator_code), name=f"receive-{name}")
        for name, platform in platforms.items()
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
    platform: Platform, gateway: Gateway, watch: Watch, clock: Clock, rng: random.Random, operator_code: str | None
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
            asyncio.create_task(gateway.warn(platform), name=f"warn-{platform.name}"),
            asyncio.create_task(_show_way_in(platform), name=f"way-in-{platform.name}"),
        )
        try:
            await platform.receive(gateway)
        finally:
            for task in beside:
                task.cancel()
    except ParleyError as error:
        log.error("platform_lost", platform=platform.name, error=error)
        # Another one may live: whoever runs the bot must not find out by its silence.
        watch.platform_lost(platform.name, error)
        raise


async def _show_way_in(platform: Platform) -> None:
    """Say how the bot is let in, where nobody has done that yet."""
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
