"""discord.py's client as the gateway uses it.

It keeps little in memory, hands on what it hears at once, and takes up a session again that an earlier process had:
the library itself begins a new one at every start, and so is never told what happened in between.
"""

import asyncio
import contextlib
import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Self

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import HTTPClient, Ratelimit, Route
from discord.state import ConnectionState
from discord.utils import MISSING

from bot.domain.clock import Clock, RemoteTime
from handlers.discord.resume import Session
from handlers.discord.session_starts import SessionStarts
from handlers.discord.shards import ALONE, Shard

log = structlog.get_logger(__name__)

_LONGEST_WAIT_S = 60.0
_DIAL_S = 60.0
_GOODBYE_S = 2.0
_INTENTS_REFUSED = 4014
_SESSION_OVER = (4007, 4009)
"""Codes of the gateway after which a new session has to be begun, although the connection may be."""

_TELL_OF_GUILDS = ("guild_", "thread_", "raw_thread_")


_OF_THE_SESSION = frozenset(("READY", "RESUMED"))
"""Without these nothing goes on: what is wrong with them ends the connection."""
_MOST_TORN = 5
"""How many frames in a row may make no sense before the session is given up."""

_INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
"""What Discord is to tell of."""

Parse = Callable[[Any], None]


class UnknownServer(Exception):
    """An event is of a server that the session, which an earlier process began, has not told of."""


class _Window(Ratelimit):
    """Calls that Discord counts together, until it begins to count anew.

    The library (2.7) refuses each of them while that is further away than `max_ratelimit_timeout`, also if dozens are
    left: of threads, 50 may be opened within five minutes, so a channel's second one waited for that.
    """

    async def acquire(self) -> None:
        if self.is_expired():
            self.reset()  # type: ignore[no-untyped-call]
        if self.remaining > 0:
            self._last_request = self._loop.time()
            self.remaining -= 1
            self.outgoing += 1
        else:
            await super().acquire()


class _Http(HTTPClient):
    """The library's calls, at this client's own address: the library has one for the whole process, in a class."""

    def __init__(self, api_url: str, like: HTTPClient) -> None:
        super().__init__(
            like.loop,
            like.connector if like.connector is not MISSING else None,
            http_trace=like.http_trace,
            max_ratelimit_timeout=like.max_ratelimit_timeout,
        )
        self._api_url = api_url
        self._look_at = 0

    async def request(self, route: Route, **given: Any) -> Any:
        if route.url.startswith(Route.BASE):
            route.url = self._api_url + route.url.removeprefix(Route.BASE)
        return await super().request(route, **given)

    def get_ratelimit(self, key: str) -> Ratelimit:
        if key not in self._buckets:
            self._buckets[key] = _Window(self.max_ratelimit_timeout)
            self._try_clear_expired_ratelimits()
        return self._buckets[key]

    def _try_clear_expired_ratelimits(self) -> None:
        """Only where there are twice as many as were left the last time.

        The library (2.7) looks at each bucket of the last five minutes whenever another comes, and each interaction has
        one of its own: their number squared.
        """
        if len(self._buckets) >= self._look_at:
            super()._try_clear_expired_ratelimits()
            self._look_at = 2 * len(self._buckets)


def _is_not_of_voice(record: logging.LogRecord) -> bool:
    return "voice will NOT be supported" not in record.getMessage()


