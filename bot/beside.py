"""Programs of ours that run beside the gateway, each in a process of its own: how they are started, and what they know.

They open what strangers sent, or speak with strangers' servers, so they are handed no key and no token.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PASSED = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV")


class NothingMade(Exception):
    """A program of ours took too long, failed, or told nothing."""


def command(start: str, *arguments: str, niceness: int = 0) -> list[str]:
    """The command that runs these lines of Python: `-m` would first import what is needed to find a module.

    `niceness`: more than 0 where others who wait for something come before it. The program sets it itself: one that has
    ended already has no priority that could be set from outside, and its number may be another's by then.
    """
    if niceness:
        start = f"import os; os.nice({niceness}); {start}"
    # -S: what packages ask to run at every start (.pth files) is not needed, and half of what a start costs.
    return [sys.executable, "-S", "-c", start, *arguments]


def environment(*more: str, **own: str) -> dict[str, str]:
    """What a program needs to find its files; `more` is passed on where it is set, and `own` is for it alone."""
    return {
        **{name: os.environ[name] for name in (*_PASSED, *more) if name in os.environ},
        "PYTHONPATH": os.pathsep.join((str(_ROOT), *filter(None, sys.path))),
        **own,
    }


async def made(
    told: bytes, start: str, *arguments: str, environment: Mapping[str, str], longest_s: float, niceness: int
) -> bytes:
    """What a program that reads all of its input, tells one thing and ends, makes of `told`. Raises `NothingMade`."""
    try:
        async with asyncio.timeout(longest_s):
            return await _made(told, command(start, *arguments, niceness=niceness), environment)
    except (TimeoutError, OSError) as error:
        raise NothingMade(type(error).__name__) from error


async def _made(told: bytes, program: list[str], environment: Mapping[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *program,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        thing, _ = await process.communicate(told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not thing:
        raise NothingMade(f"The process ended with {process.returncode}.")
    return thing
