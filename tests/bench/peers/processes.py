"""A peer at work: one process with all that it has started, watched through /proc and killed at once."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.bench.peers.peer import Launch

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
INHERITED = ("PATH", "LANG", "SSL_CERT_FILE")


class Tree:
    """A process and its descendants."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def is_running(self) -> bool:
        """Whether the first of them has not ended."""
        return self._process.returncode is None

    def cpu_s(self) -> float:
        """CPU time of all of them, and of those of theirs that have ended, so far."""
        ticks = 0
        for number in self._numbers():
            with contextlib.suppress(OSError):
                ticks += sum(map(int, _stat(number)[11:15]))
        return ticks / TICKS_PER_S

    def memory_mb(self) -> float:
        """What they keep in memory together; what several share counts once."""
        kilobytes = 0
        for number in self._numbers():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        kilobytes += int(line.split()[1])
        return kilobytes / 1024

    def last_words(self) -> str:
        """The last lines that they wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    async def kill(self) -> None:
        """SIGKILL to all of them at once, as an empty battery does it."""
        for number in list(self._numbers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        await self._process.wait()

    def _numbers(self) -> Iterator[int]:
        children: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(path.name))[1]), []).append(int(path.name))
        waiting = [self._process.pid]
        while waiting:
            number = waiting.pop()
            yield number
            waiting += children.get(number, [])


def _stat(number: int) -> list[str]:
    """The fields behind the name: the state, the parent, …"""
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()


async def started(launch: Launch, home: Path) -> Tree:
    """A peer as `launch` says, with nothing of this process's environment but what every program needs."""
    log = home / "log"
    environ = {name: os.environ[name] for name in INHERITED if name in os.environ}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *launch.command,
            env={**environ, "HOME": str(home), "NO_PROXY": "127.0.0.1", **launch.environ},
            cwd=home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return Tree(process, log)
