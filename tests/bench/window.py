"""Measure how much of a long conversation's requests a vendor has read before, and what that saves.

    python -m tests.bench.window [--turns 60]

A person talks through the real gateway, and what goes over the wire is compared: with the request before it, and with
what a window of the newest messages of the same mean size would have sent. The vendor bills what a request repeats of
the one before it, from its first byte, at a tenth. The requests for summaries are paid for as well, by the same model,
and the window of the newest messages has none. Status 1 where a required figure is missed.
"""

import argparse
import asyncio
import logging
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import structlog

from bot.llm.tokens import tokens_in
from bot.standins.model import Answering, ModelServer, Received
from tests.support.clock import TurnedClock
from tests.support.recalled import ASKS, all_made, answering, summing
from tests.support.sides import SIDES
from tests.support.world import House

FROM_TURN = 5
SHARE = 0.75
DOLLARS = 0.45
CACHED = 0.1
"""What a cached token costs, of one that is read."""
OUTPUT = 4
"""What a written token costs, in tokens that are read."""
WORDS = (10, 60), (40, 160)
"""Of a question and of an answer."""

SUMMARY = 110
"""Words of a summary, as many tokens as 250 of a language."""

PROMPT = "Be kind and brief. " * 30
"""About as long as a persona of one's own."""

Request = Sequence[str]
"""The messages of one request."""


Asked = tuple[list[Request], list[Request]]
"""For answers, and for summaries."""


async def talked(turns: int, directory: Path) -> Asked:
    """What the gateway sends in a conversation."""
    clock, rng = TurnedClock(), random.Random(1)
    side, model = SIDES["telegram"](clock), ModelServer()
    await side.start()
    await model.start()
    house = House(directory, side, model, clock)
    alice = house.newcomer("Alice")
    await house.start(system_prompt=PROMPT, titles=False, tokens_start=10**9)
    try:
        for number in range(turns):
            said, answered = (" ".join(f"word{rng.randrange(999)}" for _ in range(rng.randint(*w))) for w in WORDS)
            summary = " ".join(f"word{rng.randrange(999)}" for _ in range(SUMMARY))
            model.reply = _speaking(f"{number}: {answered}", summary)
            alice.says(said)
            await alice.sees(f"{number}: {answered[:20]}")
            await all_made(house)
        return _messages(answering(house)), _messages(summing(house))
    finally:
        await house.stop()
        await side.stop()
        await model.close()


def _speaking(answer: str, summary: str) -> Answering:
    return lambda body: summary if ASKS in str(body["messages"][-1]["content"]) else answer


def _messages(requests: Sequence[Received]) -> list[Request]:
    return [[str(message["content"]) for message in request.body["messages"]] for request in requests]


def newest(requests: Sequence[Request]) -> list[Request]:
    """What a window of the newest messages would have sent, as many as come nearest to the same mean size."""
    size = _mean_size(requests)
    windows = (_newest(requests, count) for count in range(1, 2 * len(requests)))
    return min(windows, key=lambda window: abs(_mean_size(window) - size))


def _newest(requests: Sequence[Request], count: int) -> list[Request]:
    head, whole = requests[0][0], _whole(requests)
    return [(head, *whole[max(0, 2 * turn + 1 - count) : 2 * turn + 1]) for turn in range(len(requests))]


def _mean_size(requests: Sequence[Request]) -> float:
    return statistics.mean(sum(map(tokens_in, request)) for request in requests)


def _whole(requests: Sequence[Request]) -> list[str]:
    """The conversation, from what was new in each request."""
    return [*requests[0][1:], *(text for request in requests[1:] for text in request[-2:])]


def repeated(earlier: Request, later: Request) -> int:
    """Tokens at the beginning of a request that are those of the one before it."""
    same = 0
    for before, now in zip(earlier, later, strict=False):
        if before != now:
            break
        same += tokens_in(now)
    return same


def shares(requests: Sequence[Request]) -> list[float]:
    """How much of each request, from the fifth on, repeats the one before it."""
    return [repeated(a, b) / sum(map(tokens_in, b)) for a, b in pairwise(requests[FROM_TURN - 2 :])]


def dollars(requests: Sequence[Request], answers: Sequence[str]) -> float:
    """What the conversation costs, in tokens that are read."""
    read = sum(sum(map(tokens_in, request)) for request in requests)
    saved = (1 - CACHED) * sum(repeated(a, b) for a, b in pairwise(requests))
    return read - saved + OUTPUT * sum(map(tokens_in, answers))


def summed_up(requests: Sequence[Request], asked: Sequence[Request]) -> float:
    """What the summaries cost: each repeats of some request what its vendor has just read, and is written."""
    read = sum(
        sum(map(tokens_in, request)) - (1 - CACHED) * max(repeated(before, request) for before in requests)
        for request in asked
    )
    return read + OUTPUT * len(asked) * tokens_in(" ".join(["word555"] * SUMMARY))


def main() -> int:
    """Read the options, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.window", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=60)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        ours, asked = asyncio.run(talked(parser.parse_args().turns, Path(directory)))
    other, answers = newest(ours), _whole(ours)[1::2]
    summaries, without = summed_up(ours, asked), dollars(other, answers)
    share, cost = statistics.mean(shares(ours)), (dollars(ours, answers) + summaries) / without
    out = sys.stdout.write
    out("| | the newest messages | this build | ratio | required |\n| --- | ---: | ---: | ---: | --- |\n")
    sizes = [_mean_size(each) for each in (other, ours)]
    out(f"| mean request, tokens at most | {sizes[0]:.0f} | {sizes[1]:.0f} | {sizes[1] / sizes[0]:.2f} | |\n")
    before = statistics.mean(shares(other))
    out(f"| repeats the one before, from turn {FROM_TURN} | {before:.0%} | {share:.0%} | | ≥ {SHARE:.0%} |\n")
    out(f"| of that, {len(asked)} summaries | | | {summaries / without:.3f} | |\n")
    out(f"| cost of the conversation, cached at a tenth | | | {cost:.2f} | ≤ {DOLLARS} x |\n")
    return 0 if share >= SHARE and cost <= DOLLARS else 1


if __name__ == "__main__":
    sys.exit(main())