class Client(discord.Client):
    """One bot's client. Without `hears` it only makes calls.

    `api_url` is the REST root. `hears` has what is called for an event of the library, by its name without "on_"; and
    "unreadable" for one that cannot be read, with its name, its data and the error.
    """

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        hears: Mapping[str, Callable[..., None]] | None = None,
        *,
        api_url: str,
        connector: Callable[[], aiohttp.BaseConnector] | None = None,
        time: RemoteTime,
        starts: SessionStarts | None = None,
        shard: Shard = ALONE,
    ) -> None:
        self._api_url = api_url
        self._first_address: yarl.URL | None = None
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._hear_time)
        self._time = time
        # There is no voice here, and nothing for an operator to install.
        logging.getLogger("discord.client").addFilter(_is_not_of_voice)
        super().__init__(
            intents=_INTENTS,
            connector=connector() if connector is not None else None,
            http_trace=trace,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.5,
            # A longer wait than this is ours to keep: it must hold up one channel, and nothing else.
            max_ratelimit_timeout=30.0,
            shard_id=shard.id,
            shard_count=shard.count,
        )
        self.recommended = 1
        """How many shards Discord advises; known after `log_in`."""
        self.hearing = False
        """Whether events arrive: from READY or RESUMED to the loss of the connection."""
        self.changed_guilds: set[int] = set()
        """Servers that were told of, or of which something changed, since their keeper emptied this."""
        self._clock = clock
        self._rng = rng
        self._hears = hears or {}
        self._restored = False
        self._restoring = False
        self._parsing = False
        self._torn = 0
        self._starts = starts if starts is not None else SessionStarts(clock)
        parsers: dict[str, Parse] = self._connection.parsers
        self._connection.parsers = {event: self._guarded(event, parse) for event, parse in parsers.items()}

    def _guarded(self, event: str, parse: Parse) -> Parse:
        """A parser of the library that hands on what it cannot read, where it would end the connection."""

        def guarded(data: Any) -> None:
            self._parsing = True
            try:
                parse(data)
            except UnknownServer:
                raise
            except Exception as error:
                if event in _OF_THE_SESSION:
                    raise
                log.error("event_set_aside", kind=event, error=type(error).__name__)
                self._set_aside(event, data, error)
            finally:
                self._parsing = False
            self._torn = 0

        return guarded

    def _set_aside(self, event: str, data: Any, error: Exception) -> None:
        unreadable = self._hears.get("unreadable")
        if unreadable is not None:
            unreadable(event, data, error)

    def _get_state(self, **options: Any) -> ConnectionState[Self]:
        # The state is what keeps the client of the calls; the library's constructor asks for it here.
        self.http = _Http(self._api_url, self.http)
        return super()._get_state(**options)

    async def log_in(self, token: str) -> None:
        """Log in, and learn where sessions are begun."""
        await self.login(token)
        self.recommended, gateway, limit = await self.http.get_bot_gateway()
        self._starts.learn(limit)
        self._first_address = yarl.URL(gateway)

    async def _hear_time(self, _session: object, _context: object, end: aiohttp.TraceRequestEndParams) -> None:
        self._time.note(end.response.headers.get("Date"))

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand on what was heard, now and not in a task: before more is read it is where it has to be.

        Raises:
            UnknownServer: the session has to be begun again.
        """
        # The library still tells that it is ready when it has been closed meanwhile.
        if self.is_closed():
            return
        if event in ("ready", "resumed"):
            self.hearing = True
        if event == "connect":
            self._restored = False
        if event.startswith(_TELL_OF_GUILDS) and (guild := _guild_of(args[0])) is not None:
            self.changed_guilds.add(guild)
        hears = self._hears.get(event)
        if hears is None or self._restoring:
            return
        try:
            hears(*args)
        except UnknownServer:
            if self._restored:
                raise
            log.warning("event_of_unknown_server", kind=event)
        except Exception:
            if self._parsing:
                raise
            log.exception("event_unreadable", kind=event)

    def restore(self, guilds: Iterable[dict[str, Any]]) -> None:
        """Know these servers, as if the session to resume had announced them in this process; nobody hears of them."""
        self._restoring = True
        try:
            for guild in guilds:
                self._connection.parse_guild_create(guild)
        finally:
            self._restoring = False
        self.changed_guilds.clear()
        self._restored = True

    @property
    def session(self) -> Session | None:
        """The present session with Discord, up to the event that was heard last."""
        # The library sets it when it first connects, whatever its type says.
        socket: DiscordWebSocket | None = self.ws
        if socket is None or socket.session_id is None or socket.sequence is None:
            return None
        return Session(socket.session_id, socket.sequence, str(socket.gateway))

    async def hear(self, session: Session | None) -> None:
        """Receive until cancelled: take up `session`, or begin one, and take it up again when the connection breaks.

        Raises:
            discord.PrivilegedIntentsRequired: the application lacks an intent.
            discord.ConnectionClosed: for another reason that connecting again does not help against.
        """
        losses = 0
        while True:
            session = await self._hear_once(session)
            losses = 0 if self.hearing else losses + 1
            self.hearing = False
            if losses > 1:
                wait_s = min(2.0 ** (losses - 2), _LONGEST_WAIT_S)
                await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))

    async def _hear_once(self, session: Session | None) -> Session | None:
        """Receive over one connection; returns the session that can be taken up after it, if any."""
        try:
            async with asyncio.timeout(_DIAL_S):
                socket = await self._dial(session)
        except (OSError, aiohttp.ClientError, TimeoutError, ReconnectWebSocket) as error:
            log.warning("gateway_unreachable", error=type(error).__name__)
            return replace(session, url="") if session is not None else None
        self.ws = socket
        heartbeat = socket._keep_alive  # Closing makes the library forget it.
        try:
            while True:
                await socket.poll_event()
        except ReconnectWebSocket as lost:
            goes_on = lost.resume and socket.socket.close_code not in _SESSION_OVER
        except (OSError, aiohttp.ClientError):
            goes_on = True
        except UnknownServer:
            goes_on = False
        except discord.ConnectionClosed as closed:
            if session is None or self.hearing:
                if closed.code == _INTENTS_REFUSED:
                    raise discord.PrivilegedIntentsRequired(None) from closed
                raise
            goes_on = False  # A session of an earlier process need not fit this token.
        except Exception as error:
            # The border of the library: a frame that makes no sense to it. What came behind is told again.
            self._torn += 1
            if self._torn > _MOST_TORN:
                raise
            log.warning("gateway_frame_torn", error=type(error).__name__)
            goes_on = True
        finally:
            await _leave(socket, heartbeat)
        log.info("gateway_lost", code=socket.socket.close_code, goes_on=goes_on)
        return self.session if goes_on else None

    async def _dial(self, session: Session | None) -> DiscordWebSocket:
        if session is None:
            return await DiscordWebSocket.from_client(self, gateway=self._first_address, shard_id=self.shard_id)
        return await DiscordWebSocket.from_client(
            self,
            gateway=yarl.URL(session.url) if session.url else self._first_address,
            shard_id=self.shard_id,
            session=session.id,
            sequence=session.sequence,
            resume=True,
        )

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until another session may be begun."""
        await self._starts.turn(shard_id or 0)


def _guild_of(about: object) -> int | None:
    """The server that an event is of; None if it does not say, as with members of threads, who are not kept."""
    guild = about if isinstance(about, discord.Guild) else getattr(about, "guild", None)
    return guild.id if isinstance(guild, discord.Guild) else getattr(about, "guild_id", None)


async def _leave(socket: DiscordWebSocket, heartbeat: threading.Thread | None) -> None:
    """Close a connection so that its session can be resumed, by us or by the next process; its heartbeat has ended."""
    with contextlib.suppress(TimeoutError):
        # Any code but 1000 and 1001; and Discord need not be there to answer.
        async with asyncio.timeout(_GOODBYE_S):
            await socket.close(4000)
    if heartbeat is not None:
        # The library only signals it to stop; still running, it could call an event loop that is closed by then.
        await asyncio.to_thread(heartbeat.join, _GOODBYE_S)
