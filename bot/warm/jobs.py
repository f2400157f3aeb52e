"""The gateway's end of a warm program (`bot.warm.zygote`): started with the first job, gone when idle."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from io import FileIO

from bot import beside

LINE_BYTES = 16 * 1024 * 1024
"""Of one line that a job tells: a page of text, or what a server of tools has."""

WAY = "fork" if sys.platform == "linux" else "spawn"
"""How a warm program makes its processes, see there."""

_LAST_BYTES = 4_096
_LAST_WORDS_S = 1.0
"""How long what a job that has ended wrote as errors is waited for: what it had started may hold them open."""
_START = "import sys; from bot.warm.zygote import main; sys.exit(main(sys.argv[1:]))"


class Lost(Exception):
    """The warm program does not come up."""


class Job:
    """One process: it tells on `told`, listens on `heard`."""

    def __init__(
        self,
        told: asyncio.StreamReader,
        heard: asyncio.StreamWriter,
        complains: asyncio.StreamReader,
        ends: asyncio.StreamReader,
        cord: asyncio.StreamWriter,
        closing: contextlib.ExitStack,
    ) -> None:
        """Made by `Jobs.begin` alone."""
        self.told = told
        self.heard = heard
        self._ends = ends
        self._cord = cord
        self._closing = closing
        self._words = b""
        self._listening = asyncio.create_task(self._listen(complains))
        self._ending = asyncio.create_task(self._end_of())

    async def ended(self) -> tuple[int | None, str]:
        """Wait for its end: its status, None if the warm program died before it, and the last line of its errors."""
        status = await asyncio.shield(self._ending)
        return status, self._words.decode(errors="replace").strip().rpartition("\n")[2]

    async def end(self) -> tuple[int | None, str]:
        """End it and what it has started, if it has not ended: as `ended`."""
        with contextlib.suppress(OSError):
            self._cord.write_eof()
        with self._closing:
            return await self.ended()

    async def _end_of(self) -> int | None:
        with contextlib.suppress(ConnectionError):
            if line := await self._ends.readline():
                await asyncio.wait({self._listening}, timeout=_LAST_WORDS_S)
                return int(line)
        return None

    async def _listen(self, complains: asyncio.StreamReader) -> None:
        while more := await complains.read(65_536):
            self._words = (self._words + more)[-_LAST_BYTES:]


class Jobs:
    """Begins the jobs of one program, and starts what keeps that warm where it is not there."""

    def __init__(self, program: str, environment: Mapping[str, str], *, idle_s: float, niceness: int) -> None:
        """`program`: its module, see `bot.warm.zygote.Program`. `niceness`: see `bot.beside.command`."""
        self._program = program
        self._environment = environment
        self._idle_s = idle_s
        self._niceness = niceness
        self._jobs: socket.socket | None = None
        self._finish: Callable[[], object] = lambda: None

    async def begin(self, *job: str) -> Job:
        """Begin a job with these arguments. Raises `Lost`."""
        for _ in range(2):
            talk, cord, words = self._send(job)
            with contextlib.ExitStack() as closing:
                for end in (talk, cord, words):
                    closing.callback(end.close)
                complains = await _errors(words, closing)
                ends, ending = await _streams(cord, closing)
                told, heard = await _streams(talk, closing)
                if await ends.readline():
                    return Job(told, heard, complains, ends, ending, closing.pop_all())
            # It had just ended for want of work.
            self.close()
        raise Lost

    def _send(self, job: Sequence[str]) -> tuple[socket.socket, socket.socket, FileIO]:
        """Hand a job over: our ends of what it talks by, of its cord, and of its errors."""
        (talk, its_talk), (cord, its_cord) = socket.socketpair(), socket.socketpair()
        reading, writing = os.pipe()
        words, its_words = FileIO(reading, "r"), FileIO(writing, "w")
        line = json.dumps(job).encode() + b"\n"
        with its_talk, its_cord, its_words:
            handed = [its_talk.fileno(), its_cord.fileno(), its_words.fileno()]
            try:
                socket.send_fds(self._jobs or self._start(), [line], handed)
            except ConnectionError:
                self.close()
                socket.send_fds(self._start(), [line], handed)
        return talk, cord, words

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            process = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
                beside.command(_START, self._program, str(self._idle_s), WAY, niceness=self._niceness),
                env=self._environment,
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._jobs = ours
        self._finish = weakref.finalize(self, _end, process, ours)
        asyncio.get_running_loop().add_reader(ours, self.close)
        return ours

    def close(self) -> None:
        """End the warm program, if it is there, and with it its jobs; the next job starts another."""
        if self._jobs is not None:
            asyncio.get_running_loop().remove_reader(self._jobs)
            self._jobs = None
            self._finish()


async def _streams(
    end: socket.socket, closing: contextlib.ExitStack
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(sock=end, limit=LINE_BYTES)
    closing.callback(writer.close)
    return reader, writer


async def _errors(end: FileIO, closing: contextlib.ExitStack) -> asyncio.StreamReader:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), end)
    closing.callback(transport.close)
    return reader


def _end(process: subprocess.Popen[bytes], jobs: socket.socket) -> None:
    jobs.close()
    process.kill()
    process.wait()
