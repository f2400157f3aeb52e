"""Measure the gateway beside a bare bot on this machine, in turns; status 1 where a required figure is missed.

    python -m tests.bench [telegram] [discord] [--people 50] [--turns 6] [--rounds 3]

`--candidate bare` puts the bare bot beside itself: what differs then is the machine's noise.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from platform import python_version

from tests.bench.figures import Rest, Visit, table
from tests.bench.loads import Crowd
from tests.bench.stage import AT_ONCE, STREAMED, THEATRES, Stage, environ, stage, stages
from tests.bench.subject import BARE, GATEWAY, BenchError, Machine, Running, Subject, running

START_S = 60.0
CALM_PAUSE_S = 2.0
"""50 people who pause one second on average make 50 turns a second: the bare bot is busy a third of the time."""
STREAMED_PAUSE_S = 5.0
"""With half a second for the answer itself, 17 turns a second: busy half of the time."""
DISTURBED_CORES = 0.15
LOADED_BEHIND_S = 2.0
"""What is loaded behind the first poll belongs to the idle memory."""
TURNS_ALONE = 60
LONG_ANSWER = 200
"""Words: what fits into one message everywhere."""
LONG_ONES = 10
"""So many turns of that length are before those that are measured: the bare bot remembers no more."""
RESTING_ON = "telegram"


async def visit(subject: Subject, platform: str, options: argparse.Namespace, seed: int) -> Visit:
    """Start the bot, talk to it in five ways, and stop it.

    Raises:
        BenchError: it does not start, answer or stop.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stage(platform, options.people) as ready:
            surroundings = environ(ready, str(Path(directory) / "data"))
            async with running(subject, surroundings, Path(directory)) as bot:
                measured = await _measure(ready, bot, options, seed)
                await bot.stop()
    # The bare bot of one platform beside the gateway on all of them.
    return replace(measured, rest=await rest(subject)) if platform == RESTING_ON else measured


async def rest(subject: Subject) -> Rest:
    """Start the bot with every platform it knows, and leave it alone for a minute.

    Raises:
        BenchError: it does not start or stop.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stages(THEATRES, 0) as ready:
            surroundings = {name: value for each in ready for name, value in environ(each, directory).items()}
            async with running(subject, surroundings, Path(directory)) as bot:
                [first] = [each for each in ready if each.theatre.name == RESTING_ON]
                await _arrival(first, bot)
                await asyncio.sleep(LOADED_BEHIND_S)
                memory, cpu_s = bot.memory(), bot.cpu_s()
                await asyncio.sleep(60)
                cpu_s = bot.cpu_s() - cpu_s
                await bot.stop()
    return Rest(first.arrived.result() - bot.started, memory, cpu_s)


async def _arrival(ready: Stage, bot: Running) -> None:
    end = asyncio.create_task(bot.ended())
    await asyncio.wait((end, ready.arrived), timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
    if not ready.arrived.done():
        raise BenchError(f"It does not arrive. Its last words:\n{bot.last_words()}")
    end.cancel()


async def _measure(ready: Stage, bot: Running, options: argparse.Namespace, seed: int) -> Visit:
    await _arrival(ready, bot)
    machine, began_s = Machine(), time.process_time() + bot.cpu_s()
    crowd = Crowd(ready, bot, seed)
    await asyncio.sleep(LOADED_BEHIND_S)
    idle = bot.memory()
    try:
        await crowd.talk(1)  # opens connections and accounts
        alone = await crowd.talk(TURNS_ALONE, people=1)
        short = await crowd.talk(options.turns)
        calm = await crowd.talk(options.turns, CALM_PAUSE_S)
        ready.answer_tokens, ready.model.pace = 100, STREAMED
        streamed = await crowd.talk(options.turns, STREAMED_PAUSE_S)
        streamed_at_once = await crowd.talk(max(1, options.turns // 2))
        ready.model.pace = AT_ONCE
        ready.answer_tokens = LONG_ANSWER
        await crowd.talk(LONG_ONES)
        behind_long_ones = await crowd.talk(options.turns)
    except* TimeoutError:
        raise BenchError(f"It left a person without an answer. Its last words:\n{bot.last_words()}") from None
    others_cores = machine.others_cores(time.process_time() + bot.cpu_s() - began_s)
    first_poll_s = ready.arrived.result() - bot.started
    return Visit(
        first_poll_s, idle, alone, short, calm, streamed, streamed_at_once, behind_long_ones, bot.memory(), others_cores
    )


async def compare(baseline: Subject, candidate: Subject, platform: str, options: argparse.Namespace) -> bool:
    """Visit both in turns, each round in the other order; print the table; tell whether all that is required holds."""
    visits: dict[str, list[Visit]] = {"baseline": [], "candidate": []}
    for number in range(options.rounds):
        pair = [("baseline", baseline), ("candidate", candidate)]
        for role, subject in reversed(pair) if number % 2 else pair:
            began = time.monotonic()
            visits[role].append(await visit(subject, platform, options, seed=number))
            disturbed = visits[role][-1].others_cores
            note = f"; other programs used {disturbed:.1f} cores meanwhile" if disturbed > DISTURBED_CORES else ""
            sys.stderr.write(
                f"{platform}, round {number + 1}: {subject.name}, {time.monotonic() - began:.0f} s{note}\n"
            )
    text, met = table((baseline.name, candidate.name), visits["baseline"], visits["candidate"])
    machine = f"Python {python_version()}, {os.cpu_count()} cores"
    sys.stdout.write(f"{platform}: {options.people} people, {options.rounds} rounds, {machine}\n\n{text}\n")
    return met


async def _compare(platform: str, options: argparse.Namespace) -> bool:
    bare = BARE[platform]
    return await compare(bare, bare if options.candidate == "bare" else GATEWAY, platform, options)


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("platforms", nargs="*", default=list(BARE), help="which of: " + ", ".join(BARE))
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--turns", type=int, default=6, help="turns of each person in the longest part")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candidate", choices=("bare", "gateway"), default="gateway")
    options = parser.parse_args()
    if unknown := set(options.platforms) - set(BARE):
        parser.error(f"no such platform: {', '.join(sorted(unknown))}")
    if not Path("/proc/self/stat").exists():
        sys.stderr.write("The benchmark reads /proc, which this system does not have.\n")
        return 2
    try:
        met = [asyncio.run(_compare(platform, options)) for platform in options.platforms]
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
