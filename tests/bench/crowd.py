"""Measure delivery: what rendering an answer costs, and a thousand people who are answered at once.

    python -m tests.bench.crowd [--people 1000]

Status 1 where a required figure is missed.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bot.rendering import layout
from bot.rendering.markup import parse
from handlers.discord import render as discord
from handlers.telegram import render as telegram
from tests.bench.figures import limited_table
from tests.bench.loads import Crowd
from tests.bench.stage import ANSWER_S, Stage, environ, stage
from tests.bench.subject import GATEWAY, Running, running

RENDER_LIMIT_MS = 1.0
DELAY_LIMIT_MS = 300.0
TOKENS = 100
TOKEN_S = 0.1
"""Ten tokens a second: an answer takes ten seconds, so that all of them stream at the same time."""

ANSWER = (Path(__file__).parent.parent / "rendering" / "samples" / "answer-typical.md").read_text(encoding="utf-8")


def render_ms(form: object) -> float:
    """CPU time of markup, layout and render for an answer of 2,000 characters, in milliseconds."""
    text = (ANSWER * 2)[:2000]
    times = []
    for number in range(200):
        began = time.process_time()
        blocks = parse(f"{number} {text}")  # Never the same twice: nothing may come from a memory.
        if form is telegram:
            for page in layout.paginate(blocks, limit=4000, measure=telegram.measure, separator=telegram.SEPARATOR):
                telegram.render(page)
        else:
            for page in layout.paginate(blocks, limit=1900, measure=discord.measure, separator=discord.SEPARATOR):
                discord.render(page)
        times.append(1000 * (time.process_time() - began))
    return statistics.median(times)


async def crowd_of(people: int) -> tuple[float, float, int]:
    """What was added before the model at the median and the 99th percentile, in ms, and how many were answered."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stage("telegram", people) as ready:
            surroundings = environ(ready, str(Path(directory) / "data")) | {"WORKERS": str(people)}
            async with running(GATEWAY, surroundings, Path(directory)) as bot:
                async with asyncio.timeout(ANSWER_S):
                    await ready.arrived
                measured = await _talk(ready, bot)
                await bot.stop()
    return measured


async def _talk(ready: Stage, bot: Running) -> tuple[float, float, int]:
    crowd = Crowd(ready, bot, seed=1)
    await crowd.talk(1, 10.0)
    ready.answer_tokens = TOKENS
    ready.model.pace = ready.model.pace.__class__(token_s=TOKEN_S)
    # Within eight seconds all of them ask.
    load = await crowd.talk(1, 8.0)
    before = sorted(1000 * added.before_s for added in load.added)
    return statistics.median(before), before[len(before) * 99 // 100], len(load.added)


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    people = parser.parse_args().people
    on_telegram, on_discord = render_ms(telegram), render_ms(discord)
    median, worst, answered = asyncio.run(crowd_of(people))
    rows = (
        ("markup, layout, render of 2,000 characters for Telegram, CPU ms", on_telegram, RENDER_LIMIT_MS),
        ("the same for Discord, CPU ms", on_discord, RENDER_LIMIT_MS),
        (f"{people} answers streaming at once: added before the model, p50, ms", median, None),
        ("the same, p99, ms", worst, DELAY_LIMIT_MS),
        ("answers that came whole", float(answered), None),
    )
    text, met = limited_table(rows)
    sys.stdout.write(f"crowd: {os.cpu_count()} cores\n\n{text}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
