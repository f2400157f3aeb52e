"""What can go wrong between a client and a platform, and when: faults, and the plan that says which call meets one.

A stand-in asks its `FaultPlan` once per call and hands what it draws to `suffer`, which does the damage at the wire.
A fault either keeps the call from having its effect, or lets it have its effect and spoils the answer (`done`).
"""

import random
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from aiohttp import web

from bot.domain.clock import Clock

HTML_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body><center><h1>{0}</h1></center></body>\r\n</html>\r\n"


class FaultKind(StrEnum):
    """What the client meets instead of a plain answer."""

    FLOOD = "flood"
    """429 in the platform's own form, with `retry_after_s`."""
    ERROR = "error"
    """`status` in the platform's own form."""
    HTML = "html"
    """`status` with a proxy's HTML page."""
    RESET = "reset"
    """The connection is reset."""
    STALL = "stall"
    """Nothing comes for `delay_s`, then the connection is reset."""
    SLOW = "slow"
    """The whole call waits `delay_s`, then goes its usual way."""
    MALFORMED = "malformed"
    """A whole HTTP answer whose body is half of the JSON."""
    TRUNCATED = "truncated"
    """The connection ends in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. `done`: the call has its effect all the same, only its answer is spoiled."""

    kind: FaultKind
    done: bool = False
    status: int = 502
    retry_after_s: float = 0.0
    delay_s: float = 0.0
    reason: str = ""
    """An error's words; "": the usual ones of its status."""
    code: int = 0
    """An error's number, where the platform has such a thing beside the status."""


def flood(retry_after_s: float) -> Fault:
    """A 429 that asks for `retry_after_s` of silence."""
    return Fault(FaultKind.FLOOD, status=429, retry_after_s=retry_after_s)


def error(status: int = 500, *, done: bool = False) -> Fault:
    """An error status with the platform's own JSON body."""
    return Fault(FaultKind.ERROR, done=done, status=status)


def refusal(reason: str, *, code: int = 0, status: int = 400) -> Fault:
    """The platform does not take the call, and says why in its own form."""
    return Fault(FaultKind.ERROR, status=status, reason=reason, code=code)


def html_page(status: int = 502, *, done: bool = False) -> Fault:
    """An error status with the HTML page of a proxy in front of the platform."""
    return Fault(FaultKind.HTML, done=done, status=status)


def reset() -> Fault:
    """The connection is reset before the call had any effect."""
    return Fault(FaultKind.RESET)


def answer_lost() -> Fault:
    """The call has its effect, then the connection is reset: the client cannot know."""
    return Fault(FaultKind.RESET, done=True)


def stall(delay_s: float = 3600.0, *, done: bool = True) -> Fault:
    """The call has its effect, then nothing comes: the client runs into its own time limit."""
    return Fault(FaultKind.STALL, done=done, delay_s=delay_s)


def slow(delay_s: float) -> Fault:
    """The call waits `delay_s` before it is looked at."""
    return Fault(FaultKind.SLOW, done=True, delay_s=delay_s)


def malformed() -> Fault:
    """The call has its effect; its answer is not JSON."""
    return Fault(FaultKind.MALFORMED, done=True)


