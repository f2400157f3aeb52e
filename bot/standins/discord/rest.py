"""The REST door: who calls, how often, with what body; the faults on the way; and the log of it all.

A route has a name ("message.create"), by which limits, faults and the log speak of it. Its handler is a plain function:
what it does to the world happens at once, with nothing in between.
"""

import hmac
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

from bot.standins.discord.errors import ApiError, NotFound, Unauthorized
from bot.standins.discord.forms import Upload
from bot.standins.discord.rates import RateLimited, RateLimits, Verdict
from bot.standins.discord.world import World
from bot.standins.faults import Fault, FaultKind, FaultPlan, suffer

PREFIX = "/api/v10"
JSON_TYPE = {"Content-Type": "application/json"}
"""Exactly this: discord.py does not read JSON with a charset behind it."""
UPLOAD_FIELD = re.compile(r"files?(?:\[(\d+)\])?")


@dataclass(slots=True)
class Call:
    """One call of the bot, kept for the log. `status` is 0 until it is answered."""

    name: str
    method: str
    path: str
    at_ms: int
    parts: dict[str, str]
    query: dict[str, str]
    body: Any = None
    uploads: tuple[Upload, ...] = ()
    status: int = 0
    fault: str = ""

    def id(self, part: str) -> int:
        """An id of the address."""
        return int(self.parts[part])

    @property
    def place(self) -> str:
        """The channel or guild it is about, "" where there is none; the token of an interaction."""
        parts = self.parts
        return parts.get("channel") or parts.get("guild") or parts.get("token") or ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; `data` None is an empty body."""

    data: object = None
    status: int = 200


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """An address. `open_to_all`: its token stands in the address, or it needs none; such calls do not count overall."""

    method: str
    path: str
    name: str
    handler: Handler
    open_to_all: bool = field(default=False, kw_only=True)


class Rest:
    """Serves routes."""

    def __init__(self, world: World, token: str, rates: RateLimits, faults: FaultPlan) -> None:
        self._world = world
        self.reset_token(token)
        self._rates = rates
        self._faults = faults
        self.calls: deque[Call] = deque(maxlen=world.limits.calls_kept)
        self.counts: Counter[str] = Counter()
        """All calls since the start, by name."""
        self.watch: Callable[[Call], None] = lambda _: None
        """Called with each call once it is read, before it has its effect."""

    def add_to(self, app: web.Application, routes: list[Route]) -> None:
        """Make the routes reachable; anything else below the prefix is a JSON 404."""
        for route in routes:
            app.router.add_route(route.method, PREFIX + route.path, self._serving(route))
        missing = Route("*", "/{rest:.*}", "missing", _missing, open_to_all=True)
        app.router.add_route("*", PREFIX + missing.path, self._serving(missing))

    def _serving(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return serve

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        call = Call(
            route.name,
            request.method,
            request.path,
            self._world.clock.now(),
            dict(request.match_info),
            dict(request.query) if request.query_string else {},
        )
        self.calls.append(call)
        self.counts[route.name] += 1

        async def process() -> web.Response:
            return await self._process(route, request, call)

        fault = self._faults.draw(route.name, call.place)
        if fault is None:
            answer: web.StreamResponse = await process()
        else:
            call.fault = fault.kind.value
            answer = await suffer(fault, request, process, self._refuse, self._world.clock)
        call.status = answer.status if fault is None or fault.kind is not FaultKind.RESET else 0
        self._world.changes.ring()
        return answer

    async def _process(self, route: Route, request: web.Request, call: Call) -> web.Response:
        if not route.open_to_all and not self._authorized(request):
            return _error(Unauthorized(), {})
        verdict = self._rates.take(route.name, call.place, counts_overall=not route.open_to_all)
        if verdict.retry_after_s is not None:
            return _limited(verdict)
        try:
            call.body, call.uploads = await _body(request)
            self.watch(call)
            reply = route.handler(call)
        except ApiError as error:
            return _error(error, verdict.headers)
        except RateLimited as limited:
            return _limited(limited.verdict)
        if reply.data is None:
            return web.Response(status=204, headers=verdict.headers)
        headers = {**verdict.headers, **JSON_TYPE}
        return web.Response(status=reply.status, body=orjson.dumps(reply.data), headers=headers)

    def reset_token(self, token: str) -> None:
        """From now on the bot is known by this token alone."""
        self._authorization = f"Bot {token}"

    def _authorized(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), self._authorization.encode())

    def _refuse(self, fault: Fault) -> web.Response:
        if fault.kind is FaultKind.FLOOD:
            return _limited(self._rates.refusal(fault.retry_after_s))
        message = fault.reason or f"{fault.status}: Internal Server Error"
        body = orjson.dumps({"message": message, "code": fault.code})
        return web.Response(status=fault.status, body=body, headers=JSON_TYPE)


async def _body(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    if not request.can_read_body:
        return {}, ()
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    return _json(await request.read()), ()


async def _multipart(request: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    body: Any = {}
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=False))
        if part.name == "payload_json":
            body = _json(data)
        elif named := UPLOAD_FIELD.fullmatch(part.name):
            media_type = part.headers.get("Content-Type", "application/octet-stream")
            uploads.append(Upload(int(named[1] or 0), part.filename or "file", media_type, data))
    return body, tuple(uploads)


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data) if data else {}
    except ValueError:
        raise ApiError(50109) from None


def _missing(call: Call) -> Reply:
    raise NotFound


def _error(error: ApiError, headers: dict[str, str]) -> web.Response:
    return web.Response(status=error.status, body=orjson.dumps(error.body), headers={**headers, **JSON_TYPE})


def _limited(verdict: Verdict) -> web.Response:
    if "Via" not in verdict.headers:
        headers = {**verdict.headers, "Content-Type": "text/html"}
        return web.Response(status=429, body=b"error code: 1015", headers=headers)
    return web.Response(status=429, body=orjson.dumps(verdict.body), headers={**verdict.headers, **JSON_TYPE})
