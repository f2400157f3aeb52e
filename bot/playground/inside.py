"""The third pane: what happens inside the gateway, and the switches that make its life hard."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from bot.domain.clock import Clock
from bot.playground.child_process import Condition, House
from bot.playground.panes import Pane, Part, SeenCall
from bot.standins import faults
from bot.standins.changes import Changes
from storage.overview import EMPTY, Overview, look

SHOWN_CALLS = 40
LOOK_AGAIN_S = 0.4
"""The database tells nobody that it has changed: while turns are open it is looked at this often."""
OPEN_STATES = ("queued", "running", "answered")


class Trouble(StrEnum):
    """A switch of the page."""

    FLOOD = "flood"
    """Every second call is answered with 429."""
    LOST = "lost"
    """Every third call has its effect, but its answer never arrives."""
    SLOW = "slow"
    """A part of the calls waits before anything happens."""


ODDS: Mapping[Trouble, tuple[faults.Fault, float]] = {
    Trouble.FLOOD: (faults.flood(2.0), 0.4),
    Trouble.LOST: (faults.answer_lost(), 0.3),
    Trouble.SLOW: (faults.slow(1.2), 0.3),
}


class Inside:
    """Watches the gateway and the calls that it makes."""

    def __init__(self, panes: Sequence[Pane], house: House, data_dir: Path, clock: Clock, changes: Changes) -> None:
        self._panes = panes
        self._house = house
        self._data_dir = data_dir
        self._clock = clock
        self._changes = changes
        self._overview: Overview = EMPTY
        self._troubles: set[Trouble] = set()
        self._took_ms: dict[tuple[str, int, int], int] = {}
        self._look_now = asyncio.Event()

    async def watch(self) -> None:
        """Follow the panes and the database until cancelled."""
        async with asyncio.TaskGroup() as group:
            for pane in self._panes:
                group.create_task(self._follow(pane))
            group.create_task(self._look())

    async def _follow(self, pane: Pane) -> None:
        arrived = pane.arrivals()
        while True:
            with contextlib.suppress(TimeoutError):
                await pane.change()
            self._time_calls(pane)
            if pane.arrivals() > arrived:
                self._house.arrived(pane.name)
            arrived = pane.arrivals()
            self._look_now.set()
            self._changes.ring()

    def _time_calls(self, pane: Pane) -> None:
        """A stand-in notes when a call came; when it was answered is seen here, as it happens."""
        now = self._clock.now()
        for call in _last(pane):
            key = (pane.name, call.key, call.at)
            if call.outcome and key not in self._took_ms:
                self._took_ms[key] = now - call.at
        if len(self._took_ms) > 50 * SHOWN_CALLS:
            kept = {(pane.name, call.key, call.at) for pane in self._panes for call in _last(pane)}
            self._took_ms = {key: took for key, took in self._took_ms.items() if key in kept}

    async def _look(self) -> None:
        while True:
            seen = await asyncio.to_thread(look, self._data_dir)
            if seen != self._overview:
                self._overview = seen
                self._changes.ring()
            busy = seen.outbox or any(seen.turns.get(state) for state in OPEN_STATES)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_S if busy else None):
                    await self._look_now.wait()
            self._look_now.clear()
            # What the gateway tells a platform it has just written down, or is about to.
            await self._clock.sleep(LOOK_AGAIN_S / 4)

    def parts(self) -> Iterator[Part]:
        """What the third pane shows."""
        house = self._house
        failing = house.condition is not Condition.RUNNING and house.deaths > house.killed
        yield (
            "house",
            {
                "condition": house.condition,
                "pid": house.pid,
                "since": house.since,
                "deaths": house.deaths,
                "words": house.last_words() if failing else "",
            },
        )
        yield "turns", self._overview.turns
        yield "ledger", self._overview.ledger
        yield "outbox", self._overview.outbox
        yield "stopped", self._overview.stopped
        yield "troubles", sorted(self._troubles)
        calls = [
            (call.at, pane.name, call, self._took_ms.get((pane.name, call.key, call.at)))
            for pane in self._panes
            for call in _last(pane)
        ]
        calls.sort(key=lambda call: call[0])
        yield "calls", [_call(*call) for call in calls[-SHOWN_CALLS:]]

    def routes(self, application: web.Application) -> None:
        """`POST /troubles` and `POST /kill`."""
        application.router.add_post("/troubles", self._set_troubles)
        application.router.add_post("/kill", self._kill)

    async def _set_troubles(self, request: web.Request) -> web.Response:
        try:
            self._troubles = {Trouble(name) for name in orjson.loads(await request.read())}
        except (ValueError, TypeError):
            raise web.HTTPBadRequest(text="A list of troubles is wanted.") from None
        for pane in self._panes:
            pane.faults.randomly(dict(ODDS[trouble] for trouble in self._troubles))
        self._changes.ring()
        return web.json_response({"ok": True})

    async def _kill(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": self._house.kill()})


def _last(pane: Pane) -> list[SeenCall]:
    return list(pane.calls())[-SHOWN_CALLS:]


def _call(at: int, pane: str, call: SeenCall, took_ms: int | None) -> dict[str, Any]:
    return {
        "key": f"{pane}/{call.key}/{at}",
        "at": at,
        "pane": pane,
        "method": call.method,
        "place": call.place,
        "outcome": call.outcome,
        "ok": call.ok,
        "fault": call.fault,
        "took_ms": took_ms,
    }
