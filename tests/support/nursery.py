"""Warm programs (`bot.warm`) without what their start costs: a second of CPU for each of hundreds of gateways.

Each is forked from a process of the worker's that has imported it, once. How it starts by itself is tested elsewhere.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

_LINE = 65_536
_FILES = 256


class Grown:
    """A program that was forked, as `subprocess.Popen` tells of one."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signal.SIGKILL)

    def wait(self) -> None:
        select.select([self._file], [], [])
        os.close(self._file)


class Nursery:
    """Stands for the module `subprocess` where warm programs are started."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self) -> None:
        self._kept: dict[str, tuple[socket.socket, subprocess.Popen[bytes]]] = {}

    def Popen(self, command: Sequence[str], *, env: Mapping[str, str], stdin: int, **_: object) -> Grown:  # noqa: N802
        """Fork what `command`, of `bot.warm.jobs`, would start."""
        program, *_others = arguments = command[4:]
        kept, _process = self._kept[program] = self._kept.get(program) or _nursery(program)
        socket.send_fds(kept, [json.dumps([arguments, dict(env)]).encode()], [stdin])
        return Grown(int(kept.recv(_LINE)))

    def close(self) -> None:
        for kept, process in self._kept.values():
            kept.close()
            process.wait()


def _nursery(program: str) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen([sys.executable, "-m", "tests.support.nursery", program], stdin=its.fileno())
    return ours, process


def _grow(jobs: int, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Be the program."""
    from bot.warm import zygote

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, file in enumerate((jobs, nothing, nothing)):
        os.dup2(file, number)
    os.closerange(3, _FILES)
    return zygote.main(arguments)


def main(program: str) -> None:
    """Fork the program for each that asks at the other end of the input, until nobody can."""
    importlib.import_module(program)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=0) as asked:
        while True:
            data, files, _, _ = socket.recv_fds(asked, _LINE, 1)
            if not data:
                return
            if not (pid := os.fork()):
                status = 1
                try:
                    status = _grow(files[0], *json.loads(data))
                finally:
                    os._exit(status)
            os.close(files[0])
            asked.send(str(pid).encode())


if __name__ == "__main__":
    main(sys.argv[1])
