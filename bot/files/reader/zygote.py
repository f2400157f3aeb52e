"""The reader kept warm: it imports what a kind of file needs once, and forks a process for every file.

    python -m bot.files.reader.zygote IDLE_S fork|spawn

Starting Python and importing is most of what a small file costs. Its input is a stream socket, on which jobs come as
lines: a JSON list of the arguments of `bot.files.reader.__main__.main`, and two sockets with it (SCM_RIGHTS). The first
becomes the job's input and output. The second is the job's cord: there come the line `begun`, what the job writes as
errors and, once it has ended, the line `status N` (as `subprocess` counts, -9 for SIGKILL). Who shuts it ends the job.

This process never opens a file that came from anybody, and stays single-threaded, for a fork copies one thread only.
It ends when it had nothing to do for IDLE_S seconds, and with its parent process; its jobs end with it. Apple's
frameworks do not survive a fork without an exec: there, every job is spawned as a separate Python.
"""

import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn

from bot.files.reader import __main__ as reader

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG in Linux' prctl.h."""

_LINE = 65_536
"""Bytes of a job at most."""

_FILES = 256
"""What this process and each job may hold open: an archive's members are open one at a time."""


class Zygote:
    """Serves one stream of jobs."""

    def __init__(self, jobs: socket.socket, idle_s: float, *, forks: bool) -> None:
        self._jobs = jobs
        self._idle_s = idle_s
        self._forks = forks
        self._waiting = b""
        self._handed: list[int] = []
        self._cords: dict[int, socket.socket] = {}
        """By the number of the process."""
        self._selector = selectors.DefaultSelector()
        self._wakened, self._waking = socket.socketpair()

    def serve(self) -> None:
        """Until there is nothing left to do."""
        self._waking.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wakened, selectors.EVENT_READ)
        self._selector.register(self._jobs, selectors.EVENT_READ)
        while (ready := self._selector.select(None if self._cords else self._idle_s)) or self._cords:
            for key, _ in ready:
                if key.fileobj is self._wakened:
                    self._reap()
                elif key.fileobj is not self._jobs:
                    self._end(int(key.data))
                elif not self._take():
                    return

    def kill(self) -> None:
        """End every job."""
        for pid in self._cords:
            os.kill(pid, signal.SIGKILL)

    def _take(self) -> bool:
        """Begin what has come; False once nothing will."""
        data, handed, _, _ = socket.recv_fds(self._jobs, _LINE, 2)
        for number in handed:
            os.set_inheritable(number, False)
        self._handed.extend(handed)
        *lines, self._waiting = (self._waiting + data).split(b"\n")
        for line in lines:
            talk, cord = self._handed[:2]
            del self._handed[:2]
            self._begin(json.loads(line), socket.socket(fileno=talk), socket.socket(fileno=cord))
        return bool(data)

    def _begin(self, job: Sequence[str], talk: socket.socket, cord: socket.socket) -> None:
        reader.prepare(job)
        _tell(cord, b"begun\n")
        pid = self._forked(job, talk, cord) if self._forks else _spawned(job, talk, cord)
        talk.close()
        self._cords[pid] = cord
        self._selector.register(cord, selectors.EVENT_READ, pid)

    def _forked(self, job: Sequence[str], talk: socket.socket, cord: socket.socket) -> int:
        # What is here already is never collected, so that no page of it is copied for that.
        gc.freeze()
        parent = os.getpid()
        return os.fork() or _work(parent, job, talk, cord)

    def _end(self, pid: int) -> None:
        """The cord is shut: nobody waits for this job."""
        if pid in self._cords:
            self._selector.unregister(self._cords[pid])
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        self._wakened.recv(_LINE)
        while self._cords:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._cords.pop(pid) as cord:
                if cord in self._selector.get_map():
                    self._selector.unregister(cord)
                _tell(cord, f"\nstatus {os.waitstatus_to_exitcode(status)}\n".encode())


def _tell(cord: socket.socket, line: bytes) -> None:
    try:
        cord.send(line, socket.MSG_DONTWAIT)
    except OSError:
        # Nobody listens, or not to what this job had to say: it counts as one of whose end nothing is known.
        return


def _work(parent: int, job: Sequence[str], talk: socket.socket, cord: socket.socket) -> NoReturn:
    """Do a job in the process that was forked for it."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate((talk, talk, cord)):
            os.dup2(stream.fileno(), number)
        # The other jobs' sockets, and the one that jobs come by.
        os.closerange(3, _FILES)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == parent:
            status = reader.main(list(job))
    except BaseException:  # noqa: BLE001 - as Python does at its end; the parent's work is not to be gone on with
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _spawned(job: Sequence[str], talk: socket.socket, cord: socket.socket) -> int:
    """The same as a separate Python."""
    streams = [(os.POSIX_SPAWN_DUP2, stream.fileno(), number) for number, stream in enumerate((talk, talk, cord))]
    command = [sys.executable, "-S", "-m", "bot.files.reader", *job]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)


def main(arguments: Sequence[str]) -> int:
    """Serve the process at the other end of the input."""
    idle_s, way = arguments
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    with socket.socket(fileno=0) as jobs:
        zygote = Zygote(jobs, float(idle_s), forks=way == "fork")
        try:
            zygote.serve()
        finally:
            zygote.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
