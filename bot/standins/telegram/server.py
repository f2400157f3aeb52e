"""The wire: HTTP on loopback, where a client finds the Bot API, and the way a call takes through it."""

import inspect
import ipaddress
import random
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import orjson
from aiohttp import web

from bot.domain.clock import Clock, SystemClock
from bot.standins.dated import tell_time
from bot.standins.faults import Fault, FaultKind, FaultPlan, suffer
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.calls import Call, CallLog
from bot.standins.telegram.context import Context
from bot.standins.telegram.control import Control
from bot.standins.telegram.errors import ApiError, too_many_requests
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.methods import METHODS, NEVER_PACED, PACED
from bot.standins.telegram.methods_media import MAX_DOWNLOAD_BYTES, MAX_UPLOAD_BYTES
from bot.standins.telegram.params import Params, read_params
from bot.standins.telegram.people import People
from bot.standins.telegram.transcript import Transcript, transcript_of
from bot.standins.telegram.world import World

Seen = TypeVar("Seen")

_CONFLICT = 409

SHUTDOWN_S = 0.1
"""Calls that are held back by a fault are cut off this soon when the server stops."""


class TelegramStandIn:
    """A Bot API server for tests, benchmarks and the playground.

        async with TelegramStandIn() as telegram:
            bot = telegram.people.add_bot()
            alice = telegram.people.open_person("Alice")
            chat = telegram.people.open_private(alice)
            telegram.people.say(alice, chat, "hi")

    A client is pointed at `url`. `clock` turns every duration: polls, drafts, limits, faults. Without `limits` no flood
    limit holds. `call_log_size` bounds what `calls` remembers.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        faults: FaultPlan | None = None,
        limits: FloodLimits | None = None,
        seed: int = 0,
        call_log_size: int = 10_000,
    ) -> None:
        self.clock = clock if clock is not None else SystemClock()
        self.conflicts = 0
        """How often somebody has heard that another one polls."""
        self.faults = faults if faults is not None else FaultPlan()
        # Tokens and update ids must be repeatable, not unguessable.
        self.world = World(self.clock, limits, random.Random(seed))  # noqa: S311
        self.people = People(self.world)
        self.calls = CallLog(call_log_size)
        self.url = ""
        """Where it listens, without a slash at the end; "" before `start`."""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen; port 0 takes a free one.

        Raises ValueError for an address that others can reach.
        """
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"The stand-in must not be reachable from outside: {host!r} is no loopback address.")
        application = web.Application(client_max_size=MAX_UPLOAD_BYTES + 1024 * 1024)
        tell_time(application, self.world.clock)
        application.router.add_route("*", "/bot{token}/{method}", self._answer)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        Control(self.world, self.people, self.faults, self.calls).add_routes(application.router)
        application.router.add_route("*", "/{rest:.*}", _nowhere)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"

    async def stop(self) -> None:
        """Close every connection. The state stays readable."""
        for bot in self.world.bots.values():
            if bot.webhook is not None:
                await bot.webhook.close()
                bot.webhook = None
            bot.updates.terminate("")
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "TelegramStandIn":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float = 30.0) -> Seen:
        """The first truthy value of `look`, called now and after each change; see `Changes.wait_for`."""
        return await self.world.changes.wait_for(look, timeout_s)

    def transcript(self, chat: int, *, bot: int | None = None, viewer: int | None = None) -> Transcript:
        """What people see in a chat now; `bot` tells private chats of several bots apart."""
        return transcript_of(self.world, self.people.chat(chat, bot), viewer)

    @property
    def calls_in_penalty(self) -> int:
        """How many calls came while their chat was in penalty, over all bots."""
        return sum(bot.gate.calls_in_penalty for bot in self.world.bots.values())

    # A call's way

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        bot = self.world.bots.get(request.match_info["token"])
        if bot is None:
            return _reply(ApiError(401, "Unauthorized"))
        try:
            params = await read_params(request)
        except ApiError as refusal:
            return _reply(refusal)
        method = request.match_info["method"]
        chat = params.text("chat_id")
        call = self.calls.begin(Call(self.clock.now(), bot.id, method, chat, params.values))
        self.world.changes.ring()
        fault = self.faults.draw(method, chat)
        if fault is None:
            made = await self._process(bot, params, call)
            # Nobody hears what is answered to a process that is gone.
            heard = request.transport is not None and not request.transport.is_closing()
            self.conflicts += made.status == _CONFLICT and heard
            return made
        call.fault = fault.kind.value
        answer = await suffer(
            fault,
            request,
            process=lambda: self._process(bot, params, call),
            refuse=lambda fault: self._refuse(bot, call, fault),
            clock=self.clock,
        )
        call.outcome = call.outcome or f"fault: {fault.kind.value}"
        self.world.changes.ring()
        return answer

    def _refuse(self, bot: BotAccount, call: Call, fault: Fault) -> web.Response:
        if fault.kind is FaultKind.FLOOD:
            retry_after_s = max(1, round(fault.retry_after_s))
            if chat := _chat_number(call.chat):
                bot.gate.punish(chat, retry_after_s)
            refusal = too_many_requests(retry_after_s)
        else:
            usual = "Internal Server Error" if fault.status == 500 else "Bad Gateway"
            refusal = ApiError(fault.status, fault.reason or usual)
        call.outcome = call.outcome or f"{refusal.code} {refusal.description}"
        return _reply(refusal)

    async def _process(self, bot: BotAccount, params: Params, call: Call) -> web.Response:
        try:
            result = self._run(bot, params, call)
            if inspect.isawaitable(result):
                result = await result
        except ApiError as refusal:
            call.outcome = f"{refusal.code} {refusal.description}"
            self.world.changes.ring()
            return _reply(refusal)
        call.outcome = "ok"
        if call.method != "getUpdates":
            call.result = result
            # State changes notify by themselves, but only now the call counts as done.
            self.world.changes.ring()
        return web.Response(body=orjson.dumps({"ok": True, "result": result}), content_type="application/json")

    def _run(self, bot: BotAccount, params: Params, call: Call) -> Any:
        name = call.method.lower()
        method = METHODS.get(name)
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        if (chat := _chat_number(call.chat)) is not None and name not in NEVER_PACED:
            if (left_s := bot.gate.in_penalty(chat)) is not None:
                raise too_many_requests(left_s)
            if name in PACED:
                left_s = bot.gate.admit(chat, group=chat in self.world.groups)
                if left_s is not None:
                    raise too_many_requests(left_s)
        return method(Context(self.world, bot, params))

    async def _download(self, request: web.Request) -> web.Response:
        bot = self.world.bots.get(request.match_info["token"])
        if bot is None:
            return _reply(ApiError(401, "Unauthorized"))
        file = self.world.paths.get(request.match_info["path"])
        if file is None or len(file.data) > MAX_DOWNLOAD_BYTES:
            return _reply(ApiError(404, "Not Found"))
        return web.Response(body=file.data, content_type="application/octet-stream")


def _chat_number(chat: str) -> int | None:
    try:
        return int(chat)
    except ValueError:
        return None


def _reply(refusal: ApiError) -> web.Response:
    return web.Response(status=refusal.code, body=orjson.dumps(refusal.body()), content_type="application/json")


async def _nowhere(_: web.Request) -> web.Response:
    return _reply(ApiError(404, "Not Found"))
