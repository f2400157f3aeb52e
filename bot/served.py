"""What a gateway serves over HTTP, where the settings ask for it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from bot.contracts.hook import hook_of
from bot.contracts.leases import Hold
from bot.domain.errors import SettingsError
from bot.gateway.gateway import Gateway
from bot.in_force import InForce
from bot.parts import Parts
from bot.settings import Settings
from bot.web.links import FileLinks


async def serve(
    stack: AsyncExitStack,
    settings: Settings,
    in_force: InForce,
    parts: Parts,
    links: FileLinks | None,
    gateway: Gateway,
    hold: Hold,
) -> None:
    """Serve kept files, what platforms call, the admin page, and how the gateway is doing, until the stack ends.

    Raises:
        SettingsError: a port cannot be listened on.
    """
    calls = any(one.way(settings).calls for one in settings.platforms)
    if not (links or calls or settings.health_port or settings.admin_page):
        return
    # Imported only where something is served: it takes memory.
    from bot.web import hooks as called
    from bot.web import serving
    from bot.web.logins import login_routes
    from bot.web.uploads import Uploads

    routes: list[Any] = []
    if settings.public_url and settings.own_servers:
        routes += login_routes(settings.public_url)
    if links is not None and parts.uploads is not None:
        routes += serving.file_routes(serving.Files(parts.database, parts.blobs, links))
        routes += Uploads(parts.database, parts.uploads, parts.clock, gateway.receive).routes()
    if parts.page_links.is_on:
        routes += _page_routes(stack, parts, gateway, in_force)
    if calls:
        routes += called.hook_routes(lambda: [hook for bot in parts.bots if (hook := hook_of(bot)) is not None])
    if routes:
        await stack.enter_async_context(_serving(routes, settings.http_host, settings.http_port, "HTTP"))
    if settings.health_port:
        state = serving.Health(parts.database, parts.bots, parts.metrics, parts.policy.roles, hold)
        at = settings.health_host, settings.health_port
        await stack.enter_async_context(_serving(serving.health_routes(state), *at, "HEALTH"))


def _page_routes(stack: AsyncExitStack, parts: Parts, gateway: Gateway, in_force: InForce) -> Sequence[Any]:
    """The admin page. Imported only where it is served: its templates take memory."""
    from bot.operations.doctor import examine_at_work
    from bot.page.examining import Checks
    from bot.page.frame import Frame
    from bot.page.room import Room
    from bot.page.site import Site
    from bot.page.visitors import NamingProxy, Visitors

    links, clock = parts.page_links, parts.clock
    checks = Checks(partial(examine_at_work, in_force, parts.bots), clock)
    stack.push_async_callback(checks.close)
    room = Room(
        database=parts.database,
        policy=parts.policy,
        in_force=in_force,
        bots=parts.bots,
        roster=parts.roster,
        servers=gateway.servers,
        checks=checks,
        clock=clock,
        links=links,
        frame=Frame(links, clock),
        deliver=gateway.deliver,
        broadcasts=gateway.broadcasts,
        read_again=gateway.letters.read_again,
    )
    settings = in_force.settings
    proxy = NamingProxy(settings.admin_page_header, settings.admin_page_proxies)
    return Site(room, Visitors(parts.database, parts.policy, links, clock, proxy)).routes()


@asynccontextmanager
async def _serving(routes: Sequence[Any], host: str, port: int, name: str) -> AsyncIterator[None]:
    """Serve routes of `bot.web.serving`, which is imported only where something is served: it takes memory."""
    from bot.web.serving import serving

    try:
        async with serving(routes, host, port):
            yield
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen on {host}:{port} ({error.strerror}). Correct {name}_HOST or {name}_PORT."
        ) from error
