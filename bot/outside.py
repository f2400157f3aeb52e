"""Everything that connects to the outside, made from the settings: platforms, vendors, search engines, servers of
tools, mail server, bucket."""

import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.contracts.bots import BotPlan, Bots
from bot.contracts.findings import Finding, good
from bot.contracts.leases import FOREVER, Hold
from bot.contracts.news import NOBODY, News
from bot.contracts.platform import Platform
from bot.contracts.platform_kind import Surroundings
from bot.contracts.provider import Provider
from bot.contracts.web import SearchEngine, Web
from bot.domain.bots import BotRules
from bot.domain.clock import Clock
from bot.domain.errors import DataDirError, FilesAway, FilesUnavailable, SettingsError
from bot.llm.catalogue import Catalogue
from bot.llm.own_endpoints import OwnEndpoints
from bot.people.mail import MailServer
from bot.roster import Roster
from bot.settings import Settings
from bot.tools.connection import Hosts
from bot.tools.own_servers import OwnServers
from bot.vault import Vault
from bot.web.links import FileLinks
from bot.web.proxies import Proxies, without_password
from handlers.commands import COMMANDS
from providers import open_provider
from providers.guard import check_address, check_url
from providers.models import answering
from providers.openai_compatible import OpenAICompatible
from providers.web import WebPages, brave, searxng, tavily
from storage.blobs import Blobs
from storage.blobs.disk import DiskBlobs
from storage.database import Database

if TYPE_CHECKING:
    from storage.blobs.bucket import BucketBlobs


@dataclass(frozen=True, slots=True)
class Routes:
    """The proxies of everything that connects to the outside."""

    platforms: Mapping[str, Proxies]
    """By the platform's name."""
    vendors: Proxies

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> "Routes":
        """What the settings and the environment say. Raises SettingsError."""
        of_all = None if settings.proxy is None else settings.proxy.get_secret_value()
        platforms = {one.name: Proxies.chosen((one.way(settings).proxy, of_all), environ) for one in settings.platforms}
        return cls(platforms, Proxies.chosen((of_all,), environ))

    @property
    def secrets(self) -> list[str]:
        """Passwords in them."""
        return [secret for by in (*self.platforms.values(), self.vendors) for secret in by.secrets]

    def findings(self, settings: Settings) -> Iterator[Finding]:
        """What `parley doctor` says of them: which proxy is taken to whom."""
        used = {plan.platform for plan in settings.bots()}
        reached = [(one, one.way(settings)) for one in settings.platforms if one.name in used]
        asked = [
            *((one.title, self.platforms[one.name], way.api_url) for one, way in reached),
            *((name, self.vendors, one.base_url or "https://") for name, one in settings.endpoints().items()),
        ]
        for name, by, url in asked:
            if (proxy := by.for_url(url)) is not None:
                yield good(f"{name} is reached through the proxy {without_password(proxy)}.")


@dataclass(frozen=True, slots=True)
class BotMaker:
    """Makes the client of a bot."""

    settings: Settings
    routes: Routes
    clock: Clock
    rng: random.Random
    hold: Hold = FOREVER
    news: News = NOBODY

    def make(self, plan: BotPlan) -> Platform:
        """A client that has not logged in yet. Raises SettingsError if the token is malformed."""
        kind, by = self.settings.kind_of(plan.platform), self.routes.platforms[plan.platform]
        around = Surroundings(
            clock=self.clock,
            rng=self.rng,
            commands=COMMANDS,
            pacing=self.settings.pacing,
            connector=by.connector if by.by_scheme else None,
            hold=self.hold,
            news=self.news,
            language=plan.rules.language,
            token_in=plan.token_in,
        )
        return kind.open(self.settings, plan.token, around)

    def bots(self) -> Bots:
        """Those of the settings. Raises SettingsError if there is none, or a token is malformed."""
        bots = Bots()
        for plan in self.settings.bots():
            bots.enlist(self.make(plan), plan)
        if not any(bots):
            first = self.settings.platforms[0]
            raise SettingsError(
                f"{first.token_setting} is not set. Get a token {first.token_from} and put it into `.env`."
            )
        return bots


def open_blobs(settings: Settings, routes: Routes) -> Blobs:
    """Where the bytes of files are kept."""
    return open_bucket(settings, routes) or DiskBlobs(settings.data_dir)


def open_bucket(settings: Settings, routes: Routes) -> "BucketBlobs | None":
    """The bucket that BLOBS_URL names; None if it names none."""
    if settings.blobs_url is None:
        return None
    # Imported only where it is used: it takes 10 MB of memory.
    from storage.blobs.bucket import BucketAddress, BucketBlobs

    url = urlsplit(settings.blobs_url)
    endpoint = settings.aws_endpoint_url or ""
    address = BucketAddress(
        url.netloc,
        url.path.strip("/"),
        endpoint,
        settings.aws_region or "",
        settings.aws_access_key_id or "",
        settings.aws_secret_access_key.get_secret_value() if settings.aws_secret_access_key is not None else "",
        routes.vendors.for_url(endpoint or "https://amazonaws.com"),
    )
    return BucketBlobs(address)


