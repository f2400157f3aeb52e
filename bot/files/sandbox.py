"""Runs the reader (`bot.files.reader`) in a process a file, a few at a time, with limits."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot import beside
from bot.files.reader.trouble import Trouble
from bot.warm.jobs import Job, Jobs, Lost

log = structlog.get_logger(__name__)

READINGS = "reading"
"""The folder of the data directory below which each process has one for what is being read."""
NICENESS = 10
"""People waiting for an answer come before files being read."""
_LEFT_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use."""

    memory_mb: int = 1024
    """Of address space; Python and the libraries take 40 of it."""
    engine_memory_mb: int = 4096
    """The same for the local engine, which maps its models."""
    cpu_s: int = 120
    engine_cpu_s: int = 1800
    """A page takes the local engine three seconds."""
    silence_s: float = 60.0
    """How long it may take from one page to the next."""
    idle_s: float = 5.0
    """How long the warm reader waits for another file: the next of several comes by then."""


def environment() -> dict[str, str]:
    """Nothing of ours: no key, no token. One thread per process: the others belong to people waiting for answers."""
    return beside.environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")


def remove_left(root: Path, living: Collection[str], now_s: float) -> None:
    """Remove what processes that live no more have left below `root`, where each has a directory of its name.

    One that is just starting may not be known yet: what is younger than an hour stays.
    """
    for path in root.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.name not in living and now_s - path.stat().st_mtime > _LEFT_AFTER_S:
                shutil.rmtree(path, ignore_errors=True)
                log.info("reading_removed", process=path.name)


class Sandbox:
    """`at_once` processes run at a time; the rest waits. `root` holds the pictures of pages while they are read."""

    def __init__(self, limits: Limits, at_once: int, root: Path) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(at_once)
        self._jobs = Jobs("bot.files.reader.__main__", environment(), idle_s=limits.idle_s, niceness=NICENESS)
        self._root = root
        # What a crash has left of earlier readings.
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.mkdir(mode=0o700)

    @asynccontextmanager
    async def directory(self) -> AsyncIterator[Path]:
        """A private place for the pictures of pages, removed afterwards."""
        made = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=self._root)
        try:
            yield Path(made.name)
        finally:
            await asyncio.to_thread(made.cleanup)

    async def run(self, *job: str) -> AsyncGenerator[dict[str, Any], None]:
        """What the reader reports about a job, as it comes. Close it to end the process.

        Raises:
            Trouble: also `slow` (it took too long), `memory` (it wanted too much) and `broken` (it ended otherwise).
        """
        async with self._slots, self._process(self._limits.memory_mb, self._limits.cpu_s, *job) as process:
            while (told := await self._next(process)) is not None:
                yield told

    @asynccontextmanager
    async def engine(self) -> AsyncIterator["Engine"]:
        """The local engine, loaded, for the pages of one document."""
        limits = self._limits
        async with self._slots, self._process(limits.engine_memory_mb, limits.engine_cpu_s, "local") as process:
            yield Engine(process, self)

    async def _next(self, process: Job) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(self._limits.silence_s):
                line = await process.told.readline()
                if not line and (status := (await process.ended())[0]) != 0:
                    # The kernel ends what has used its processor time up, or more memory than there is; a library
                    # may abort for want of memory.
                    raise Trouble("slow" if status in (None, -9, -24) else "broken")
        except TimeoutError:
            raise Trouble("slow") from None
        except ConnectionError:
            raise Trouble("broken") from None
        except ValueError:
            raise Trouble("bomb") from None
        if not line:
            return None
        told: dict[str, Any] = json.loads(line)
        if "problem" in told:
            raise Trouble(told.pop("problem"), **told)
        return told

    @asynccontextmanager
    async def _process(self, memory_mb: int, cpu_s: int, *job: str) -> AsyncIterator[Job]:
        try:
            async with asyncio.timeout(self._limits.silence_s):
                process = await self._jobs.begin("--memory", str(memory_mb), "--cpu", str(cpu_s), *job)
        except TimeoutError:
            raise Trouble("slow") from None
        except Lost:
            raise Trouble("broken") from None
        try:
            yield process
        finally:
            status, words = await process.end()
            if status not in (0, -9):
                # Never what stood in the file: of `ValueError: …` only what comes first.
                log.warning("reader_died", job=job[0], status=status, words=words.partition(":")[0][:100])


class Engine:
    """Reads page images one at a time."""

    def __init__(self, process: Job, sandbox: Sandbox) -> None:
        self._process = process
        self._sandbox = sandbox

    async def read(self, picture: Path) -> tuple[str, float]:
        """The text, and how sure the engine is of it, 0 to 1. Raises `Trouble`."""
        with contextlib.suppress(ConnectionError):
            self._process.heard.write(f"{picture}\n".encode())
            await self._process.heard.drain()
        told = await self._sandbox._next(self._process)
        if told is None:
            raise Trouble("broken")
        return told["text"], told["confidence"]
