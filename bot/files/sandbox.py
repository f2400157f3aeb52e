"""Runs the reader (`bot.files.reader`) in processes of their own, a few at a time, with limits."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog

from bot.files.reader.trouble import Trouble

_Stream = TypeVar("_Stream", asyncio.StreamReader, asyncio.StreamWriter)

log = structlog.get_logger(__name__)

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one line of the reader's: a page of text."""

_START = "import sys; from bot.files.reader.__main__ import main; sys.exit(main(sys.argv[1:]))"
"""As `python -m bot.files.reader`, without what `-m` imports to find it."""

NICENESS = 10
"""People waiting for an answer come before files being read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use."""

    memory_mb: int = 1024
    """Of address space; Python and the libraries take 200 of it."""
    engine_memory_mb: int = 4096
    """The same for the local engine, which maps its models."""
    cpu_s: int = 120
    engine_cpu_s: int = 1800
    """A page takes the local engine three seconds."""
    silence_s: float = 60.0
    """How long it may take from one page to the next."""


class Sandbox:
    """`at_once` processes run at a time; the rest waits. `root` holds the pictures of pages while they are read."""

    def __init__(self, limits: Limits, at_once: int, root: Path) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(at_once)
        self._root = root
        # What a crash has left of earlier readings.
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(mode=0o700, parents=True)

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

    async def _next(self, process: asyncio.subprocess.Process) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(self._limits.silence_s):
                line = await _piped(process.stdout).readline()
                if not line and await process.wait() != 0:
                    # The kernel ends what has used its processor time up; a library may abort for want of memory.
                    raise Trouble("slow" if process.returncode in (-9, -24) else "broken")
        except TimeoutError:
            raise Trouble("slow") from None
        except ValueError:
            raise Trouble("bomb") from None
        if not line:
            return None
        told: dict[str, Any] = json.loads(line)
        if "problem" in told:
            raise Trouble(told.pop("problem"), **told)
        return told

    @asynccontextmanager
    async def _process(self, memory_mb: int, cpu_s: int, *job: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *reader_command(memory_mb, cpu_s),
            *job,
            env=environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        listening = asyncio.create_task(_last_words(process))
        try:
            yield process
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
            words = await listening
            if process.returncode not in (0, -9):
                log.warning("reader_died", job=job[0], status=process.returncode, words=words)


class Engine:
    """Reads one picture of a page after the other."""

    def __init__(self, process: asyncio.subprocess.Process, sandbox: Sandbox) -> None:
        self._process = process
        self._sandbox = sandbox

    async def read(self, picture: Path) -> tuple[str, float]:
        """The text, and how sure the engine is of it, 0 to 1. Raises `Trouble`."""
        paths = _piped(self._process.stdin)
        with contextlib.suppress(ConnectionError):
            paths.write(f"{picture}\n".encode())
            await paths.drain()
        told = await self._sandbox._next(self._process)
        if told is None:
            raise Trouble("broken")
        return told["text"], told["confidence"]


def _piped(stream: _Stream | None) -> _Stream:
    """A stream of a process that was started with pipes for all of them."""
    if stream is None:
        raise ValueError("The process has no such pipe.")
    return stream


def reader_command(memory_mb: int, cpu_s: int) -> list[str]:
    """The beginning of the command that runs the reader; the job follows."""
    # -S: what packages ask to run at every start (.pth files) is half of what a start costs.
    return [sys.executable, "-S", "-c", _START, "--memory", str(memory_mb), "--cpu", str(cpu_s)]


def environment() -> dict[str, str]:
    """Nothing of ours: no key, no token. One thread per process: the others belong to people waiting for answers."""
    passed = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    root = Path(__file__).parent.parent.parent
    return {
        **passed,
        "PYTHONPATH": os.pathsep.join((str(root), *filter(None, sys.path))),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """The end of what it wrote as errors: the kind of the last one, never what stood in the file."""
    words = b""
    while more := await _piped(process.stderr).read(65_536):
        words = (words + more)[-4_096:]
    last = words.decode(errors="replace").strip().rpartition("\n")[2]
    return last.partition(":")[0][:100]