class Providers:
    """The endpoints of the settings, each opened when it is first asked."""

    def __init__(self, settings: Settings, clock: Clock, by: Proxies) -> None:
        self._clock = clock
        self._endpoints = settings.endpoints()
        self._connector = by.connector if by.by_scheme else None
        self._limits = settings.time_limits()
        self._open: dict[str, Provider] = {}

    def get(self, name: str) -> Provider:
        """The provider of that name. Raises LookupError if the settings have none."""
        if name not in self._open:
            self._open[name] = open_provider(self._endpoints[name], self._limits, self._clock, self._connector)
        return self._open[name]

    async def close(self) -> None:
        """Release every connection."""
        for provider in self._open.values():
            await provider.close()


def catalogue_of(settings: Settings, providers: Providers, clock: Clock) -> Catalogue:
    """What vendors list, as far as the settings offer it."""
    return Catalogue(settings.listed(), providers.get, answering, settings.data_dir / "models.json", clock)


def open_own_endpoints(
    settings: Settings, keys: Sequence[bytes], database: Database, clock: Clock, by: Proxies
) -> OwnEndpoints:
    """Opens people's own endpoints, whose keys are encrypted with `keys`."""
    only_public = settings.endpoint_addresses == "public"
    limits = settings.time_limits()
    return OwnEndpoints(
        database,
        Vault(keys),
        lambda endpoint: OpenAICompatible(endpoint, limits, clock, by.connector),
        partial(check_address, only_public=only_public),
        only_public=only_public,
    )


def open_own_servers(
    settings: Settings, keys: Sequence[bytes], database: Database, hosts: Hosts, clock: Clock
) -> OwnServers:
    """People's own servers of tools, whose logins are encrypted with `keys`."""
    only_public = settings.endpoint_addresses == "public"
    return OwnServers(
        database,
        Vault(keys),
        clock,
        hosts,
        partial(check_url, only_public=only_public),
        most=settings.own_servers,
        only_public=only_public,
        root=settings.public_url or "",
    )


def web_of(settings: Settings, clock: Clock) -> Web | None:
    """The web, as far as it is opened to models."""
    if settings.tools != "web":
        return None
    pages = WebPages(settings.max_file_mb * 1_000_000, clock, only_public=settings.endpoint_addresses == "public")
    return Web(pages.fetch, _search_engine(settings))


def _search_engine(settings: Settings) -> SearchEngine | None:
    """The first that is set up."""
    if settings.brave_api_key is not None:
        return brave(settings.brave_api_key.get_secret_value())
    if settings.tavily_api_key is not None:
        return tavily(settings.tavily_api_key.get_secret_value())
    return searxng(settings.searxng_url) if settings.searxng_url is not None else None


def mail_server_of(settings: Settings) -> MailServer | None:
    """The operator's mail server; None if there is none."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password.get_secret_value() if settings.smtp_password is not None else ""
    user = settings.smtp_user or ""
    sender = settings.smtp_from or user or f"parley@{settings.smtp_host}"
    return MailServer(settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, user, password)


@dataclass(frozen=True, slots=True)
class Outside:
    """What one gateway is connected to."""

    bots: Bots
    roster: Roster
    providers: Providers
    own: OwnEndpoints
    own_servers: OwnServers
    hosts: Hosts
    catalogue: Catalogue
    blobs: Blobs
    links: FileLinks | None
    """None where nobody outside can reach the gateway."""


@asynccontextmanager
async def open_outside(
    settings: Settings,
    keys: Sequence[bytes],
    database: Database,
    hold: Hold,
    news: News,
    environ: Mapping[str, str],
    hide: Callable[[str], None],
    read_rules: Callable[[str], BotRules],
    clock: Clock,
    rng: random.Random,
) -> AsyncIterator[Outside]:
    """Everything that a gateway connects to, closed at the end; `environ` is where proxies are looked up, `hide` keeps
    a secret out of the log, `read_rules` reads those of a bot.

    Raises:
        SettingsError: there is no bot, a token is malformed, or a proxy makes no sense.
        DataDirError: no file can be kept.
    """
    routes = Routes.of(settings, environ)
    async with AsyncExitStack() as stack:
        maker = BotMaker(settings, routes, clock, rng, hold, news)
        bots = maker.bots()
        stack.push_async_callback(bots.close_all)
        providers = Providers(settings, clock, routes.vendors)
        stack.push_async_callback(providers.close)
        own = open_own_endpoints(settings, keys, database, clock, routes.vendors)
        stack.push_async_callback(own.close)
        titles = {one.name: one.title for one in settings.platforms}
        hosts = Hosts()
        yield Outside(
            bots,
            Roster(bots, maker.make, titles, database, Vault(keys), news, hide, read_rules),
            providers,
            own,
            open_own_servers(settings, keys, database, hosts, clock),
            hosts,
            catalogue_of(settings, providers, clock),
            await _seen(open_blobs(settings, routes)),
            FileLinks(settings.public_url, keys[0], clock) if settings.public_url else None,
        )


async def _seen(blobs: Blobs) -> Blobs:
    """The same, once it is known that files can be kept there. Raises DataDirError, FilesAway."""
    try:
        await blobs.look()
    except FilesAway:
        raise
    except FilesUnavailable as error:
        raise DataDirError(str(error)) from error
    return blobs