def truncated() -> Fault:
    """The call has its effect; its answer breaks off."""
    return Fault(FaultKind.TRUNCATED, done=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """Returns `fault` to calls of `method` in `chat` ("" is any): from the `nth` matching one on, `times` times.

    Calls in a chat that is `spared` go their usual way.
    """

    fault: Fault
    method: str = ""
    chat: str = ""
    nth: int = 1
    times: int = 1
    spared: frozenset[str] = frozenset()

    def matches(self, method: str, chat: str) -> bool:
        """Whether this rule speaks of such a call."""
        return self.method in ("", method) and self.chat in ("", chat) and chat not in self.spared


class FaultPlan:
    """Which call meets which fault: rules in the order they were added, then chance.

    `rng` is asked only where `randomly` was called; the same seed and the same order of calls give the same faults.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        # A stand-in's dice must be repeatable, not unguessable.
        self._rng = rng if rng is not None else random.Random(0)  # noqa: S311
        self._rules: list[Rule] = []
        self._chances: dict[Fault, float] = {}
        self._random_methods: frozenset[str] = frozenset()

    def add(
        self,
        fault: Fault,
        *,
        method: str = "",
        chat: int | str = "",
        nth: int = 1,
        times: int = 1,
        spared: Iterable[int] = (),
    ) -> None:
        """Let the `nth` matching call from now on, and the `times - 1` matching ones after it, meet `fault`."""
        self._rules.append(Rule(fault, method, str(chat), nth, times, frozenset(map(str, spared))))

    def randomly(
        self, chances: Mapping[Fault, float], *, methods: tuple[str, ...] = (), seed: int | None = None
    ) -> None:
        """Let each call (of `methods`, or any) meet each fault with its probability; replaces the odds set before."""
        if sum(chances.values()) > 1:
            raise ValueError(f"The probabilities add up to {sum(chances.values())}; they must not pass 1.")
        if seed is not None:
            self._rng.seed(seed)
        self._chances = dict(chances)
        self._random_methods = frozenset(methods)

    def add_named(
        self, fault: Mapping[str, Any], method: str = "", chat: int | str = "", nth: int = 1, times: int = 1
    ) -> None:
        """`add` of a fault as JSON names it, see `fault_from_data`."""
        self.add(fault_from_data(fault), method=method, chat=chat, nth=nth, times=times)

    def randomly_named(
        self, chances: list[tuple[Mapping[str, Any], float]], methods: list[str] | None = None, seed: int | None = None
    ) -> None:
        """`randomly` of faults as JSON names them."""
        odds = {fault_from_data(fault): chance for fault, chance in chances}
        self.randomly(odds, methods=tuple(methods or ()), seed=seed)

    def clear(self) -> None:
        """No faults from now on."""
        self._rules.clear()
        self._chances.clear()

    @property
    def pending(self) -> tuple[Rule, ...]:
        """Rules that still have faults to give; `nth` and `times` are what is left of them."""
        return tuple(self._rules)

    def draw(self, method: str, chat: int | str = "") -> Fault | None:
        """The fault that this call meets. Each call must ask exactly once: asking counts it."""
        if self._rules and (fault := self._draw_by_rule(method, str(chat))):
            return fault
        if self._chances and (not self._random_methods or method in self._random_methods):
            return self._draw_by_chance()
        return None

    def _draw_by_rule(self, method: str, chat: str) -> Fault | None:
        drawn: Fault | None = None
        left: list[Rule] = []
        for rule in self._rules:
            if not rule.matches(method, chat):
                left.append(rule)
            elif rule.nth > 1:
                left.append(replace(rule, nth=rule.nth - 1))
            elif drawn is not None:
                left.append(rule)
            else:
                drawn = rule.fault
                if rule.times > 1:
                    left.append(replace(rule, times=rule.times - 1))
        self._rules = left
        return drawn

    def _draw_by_chance(self) -> Fault | None:
        point = self._rng.random()
        for fault, chance in self._chances.items():
            point -= chance
            if point < 0:
                return fault
        return None


async def suffer(
    fault: Fault,
    request: web.Request,
    process: Callable[[], Awaitable[web.Response]],
    refuse: Callable[[Fault], web.Response],
    clock: Clock,
) -> web.StreamResponse:
    """Answer `request` as `fault` wants.

    `process` gives the call its effect and returns the plain answer; `refuse` puts FLOOD and ERROR into the
    platform's own form.
    """
    if fault.kind is FaultKind.SLOW:
        await clock.sleep(fault.delay_s)
    answer = await process() if fault.done else None
    match fault.kind:
        case FaultKind.FLOOD | FaultKind.ERROR:
            return refuse(fault)
        case FaultKind.HTML:
            page = HTML_PAGE.format(f"{fault.status} {_reason(fault.status)}")
            return web.Response(status=fault.status, text=page, content_type="text/html")
        case FaultKind.STALL:
            await clock.sleep(fault.delay_s)
            return _reset(request)
        case FaultKind.RESET:
            return _reset(request)
        case FaultKind.SLOW | FaultKind.MALFORMED | FaultKind.TRUNCATED:
            plain = answer if answer is not None else await process()
            if fault.kind is FaultKind.SLOW:
                return plain
            if fault.kind is FaultKind.TRUNCATED:
                return await _break_off(request, plain)
            return web.Response(status=plain.status, body=_half(plain), content_type="application/json")


def _reason(status: int) -> str:
    return {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}.get(
        status, "Error"
    )


def _half(answer: web.Response) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else b"{}"
    return body[: max(1, len(body) // 2)]


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for zero seconds makes closing a reset (RST) instead of an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _break_off(request: web.Request, answer: web.Response) -> web.StreamResponse:
    half = _half(answer)
    broken = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    broken.content_length = len(half) + 1
    await broken.prepare(request)
    await broken.write(half)
    if request.transport is not None:
        request.transport.close()
    return broken


def fault_from_data(data: Mapping[str, Any]) -> Fault:
    """A fault as JSON names it: `kind` (also "lost" for `answer_lost`) and the fields of `Fault`.

    Raises ValueError for a kind or a field that does not exist.
    """
    fields = dict(data)
    kind = fields.pop("kind", None)
    base = _BY_NAME.get(kind) if isinstance(kind, str) else None
    if base is None:
        raise ValueError(f"{kind!r} is no kind of fault; use one of {', '.join(_BY_NAME)}.")
    try:
        return replace(base, **fields)
    except TypeError as wrong:
        raise ValueError(f"A fault has no such field: {wrong}") from wrong


_BY_NAME: Mapping[str, Fault] = {
    "flood": flood(1.0),
    "error": error(),
    "html": html_page(),
    "reset": reset(),
    "lost": answer_lost(),
    "stall": stall(),
    "slow": slow(1.0),
    "malformed": malformed(),
    "truncated": truncated(),
}
