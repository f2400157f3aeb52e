"""From visits to one table: each figure of both bots, the ratio, what is required, and whether it holds."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.loads import Load
from tests.bench.stage import Added
from tests.bench.subject import Memory

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Rest:
    """One bot, started with every platform it knows and left alone."""

    first_poll_s: float
    memory: Memory
    cpu_s: float
    """In a minute."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One bot, started, talked to and stopped."""

    first_poll_s: float
    idle: Memory
    alone: Load
    """Of one person, with nobody else there."""
    short: Load
    calm: Load
    streamed: Load
    streamed_at_once: Load
    behind_long_ones: Load
    """Answers of 200 words, behind ten and more of them."""
    after: Memory
    others_cores: float
    """How many cores other programs used meanwhile."""
    rest: Rest | None = None
    """Where the bot is also compared at rest."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table."""

    name: str
    unit: str
    of: Callable[[Sequence[Visit]], float]
    at_most_times: float | None = None
    """Required: at most this many times the bare bot's."""
    at_most_more: float | None = None
    """Required: at most this much more than the bare bot's."""

    def holds(self, bare: float, other: float) -> bool:
        """Whether what is required is met; True where nothing is."""
        if self.at_most_times is not None:
            return other <= self.at_most_times * bare
        return self.at_most_more is None or other <= bare + self.at_most_more

    @property
    def required(self) -> str:
        """What is required, as the table says it."""
        if self.at_most_times is not None:
            return f"≤ {self.at_most_times:g} x"
        return "" if self.at_most_more is None else f"≤ + {self.at_most_more:g} {self.unit}"


def _median(of: Callable[[Visit], float]) -> Callable[[Sequence[Visit]], float]:
    return lambda visits: statistics.median(of(visit) for visit in visits)


def _cpu_ms(load: str) -> Callable[[Sequence[Visit]], float]:
    return _median(lambda visit: float(getattr(visit, load).cpu_ms_per_turn))


