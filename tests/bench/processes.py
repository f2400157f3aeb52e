"""Measure processes on PostgreSQL beside one on SQLite, in turns on the same stage.

    python -m tests.bench.processes [--people 50] [--turns 6] [--rounds 3] [--processes 4] [--places 100] [--wait 2 8]

The server is the one of `TEST_DATABASE_URL`, or one that this brings, which waits for the disk. Status 1 where a figure
that is required is missed.

Several processes finish several times as many turns that wait for their model only where cores are left for that: all
of it runs on this machine, and so do the people, the platform and the model. So the same is measured with a model that
takes longer, and with what was left idle beside it. Where nothing was, that is said of the figure.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.standins.model import Pace
from tests.bench.cluster import Cluster, Setup, set_up
from tests.bench.ends import stopped, taken_over
from tests.bench.loads import Crowd, Load
from tests.bench.stage import AT_ONCE, STREAMED
from tests.bench.subject import Machine
from tests.support.postgres import Server, running

CALM_PAUSE_S = 2.0
STREAMED_PAUSE_S = 5.0
TAKEN_OVER_WITHIN_S = 35.0
GIVEN_WITHIN_S = 1.0
STOPPED_WITHIN_S = 0.3
WARMING_TURNS = 8
"""Of each person, before anything is measured: a process prepares its statements and warms up within its first hundred
turns, which several do several times, but each once in its life."""
SHORT_TURNS = 4
"""So many short turns at once stand for one of the others: they take no time, and CPU is counted in steps of 10 ms."""
FEW_IDLE_CORES = 0.1
"""Of all of them: with less, a queue of turns waits for a core, and not for its model."""


@dataclass(frozen=True, slots=True)
class Part:
    """A load, and what the server took for it."""

    load: Load
    server_cpu_s: float

    @property
    def server_cpu_ms_per_turn(self) -> float:
        return 1000 * self.server_cpu_s / self.load.turns


Parts = Mapping[str, Part]


async def loads(setup: Setup, server: Server, people: int, turns: int, seed: int) -> Parts:
    """Short turns all at once, turns now and then, and answers of a hundred tokens."""
    cluster, parts = Cluster(server.url), {}

    async def part(name: str, talk: Callable[[], Any]) -> None:
        before_s = cluster.cpu_s()
        parts[name] = Part(await talk(), cluster.cpu_s() - before_s)

    async with set_up(setup, server, people) as (ready, bots, _):
        crowd = Crowd(ready, bots, seed)
        await crowd.talk(WARMING_TURNS)
        await part("short", partial(crowd.talk, SHORT_TURNS * turns))
        await part("calm", partial(crowd.talk, turns, CALM_PAUSE_S))
        ready.answer_tokens, ready.model.pace = 100, STREAMED
        await part("streamed", partial(crowd.talk, turns, STREAMED_PAUSE_S))
        ready.model.pace = AT_ONCE
        await bots.stop()
    return parts


async def waiting(
    setup: Setup, server: Server, places: int, most: int, wait_s: float, turns: int
) -> tuple[Part, float]:
    """Turns that wait for their model; and how many cores idled.

    Half as many people again as `most` processes have places: behind every turn another waits for its place, whoever
    takes a moment to ask again.
    """
    cluster = Cluster(server.url)
    async with set_up(setup, server, 3 * places * most // 2, WORKERS=str(places)) as (ready, bots, _):
        crowd = Crowd(ready, bots, seed=1)
        await crowd.talk(1, wait_s)  # opens connections and accounts
        ready.model.pace = Pace(first_token_s=wait_s)
        before_s, machine = cluster.cpu_s(), Machine()
        load = await crowd.talk(turns)
        part, idle = Part(load, cluster.cpu_s() - before_s), machine.idle_cores()
        await bots.stop()
    return part, idle


def percentile(times: Sequence[float], percent: int) -> float:
    """Of these."""
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def _median_of(rounds: Sequence[Parts], of: Callable[[Parts], float]) -> float:
    return statistics.median(map(of, rounds))


def _added_p99_ms(part: Part) -> float:
    return 1000 * percentile([added.before_s + added.after_s for added in part.load.added], 99)


Row = tuple[str, Sequence[float], str, bool | None]
"""A figure, its values side by side, what is required of it, and whether that holds."""


def beside(rounds: Mapping[str, Sequence[Parts]], names: Sequence[str]) -> list[Row]:
    """The loads on SQLite, on PostgreSQL in one process, and in several."""

    def row(title: str, of: Callable[[Parts], float], one: float | None, several: float | None) -> Row:
        values = [_median_of(rounds[name], of) for name in names]
        required, holds = [], True
        if one is not None:
            required.append(f"one ≤ {one:g} x SQLite")
            holds &= values[1] <= one * values[0]
        if several is not None:
            required.append(f"several ≤ {several:g} x one")
            holds &= values[2] <= several * values[1]
        return title, values, ", ".join(required), holds if required else None

    def cpu(load: str) -> Callable[[Parts], float]:
        return lambda parts: parts[load].load.cpu_ms_per_turn

    def server_cpu(load: str) -> Callable[[Parts], float]:
        return lambda parts: parts[load].server_cpu_ms_per_turn

    return [
        row("CPU per short turn, ms", cpu("short"), 1.6, 1.1),
        row("PostgreSQL's own beside it, ms", server_cpu("short"), None, None),
        row("CPU per turn of 100 tokens, ms", cpu("streamed"), 1.3, None),
        row("PostgreSQL's own beside it, ms", server_cpu("streamed"), None, None),
        row("added now and then, p99, ms", lambda parts: _added_p99_ms(parts["calm"]), 2.0, None),
        row("100 tokens: added, p99, ms", lambda parts: _added_p99_ms(parts["streamed"]), 2.0, None),
        row("short turns at once, /s", lambda parts: parts["short"].load.turns_per_s, None, None),
    ]


async def _measure(server: Server, options: argparse.Namespace) -> bool:
    several = options.processes
    setups = [
        Setup("SQLite", 1, on_server=False),
        *(Setup(f"PostgreSQL, {n}", n, on_server=True) for n in (1, several)),
    ]
    rounds: dict[str, list[Parts]] = defaultdict(list)
    for number in range(options.rounds):
        for setup in setups if number % 2 else reversed(setups):
            rounds[setup.name].append(await loads(setup, server, options.people, options.turns, number))
    names = [setup.name for setup in setups]
    rows = beside(rounds, names)
    out = [f"| figure | {' | '.join(names)} | required | |", "| --- | ---: | ---: | ---: | --- | --- |"]
    out += [_line(*row) for row in rows]
    sys.stdout.write("\n".join(out) + "\n")
    return all(holds is not False for *_, holds in rows)


def _line(title: str, values: Sequence[float], required: str, holds: bool | None) -> str:
    verdict = "" if holds is None else "met" if holds else "MISSED"
    return f"| {title} | {' | '.join(f'{value:.3g}' for value in values)} | {required} | {verdict} |"


async def _measure_waiting(server: Server, options: argparse.Namespace) -> bool:
    met = True
    for wait_s in options.wait:
        met &= await _measure_wait(server, options, wait_s)
    return met


async def _measure_wait(server: Server, options: argparse.Namespace, wait_s: float) -> bool:
    several, places = options.processes, options.places
    rates, idle = [], 0.0
    for count in (1, several):
        setup = Setup("", count, on_server=True)
        # Each place is taken as often as with one: how they fill and how they empty weighs the same.
        part, idle = await waiting(setup, server, places, several, wait_s, turns=options.waits * count)
        rates.append(part.load.turns_per_s)
        sys.stdout.write(
            f"{count} x {places} places, {wait_s:g} s: {part.load.turns_per_s:.1f} turns/s,"
            f" CPU {part.load.cpu_ms_per_turn:.1f} ms + PostgreSQL {part.server_cpu_ms_per_turn:.1f} ms a turn,"
            f" {idle:.2f} of {os.cpu_count()} cores idle\n"
        )
    ratio, cores = rates[1] / rates[0], os.cpu_count() or 1
    met = bool(ratio >= 3.7 / 4 * several)
    verdict = "met" if met else "MISSED" if idle > FEW_IDLE_CORES * cores else "MISSED, no core was left for it"
    sys.stdout.write(f"{several} processes finish {ratio:.2f} x what one does (required: 3.7 x of 4): {verdict}\n")
    return met


async def _measure_ends(server: Server, options: argparse.Namespace) -> bool:
    met = True
    for killed, within_s in ((True, TAKEN_OVER_WITHIN_S), (False, GIVEN_WITHIN_S)):
        times = await taken_over(server, options.people, killed=killed)
        worst = percentile(times, 99)
        met &= worst <= within_s
        sys.stdout.write(
            f"turns of a {'killed' if killed else 'stopped'} process: {len(times)}, asked for again after"
            f" {statistics.median(times):.2f} s (median), {worst:.2f} s (p99; at most {within_s:g})\n"
        )
    return met


async def _measure_stops(server: Server, options: argparse.Namespace) -> bool:
    times = await stopped(server, options.people, options.processes)
    worst = percentile(times, 99)
    sys.stdout.write(
        f"{len(times)} answers in {options.processes} processes, stopped after {statistics.median(times):.3f} s"
        f" (median), {worst:.3f} s (p99; at most {STOPPED_WITHIN_S:g})\n"
    )
    return worst <= STOPPED_WITHIN_S


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.processes", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("parts", nargs="*", default=["beside", "waiting", "ends", "stops"])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--places", type=int, default=100)
    parser.add_argument("--wait", type=float, nargs="+", default=[2.0, 8.0], help="seconds that a model takes")
    parser.add_argument("--waits", type=int, default=2, help="how often everybody waits with one process")
    options = parser.parse_args()
    measures = {"beside": _measure, "waiting": _measure_waiting, "ends": _measure_ends, "stops": _measure_stops}
    met = True
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, running(Path(directory), durable=True) as server:
        for name in options.parts:
            met &= asyncio.run(measures[name](server, options))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
