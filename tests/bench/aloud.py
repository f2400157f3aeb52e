"""Measure how soon after an answer its voice message is there, with the stand-in for each platform and vendor.

    python -m tests.bench.aloud [--answers 20]

Each answer takes a person half a minute to hear, as long as what is read of one is at most. Status 1 where a required
figure is missed.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from functools import partial
from itertools import product
from pathlib import Path

from bot.standins.model import ModelServer
from tests.bench.figures import limited_table
from tests.support.clock import TurnedClock
from tests.support.sides import SIDES, Room, Side
from tests.support.world import House, Someone

LIMIT_S = 1.0
_SAID = " ".join(f"Sentence number {number} goes on." for number in range(19))
_VENDORS = {"OpenAI, in Opus": "openai", "Gemini, in plain samples": "gemini"}


def _heard(side: Side, room: Room, count: int) -> bool:
    return len(side.voices(room)) >= count


async def measured(platform: str, vendor: str, count: int, directory: Path) -> list[float]:
    """Seconds from each answer's end in the chat to its voice message there, sorted."""
    clock, model = TurnedClock(), ModelServer()
    side = SIDES[platform](clock)
    await side.start()
    await model.start()
    model.reply = _SAID
    house = House(directory, side, model, clock)
    root = f"{model.url}/v1" if vendor == "openai" else model.url
    await house.start(
        log_level="error",
        pacing=False,
        rate_limit_per_minute=1000,
        **{f"{vendor}_api_key": "key", f"{vendor}_base_url": root},
    )
    person, room = side.newcomer("Alice")
    alice = Someone(house, person, room)
    await alice.commands("settings")
    await alice.presses("Read answers aloud")
    await alice.presses("always")
    await alice.sees("Read answers aloud: always")
    taken_s = []
    for number in range(1, count + 1):
        alice.says(f"question {number}")
        await alice.sees("Sentence number 18", times=number)
        ended = time.perf_counter()
        await house.until(partial(_heard, side, room, number))
        taken_s.append(time.perf_counter() - ended)
        # The platforms' own limits are not what is measured.
        clock.advance(60)
    await house.stop()
    await side.stop()
    await model.close()
    return sorted(taken_s)


async def _all(count: int) -> bool:
    rows: list[tuple[str, float, float | None]] = []
    for platform, (name, vendor) in product(SIDES, _VENDORS.items()):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            taken_s = await measured(platform, vendor, count, Path(directory) / "data")
        told = f"{platform}, {name}"
        rows.append((f"{told}: until the voice message is there, median, s", taken_s[count // 2], None))
        rows.append((f"{told}: the slowest of {count}, s", taken_s[-1], LIMIT_S))
    text, met = limited_table(rows)
    sys.stdout.write(text)
    return met


def main() -> int:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.aloud", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--answers", type=int, default=20)
    return 0 if asyncio.run(_all(parser.parse_args().answers)) else 1


if __name__ == "__main__":
    sys.exit(main())
