"""Work done in processes forked from one that has collected every test: nothing is imported again.

What a trial does to its process, to files and to other processes ends with it.
"""

import contextlib
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pytest

_FORK = multiprocessing.get_context("fork")
_MEMORY_BYTES = 8 << 30
Send = Callable[[Any], None]
ENDLESS = object()
"""Heard of what had to be ended."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to try."""

    work: Callable[[pytest.Session, Send], None]
    """Runs in the trial; sends what it finds."""
    heard: Callable[[Any], bool]
    """Is given what is sent, in the first process; says whether that was all there is to hear."""
    ended: Callable[[], None]
    """It is over, and everything has been heard. What took too much, or was silent for too long, has sent `ENDLESS`."""
    cpu_s: float
    silent_s: float
    """How long it may send nothing."""


def run_jobs(session: pytest.Session, jobs: Iterator[Job], workers: int) -> None:
    """Run them in their order, so many at once. Each is taken when it can begin."""
    running: list[_Trial] = []
    try:
        while True:
            while len(running) < workers and (job := next(jobs, None)):
                running.append(_Trial(session, job))
            if not running:
                return
            wait([trial.receiver for trial in running], timeout=1)
            running = [trial for trial in running if not trial.over()]
    finally:
        for trial in running:
            trial.end()


class _Trial:
    def __init__(self, session: pytest.Session, job: Job) -> None:
        self._job = job
        self._until = time.monotonic() + job.silent_s
        self._directory = Path(tempfile.mkdtemp(prefix="mutant-"))
        self.receiver, sender = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_run, args=(session, job, sender, self._directory))
        self._process.start()
        sender.close()

    def over(self) -> bool:
        """Pass on what it has sent; says whether it has ended, and been cleared away.

        Raises:
            RuntimeError: The work itself has failed, which says nothing about what was tried.
        """
        # Asked before anything is heard: what has ended by then has sent everything. The pipe's end would not do,
        # a process that outlives the trial may hold it open.
        code = self._process.exitcode
        told_all = self._hear()
        if not told_all and code is None and time.monotonic() < self._until:
            return False
        self.end()
        if not told_all and code != 0:
            if code is not None and code > 0:
                raise RuntimeError("a trial has failed; what it said stands above")
            self._job.heard(ENDLESS)
        self._job.ended()
        return True

    def _hear(self) -> bool:
        with contextlib.suppress(EOFError):
            while self.receiver.poll():
                if self._job.heard(self.receiver.recv()):
                    return True
                self._until = time.monotonic() + self._job.silent_s
        return False

    def end(self) -> None:
        """End it and what it has started, and clear its files away."""
        # It leads a group of its own only once it has begun.
        self._process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.join()
        self._process.close()
        self.receiver.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _run(session: pytest.Session, job: Job, sender: Connection, directory: Path) -> None:
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    told = os.fdopen(os.dup(2), "w")
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    spent = int(time.process_time() + job.cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, resource.RLIM_INFINITY))
    tempfile.tempdir = os.environ["TMPDIR"] = str(directory)
    # Made when pytest was configured, for the one process that was to be.
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    factory._given_basetemp, factory._basetemp = directory / "t", None
    code = 1
    try:
        job.work(session, sender.send)
        code = 0
    finally:
        if code:
            traceback.print_exc(file=told)
            told.flush()
        os._exit(code)
