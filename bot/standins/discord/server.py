"""The stand-in as a whole: its parts, put together and listening on 127.0.0.1."""

import random
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from bot.domain.clock import Clock, SystemClock
from bot.standins.dated import tell_time
from bot.standins.discord.cdn import Cdn
from bot.standins.discord.commands import Commands
from bot.standins.discord.control import Control
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.interactions import Interaction, Interactions
from bot.standins.discord.limits import Limits
from bot.standins.discord.messages import Messages
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.people import People
from bot.standins.discord.rates import RateLimits
from bot.standins.discord.rest import PREFIX, Call, Rest
from bot.standins.discord.rest_channels import ChannelRoutes
from bot.standins.discord.rest_guilds import GuildRoutes
from bot.standins.discord.rest_interactions import InteractionRoutes
from bot.standins.discord.rest_messages import MessageRoutes
from bot.standins.discord.sight import Id
from bot.standins.discord.threads import Threads
from bot.standins.discord.transcript import Transcript, transcript_of
from bot.standins.discord.world import World
from bot.standins.faults import FaultPlan

Seen = TypeVar("Seen")
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.playground.0000000000000000000000000000000000000000"  # noqa: S105
"""No secret: the stand-in listens on the loopback address only."""
MAX_BODY_BYTES = 120 * 1024 * 1024


class DiscordStandIn:
    """A Discord of its own.

        async with DiscordStandIn() as discord:
            alice = discord.people.open_person("Alice")
            ...

    `clock` is the platform's time (ids, three seconds, fifteen minutes, links); `wire_clock` that of heartbeats and
    rate limits, which the client's library waits for in real time.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        limits: Limits | None = None,
        rate_limited: bool = True,
        clock: Clock | None = None,
        wire_clock: Clock | None = None,
        faults: FaultPlan | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.token = token
        self.clock = clock if clock is not None else SystemClock()
        self.faults = faults if faults is not None else FaultPlan()
        wire = wire_clock if wire_clock is not None else SystemClock()
        # Tokens of a stand-in must differ between runs, not be unguessable.
        self.world = World(self.clock, limits or Limits(), rng if rng is not None else random.Random())  # noqa: S311
        self.cdn = Cdn(self.world)
        self.payloads = Payloads(self.world, self.cdn)
        self.gateway = Gateway(self.world, self.payloads, token, wire)
        self.rates = RateLimits(self.world.limits, wire)
        self.rates.on = rate_limited
        self.rest = Rest(self.world, token, self.rates, self.faults)
        messages = Messages(self.world, self.payloads, self.cdn, self.gateway)
        threads = Threads(self.world, self.payloads, self.gateway, messages)
        self.commands = Commands(self.world)
        self.interactions = Interactions(self.world, self.payloads, self.gateway, messages)
        self.people = People(
            self.world, self.payloads, self.cdn, self.gateway, messages, threads, self.commands, self.interactions
        )
        self._messages, self._threads = messages, threads
        self._runner: web.AppRunner | None = None
        self.url = ""

    @property
    def api_url(self) -> str:
        """The REST root, e.g. for `discord.http.Route.BASE`."""
        return self.url + PREFIX

    @property
    def gateway_url(self) -> str:
        """What `GET /gateway/bot` gives."""
        return self.gateway.url

    @property
    def application_id(self) -> int:
        """The application's id, which is the bot's user id too."""
        return self.world.application_id

    @property
    def calls(self) -> deque[Call]:
        """The last REST calls, the oldest first."""
        return self.rest.calls

    async def start(self, port: int = 0) -> None:
        """Listen; `url` is known afterwards. Port 0 takes a free one."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self._runner = runner
        host, bound = runner.addresses[0][:2]
        self.url = self.cdn.base = f"http://{host}:{bound}"
        self.gateway.url = f"ws://{host}:{bound}/gateway"

    async def stop(self) -> None:
        """Release everything."""
        await self.gateway.stop()
        await self.interactions.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float = 30.0) -> Seen:
        """The first truthy value of `look`, called now and after each change. Raises `TimeoutError` (real time)."""
        return await self.world.changes.wait_for(look, timeout_s)

    def transcript(self, channel: Id, *, viewer: Id | None = None) -> Transcript:
        """What `viewer`, or everybody together, sees in a channel now."""
        found = self.world.channel(int(channel))
        return transcript_of(self.world, self.payloads, found, None if viewer is None else int(viewer))

    def interaction(self, interaction: Id) -> Interaction:
        """What became of a command, press or form."""
        return self.interactions.get(int(interaction))

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        tell_time(app, self.world.clock)
        world, payloads, messages, threads = self.world, self.payloads, self._messages, self._threads
        routes = [
            *MessageRoutes(world, payloads, messages, threads, self.rates).routes(),
            *InteractionRoutes(world, payloads, self.commands, self.interactions).routes(),
            *ChannelRoutes(world, payloads, messages, threads, self.rates).routes(),
            *GuildRoutes(world, payloads, self.gateway, self.cdn).routes(),
        ]
        self.rest.add_to(app, routes)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get(r"/attachments/{channel:\d+}/{attachment:\d+}/{filename}", self.cdn.serve)
        control = Control(world, self.people, self.gateway, self.rest, self.rates, self.faults)
        control.add_routes(app.router)
        return app
