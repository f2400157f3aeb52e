"""A program kept warm: it imports what the jobs of a program need once, and forks a process for every job.

    python -m bot.warm.zygote MODULE IDLE_S fork|spawn

Starting Python and importing is most of what a small job costs. Its input is a stream socket, on which jobs come as
lines: a JSON list of the arguments of the program's `main`, with two sockets and a pipe (SCM_RIGHTS). The first socket
becomes the job's input and output, the pipe its errors. The second socket is the job's cord: there come the line
`begun` and, once it has ended, its status on a line (as `subprocess` counts, -9 for SIGKILL). Who shuts it ends the
job. Each job is a group of processes, which ends with it.

This process never sees what the jobs are about, which comes by their own inputs, and stays single-threaded, for a fork
copies one thread only. It ends when it had nothing to do for IDLE_S seconds, and with its parent process; its jobs end
with it. Apple's frameworks do not survive a fork without an exec: there, every job is spawned as a separate Python.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG in Linux' prctl.h."""

_LINE = 65_536
"""Bytes of a job at most."""

_FILES = 256
"""What this process may hold open, so that a job knows what to close."""


class Program(Protocol):
    """What a module is whose jobs are done here."""

    ENDS_WITH_INPUT: bool
    """Whether a job ends when its input does, and what it has started with it: then it is left to do so where this
    process has died without a word. Others the kernel ends.
    """

    def prepare(self, arguments: Sequence[str]) -> None:
        """Import what a job of these arguments will need, without a look at what it is about."""

    def main(self, arguments: Sequence[str]) -> int:
        """Do a job: its status."""


class Zygote:
    """Serves one stream of jobs."""

    def __init__(self, jobs: socket.socket, name: str, idle_s: float, *, forks: bool) -> None:
        """`name` is the module of the program."""
        self._jobs = jobs
        self._name = name
        self._program = cast("Program", importlib.import_module(name))
        self._idle_s = idle_s
        self._forks = forks
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, self._files[1]))
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
            _kill(pid)

    def _take(self) -> bool:
        """Begin what has come; False once nothing will."""
        data, handed, _, _ = socket.recv_fds(self._jobs, _LINE, 3)
        for number in handed:
            os.set_inheritable(number, False)
        self._handed.extend(handed)
        *lines, self._waiting = (self._waiting + data).split(b"\n")
        for line in lines:
            talk, cord, words = self._handed[:3]
            del self._handed[:3]
            self._begin(json.loads(line), talk, socket.socket(fileno=cord), words)
        return bool(data)

    def _begin(self, job: Sequence[str], talk: int, cord: socket.socket, words: int) -> None:
        self._program.prepare(job)
        _tell(cord, b"begun\n")
        streams = (talk, talk, words)
        pid = self._forked(job, streams) if self._forks else self._spawned(job, streams)
        os.close(talk)
        os.close(words)
        self._cords[pid] = cord
        self._selector.register(cord, selectors.EVENT_READ, pid)

    def _forked(self, job: Sequence[str], streams: Sequence[int]) -> int:
        # What is here already is never collected, so that no page of it is copied for that.
        gc.freeze()
        parent = os.getpid()
        if not (pid := os.fork()):
            self._work(parent, job, streams)
        with contextlib.suppress(OSError):
            # It does the same: whoever comes first.
            os.setpgid(pid, pid)
        return pid

    def _work(self, parent: int, job: Sequence[str], streams: Sequence[int]) -> NoReturn:
        """Do a job in the process that was forked for it."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setpgid(0, 0)
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            # The other jobs' sockets, and the one that jobs come by.
            os.closerange(3, _FILES)
            resource.setrlimit(resource.RLIMIT_NOFILE, self._files)
            if not self._program.ENDS_WITH_INPUT:
                ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() == parent:
                status = self._program.main(job)
        except BaseException:  # noqa: BLE001 - as Python does at its end; the parent's work is not to be gone on with
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)

    def _spawned(self, job: Sequence[str], streams: Sequence[int]) -> int:
        """The same as a separate Python."""
        actions = [(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)]
        command = [sys.executable, "-S", "-m", self._name, *job]
        return os.posix_spawn(sys.executable, command, os.environ, file_actions=actions, setpgroup=0)

    def _end(self, pid: int) -> None:
        """The cord is shut: nobody waits for this job."""
        if pid in self._cords:
            self._selector.unregister(self._cords[pid])
            _kill(pid)

    def _reap(self) -> None:
        self._wakened.recv(_LINE)
        while self._cords:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            # What it has started: its number is nobody else's while that lives.
            _kill(pid)
            with self._cords.pop(pid) as cord:
                if cord in self._selector.get_map():
                    self._selector.unregister(cord)
                _tell(cord, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _tell(cord: socket.socket, line: bytes) -> None:
    try:
        cord.send(line, socket.MSG_DONTWAIT)
    except OSError:
        # Nobody listens: it counts as one of whose end nothing is known.
        return


def main(arguments: Sequence[str]) -> int:
    """Serve the process at the other end of the input."""
    program, idle_s, way = arguments
    with socket.socket(fileno=0) as jobs:
        zygote = Zygote(jobs, program, float(idle_s), forks=way == "fork")
        try:
            zygote.serve()
        finally:
            zygote.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
