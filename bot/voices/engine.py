"""The gateway's end of a process that works on speech: started with its first job, gone when it had none for a while.

What it has loaded stays loaded from one job to the next, and its memory is given back afterwards. It holds no key and
no token; a job that is given up ends it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot import beside
from bot.beside import NothingMade

Work = Literal["encode", "read", "hear"]

IDLE_S = 30.0
"""How long a process waits for another job: whoever speaks with a bot answers within that."""
_SILENCE_S = 60.0
"""How long it may tell nothing: to load a model and read one sentence takes a few seconds."""
_START = "import sys; from bot.voices.__main__ import main; sys.exit(main(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Told:
    """What a process tells of a job."""

    what: Mapping[str, Any]
    data: bytes

    @property
    def problem(self) -> str | None:
        """Why nothing comes of the job, where that is known."""
        return self.what.get("problem")


class Engine:
    """A process for one kind of work. Jobs wait for each other."""

    def __init__(self, work: Work, *, niceness: int = 0) -> None:
        """`niceness`: see `bot.beside.command`."""
        self._work = work
        self._niceness = niceness
        self._process: asyncio.subprocess.Process | None = None
        self._one_job = asyncio.Lock()
        self._ending: asyncio.TimerHandle | None = None

    async def do(self, asked: Mapping[str, object], data: bytes) -> AsyncGenerator[Told, None]:
        """What is told of a job, as it comes. Closed before its end, the job is given up.

        Raises:
            NothingMade: the process broke, was silent for too long, or used more than it may.
        """
        async with self._one_job:
            done = False
            try:
                with _as_nothing_made():
                    process = await self._started()
                    await _ask(process.stdin, {**asked, "bytes": len(data)}, data)
                while not done:
                    with _as_nothing_made():
                        told = await _heard(process.stdout)
                    done = told.what["ends"]
                    yield told
            finally:
                if done:
                    self._rest()
                else:
                    await self.close()

    async def warm(self) -> None:
        """Have it start, for a job that will come soon; where it works, it has."""
        if not self._one_job.locked():
            async with self._one_job:
                with contextlib.suppress(OSError):
                    await self._started()
                    self._rest()

    async def close(self) -> None:
        """End it, and with it what it does."""
        if self._ending is not None:
            self._ending.cancel()
        process = self._process
        self._kill()
        if process is not None:
            await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._ending is not None:
            self._ending.cancel()
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *beside.command(_START, self._work, niceness=self._niceness),
                # Its linear algebra, which is hardly needed, would reserve memory for each core; it has its models.
                env=beside.environment(OPENBLAS_NUM_THREADS="1", HF_HUB_OFFLINE="1"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        return self._process

    def _rest(self) -> None:
        self._ending = asyncio.get_running_loop().call_later(IDLE_S, self._kill)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        self._process = None


@contextlib.contextmanager
def _as_nothing_made() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise NothingMade(type(error).__name__) from error


async def _ask(stream: asyncio.StreamWriter | None, asked: Mapping[str, object], data: bytes) -> None:
    if stream is not None:
        stream.write(json.dumps(asked).encode() + b"\n" + data)
        async with asyncio.timeout(_SILENCE_S):
            await stream.drain()


async def _heard(stream: asyncio.StreamReader | None) -> Told:
    if stream is None:
        raise BrokenPipeError
    async with asyncio.timeout(_SILENCE_S):
        what = json.loads(await stream.readuntil(b"\n"))
        return Told(what, await stream.readexactly(what["bytes"]))


async def made(engine: Engine, asked: Mapping[str, object], data: bytes) -> bytes:
    """The data that comes of a job which makes one thing.

    Raises:
        NothingMade: as in `Engine.do`, or nothing came of it.
    """
    thing = b""
    async with contextlib.aclosing(engine.do(asked, data)) as told:
        async for each in told:
            thing = each.data or thing
    if not thing:
        raise NothingMade("The process told nothing.")
    return thing
