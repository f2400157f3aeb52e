"""A bot under test: its own process, watched through /proc."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parent.parent.parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a name for the table, and what Python is told to run."""

    name: str
    arguments: tuple[str, ...]


BARE = {
    platform: Subject(f"bare bot ({library})", (str(Path(__file__).with_name(f"bare_{platform}.py")),))
    for platform, library in (("telegram", "aiogram"), ("discord", "discord.py"))
}
GATEWAY = Subject("gateway", ("-m", "bot", "run"))


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes, now and at most so far."""

    now: int
    peak: int


class Machine:
    """The CPU time of everything that runs here, to tell whether something else disturbed a measurement."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy_s, self._idle_s = self._read()

    def others_cores(self, known_s: float) -> float:
        """Cores that others used since this was made; `known_s` is the CPU time that the measurement itself took."""
        busy_s, _ = self._read()
        return max(0.0, busy_s - self._busy_s - known_s) / (time.monotonic() - self._began)

    def idle_cores(self) -> float:
        """Cores that nobody used since this was made."""
        _, idle_s = self._read()
        return (idle_s - self._idle_s) / (time.monotonic() - self._began)

    @staticmethod
    def _read() -> tuple[float, float]:
        """Busy and idle, in seconds."""
        user, nice, system, idle, waits, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
        return sum((user, nice, system, irq, softirq, steal)) / TICKS_PER_S, (idle + waits) / TICKS_PER_S


class BenchError(Exception):
    """The benchmark cannot go on; the message is for whoever runs it."""


class Working(Protocol):
    """What works, in one process or in several."""

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, in user and in system mode."""


class Running:
    """A subject that has been started, at `started` on the monotonic clock."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, started: float) -> None:
        self.started = started
        self.pid = process.pid
        self._process = process
        self._log = log
        self._proc = Path("/proc") / str(process.pid)

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, in user and in system mode."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def memory(self) -> Memory:
        """What it keeps in memory."""
        lines = dict(line.split(":", 1) for line in (self._proc / "status").read_text().splitlines())
        return Memory(*(int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")))

    async def ended(self) -> str:
        """Wait for its end and give the last lines it wrote."""
        await self._process.wait()
        return self.last_words()

    def last_words(self) -> str:
        """The last lines it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])

    def kill(self) -> None:
        """End it at once, unasked."""
        self._process.kill()

    async def stop(self) -> None:
        """Ask it to end.

        Raises:
            BenchError: it does not, or ends badly.
        """
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                status = await self._process.wait()
        except TimeoutError:
            raise BenchError(f"It does not stop. Its last words:\n{self.last_words()}") from None
        if status != 0:
            raise BenchError(f"It ended with status {status}. Its last words:\n{self.last_words()}")


@asynccontextmanager
async def running(subject: Subject, environ: dict[str, str], directory: Path) -> AsyncIterator[Running]:
    """The subject at work in an empty `directory`, with nothing of this process's environment but the path."""
    log = directory / "log"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with log.open("wb") as output:
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *subject.arguments,
            env={**inherited, "PYTHONPATH": str(ROOT), **environ},
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Running(process, log, started)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Fleet:
    """Several processes of one subject."""

    def __init__(self, processes: list[Running]) -> None:
        self.processes = processes

    def cpu_s(self) -> float:
        """CPU time of all of them."""
        return sum(process.cpu_s() for process in self.processes)

    async def stop(self) -> None:
        """Ask all of them to end. Raises BenchError."""
        await asyncio.gather(*(process.stop() for process in self.processes))


@asynccontextmanager
async def fleet(subject: Subject, environ: dict[str, str], directory: Path, count: int) -> AsyncIterator[Fleet]:
    """So many of the subject, each in a directory of its own within `directory`."""
    async with AsyncExitStack() as stack:
        processes = []
        for number in range(count):
            own = directory / str(number)
            own.mkdir()
            processes.append(await stack.enter_async_context(running(subject, environ, own)))
        yield Fleet(processes)
