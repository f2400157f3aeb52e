"""A process that works on speech, one job after the other, until its input ends.

    python -m bot.voices encode|read|hear

Jobs come on its input, and what becomes of each is told on its output: frames of a line of JSON, whose `bytes` says
how many bytes of data stand behind it. The last frame of a job has `ends`; `problem` in it names why nothing came of
it. What breaks a process otherwise ends it, and that is the answer.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, BinaryIO, NamedTuple

from bot.voices.job import Job, Problem


class _Work(NamedTuple):
    module: str
    """Its `ready` loads what it needs, and returns what does a job."""
    memory_mb: int
    """Of address space: models are mapped."""
    cpu_s: int
    """For each job."""


_WORKS: Mapping[str, _Work] = {
    "encode": _Work("encoder", 1024, 60),
    "read": _Work("reader", 4096, 600),
    "hear": _Work("hearer", 4096, 3600),
}


def main(work: str) -> int:
    """Work until there is nothing left to do."""
    module, memory_mb, cpu_s = _WORKS[work]
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Libraries may print: what is told is not theirs to interrupt.
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _allow(cpu_s)
    job: Job = import_module(f"bot.voices.{module}").ready()
    for asked, data in _frames(sys.stdin.buffer):
        _allow(cpu_s)
        try:
            for what, made in job(asked, data):
                _tell(told, what, made)
        except Problem as problem:
            _tell(told, {"problem": str(problem)}, b"", ends=True)
        else:
            _tell(told, {}, b"", ends=True)
    return 0


def _frames(stream: BinaryIO) -> Iterator[tuple[dict[str, Any], bytes]]:
    while line := stream.readline():
        asked = json.loads(line)
        yield asked, stream.read(asked["bytes"])


def _allow(cpu_s: int) -> None:
    """So much more processor time than has been used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _tell(stream: BinaryIO, what: Mapping[str, object], data: bytes, *, ends: bool = False) -> None:
    stream.write(json.dumps({**what, "bytes": len(data), "ends": ends}).encode() + b"\n" + data)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
