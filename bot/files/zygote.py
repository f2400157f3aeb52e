"""The gateway's end of the warm reader (`bot.files.reader.zygote`): started with the first file, gone when idle."""

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence

from bot import beside

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one line of the reader's: a page of text."""

NICENESS = 10
"""People waiting for an answer come before files being read."""

WAY = "fork" if sys.platform == "linux" else "spawn"
"""How the warm reader makes its processes, see there."""

_START = "import sys; from bot.files.reader.zygote import main; sys.exit(main(sys.argv[1:]))"


class Lost(Exception):
    """The warm reader does not come up."""


class Job:
    """One process that reads: it tells on `told`, listens on `heard`."""

    def __init__(
        self,
        told: asyncio.StreamReader,
        heard: asyncio.StreamWriter,
        words: asyncio.StreamReader,
        cord: asyncio.StreamWriter,
        closing: contextlib.ExitStack,
    ) -> None:
        self.told = told
        self.heard = heard
        self._cord = cord
        self._closing = closing
        self._listening = asyncio.create_task(_last(words))

    async def ended(self) -> tuple[int | None, str]:
        """Wait for its end: its status, None if the warm reader died with it, and the kind of its last error."""
        words, _, status = (await asyncio.shield(self._listening)).rpartition(b"\nstatus ")
        # Never what stood in the file: of `ValueError: …` only what comes first.
        last = words.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0][:100]
        return (int(status) if re.fullmatch(rb"-?\d+\n", status) else None), last

    async def end(self) -> tuple[int | None, str]:
        """End it, if it has not: as `ended`."""
        with contextlib.suppress(OSError):
            self._cord.write_eof()
        with self._closing:
            return await self.ended()


async def _last(words: asyncio.StreamReader) -> bytes:
    kept = b""
    with contextlib.suppress(ConnectionError):
        while more := await words.read(65_536):
            kept = (kept + more)[-4_096:]
    return kept


class Zygote:
    """Begins jobs in the warm reader, and starts it where it is not there."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._jobs: socket.socket | None = None
        self._close: Callable[[], object] = lambda: None

    async def begin(self, job: Sequence[str]) -> Job:
        """Begin a job with the arguments of `bot.files.reader.__main__.main`. Raises `Lost`."""
        for _ in range(2):
            talk, cord = self._send(job)
            with contextlib.ExitStack() as closing:
                closing.callback(talk.close)
                words, ending = await _streams(cord, closing)
                told, heard = await _streams(talk, closing)
                if await words.readline():
                    return Job(told, heard, words, ending, closing.pop_all())
            # It had just ended for want of work.
            self._forget()
        raise Lost

    def _send(self, job: Sequence[str]) -> tuple[socket.socket, socket.socket]:
        (talk, its_talk), (cord, its_cord) = socket.socketpair(), socket.socketpair()
        line = json.dumps(job).encode() + b"\n"
        with its_talk, its_cord:
            handed = [its_talk.fileno(), its_cord.fileno()]
            try:
                socket.send_fds(self._jobs or self._start(), [line], handed)
            except ConnectionError:
                self._forget()
                socket.send_fds(self._start(), [line], handed)
        return talk, cord

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            process = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
                beside.command(_START, str(self._idle_s), WAY),
                env=environment(),
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        self._jobs = ours
        self._close = weakref.finalize(self, _end, process, ours)
        asyncio.get_running_loop().add_reader(ours, self._forget)
        return ours

    def _forget(self) -> None:
        """It has ended, or has to."""
        if self._jobs is not None:
            asyncio.get_running_loop().remove_reader(self._jobs)
            self._jobs = None
            self._close()


async def _streams(
    end: socket.socket, closing: contextlib.ExitStack
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    closing.callback(end.close)
    reader, writer = await asyncio.open_unix_connection(sock=end, limit=LINE_LIMIT)
    closing.callback(writer.close)
    return reader, writer


def _end(process: subprocess.Popen[bytes], jobs: socket.socket) -> None:
    jobs.close()
    process.kill()
    process.wait()


def environment() -> dict[str, str]:
    """Nothing of ours: no key, no token. One thread per process: the others belong to people waiting for answers."""
    return beside.environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