def _added_ms(load: str, percent: int, of: Callable[[Added], float]) -> Callable[[Sequence[Visit]], float]:
    """The percentile of each round; of these the median, so that one disturbed round does not decide."""

    def percentile(visit: Visit) -> float:
        times = sorted(of(added) for added in getattr(visit, load).added)
        return 1000 * times[len(times) * percent // 100]

    return _median(percentile)


def _before(added: Added) -> float:
    return added.before_s


def _after(added: Added) -> float:
    return added.after_s


def _whole(added: Added) -> float:
    return added.before_s + added.after_s


FIGURES = (
    Figure("CPU per short turn", "ms", _cpu_ms("short"), at_most_times=1.0),
    Figure("CPU per turn of 100 tokens", "ms", _cpu_ms("streamed"), at_most_times=0.6),
    Figure("CPU per turn of 100 tokens, all at once", "ms", _cpu_ms("streamed_at_once"), at_most_times=0.6),
    Figure("CPU per turn of 200 words behind ten", "ms", _cpu_ms("behind_long_ones"), at_most_times=0.6),
    # Now and then: the latency of the bot itself.
    Figure("added before the model, p50", "ms", _added_ms("calm", 50, _before)),
    Figure("added before the model, p99", "ms", _added_ms("calm", 99, _before), at_most_times=1.2),
    Figure("added after the model, p50", "ms", _added_ms("calm", 50, _after)),
    Figure("added after the model, p99", "ms", _added_ms("calm", 99, _after), at_most_times=1.2),
    Figure("100 tokens: added before, p50", "ms", _added_ms("streamed", 50, _before)),
    Figure("100 tokens: added before, p99", "ms", _added_ms("streamed", 99, _before), at_most_times=1.2),
    Figure("100 tokens: added after, p50", "ms", _added_ms("streamed", 50, _after)),
    Figure("100 tokens: added after, p99", "ms", _added_ms("streamed", 99, _after), at_most_times=1.2),
    # One person, one turn after the other: the slowest of sixty is what somebody notices.
    Figure("one alone: added, p50", "ms", _added_ms("alone", 50, _whole)),
    Figure("one alone: added, p99", "ms", _added_ms("alone", 99, _whole), at_most_times=1.0),
    # Everybody at once: mostly waiting for each other. Where one waits, before the model or after it, is chance.
    Figure("all at once: added before, p50", "ms", _added_ms("short", 50, _before)),
    Figure("all at once: added after, p50", "ms", _added_ms("short", 50, _after)),
    Figure("all at once: added, p99", "ms", _added_ms("short", 99, _whole), at_most_times=1.2),
    Figure("100 tokens at once: added before, p50", "ms", _added_ms("streamed_at_once", 50, _before)),
    Figure("100 tokens at once: added after, p50", "ms", _added_ms("streamed_at_once", 50, _after)),
    Figure("100 tokens at once: added, p99", "ms", _added_ms("streamed_at_once", 99, _whole), at_most_times=1.2),
    Figure("short turns at once", "/s", _median(lambda visit: visit.short.turns_per_s)),
    Figure("turns of 100 tokens at once", "/s", _median(lambda visit: visit.streamed_at_once.turns_per_s)),
    Figure("calls per short turn", "", _median(lambda visit: visit.short.calls / visit.short.turns)),
    Figure("calls per turn of 100 tokens", "", _median(lambda visit: visit.streamed.calls / visit.streamed.turns)),
    Figure("memory before the first turn", "MB", _median(lambda visit: visit.idle.now / MB), at_most_more=20),
    Figure("memory after the last", "MB", _median(lambda visit: visit.after.now / MB), at_most_more=20),
    Figure("memory at most", "MB", _median(lambda visit: visit.after.peak / MB)),
    # The least of all rounds: whatever else ran on the machine can only add to it.
    Figure("start to first poll", "s", lambda visits: min(visit.first_poll_s for visit in visits), at_most_times=1.15),
)


def _at_rest(of: Callable[[Rest], float], middle: Callable[[list[float]], float]) -> Callable[[Sequence[Visit]], float]:
    return lambda visits: middle([of(visit.rest) for visit in visits if visit.rest is not None])


RESTING = (
    Figure("all platforms: memory idle", "MB", _at_rest(lambda rest: rest.memory.now / MB, statistics.median), 0.6),
    Figure("all platforms: start to first poll", "s", _at_rest(lambda rest: rest.first_poll_s, min), 0.5),
    Figure("all platforms: idle CPU in a minute", "s", _at_rest(lambda rest: rest.cpu_s, min), at_most_more=0.01),
)
"""Where the gateway serves every platform it knows, and the bare bot the one it knows."""


def table(names: tuple[str, str], bare: Sequence[Visit], other: Sequence[Visit]) -> tuple[str, bool]:
    """The table as Markdown, and whether everything required holds."""
    rows = [("figure", *names, "ratio", "required", ""), ("---", "---:", "---:", "---:", "---", "---")]
    met = True
    resting = RESTING if all(visit.rest is not None for visit in (*bare, *other)) else ()
    for figure in (*FIGURES, *resting):
        ours, theirs = figure.of(other), figure.of(bare)
        holds = figure.holds(theirs, ours)
        met &= holds
        verdict = "" if not figure.required else "met" if holds else "MISSED"
        ratio = f"{ours / theirs:.2f}" if theirs else ""
        title = f"{figure.name}, {figure.unit}" if figure.unit else figure.name
        rows.append((title, f"{theirs:.4g}", f"{ours:.4g}", ratio, figure.required, verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )
    return "\n".join(lines) + "\n", met


Limited = tuple[str, float, float | None]
"""A figure of one bot alone: its name, what was measured, the most that it may be."""


def limited_table(rows: Sequence[Limited]) -> tuple[str, bool]:
    """The rows as a table, and whether every limit is met."""
    lines = ["| figure | measured | at most | |", "| --- | ---: | ---: | --- |"]
    for name, value, limit in rows:
        verdict = "" if limit is None else "met" if value <= limit else "MISSED"
        lines.append(f"| {name} | {value:.3g} | {limit if limit is not None else ''} | {verdict} |")
    return "\n".join(lines) + "\n", all(limit is None or value <= limit for _, value, limit in rows)
