"""Work done in processes forked from one that has collected every test: nothing is imported again.

What a trial does to its process, to files and to other processes ends with it. How long it takes by the clock says
little on a busy machine. So what is silent for too long, or takes long to fail, is compared: the same tests are run
unchanged beside it. Only if they pass is it the change that is slow, and not the machine.
"""

import contextlib
import math
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
QUICK_S = 5.0
"""What fails sooner has not run out of patience: tests wait for 10 seconds and more before they give up."""
_TIMES = 3
"""How often the tests could have been run unchanged, as fast as they were beside it, before it counts as endless."""
Send = Callable[[Any], None]
Work = Callable[[pytest.Session, Send], None]
ENDLESS = object()
"""Heard of what had to be ended."""
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the first process: they end its trials too."""


class StillFails(Exception):
    """Tests fail without the change as well."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to try."""

    work: Work
    """Runs in the trial; sends what it finds."""
    heard: Callable[[Any], bool]
    """Is given what is sent, in the first process; says whether that was all there is to hear."""
    ended: Callable[[bool], None]
    """It is over, and everything has been heard. False: what was heard last may be the slow machine's doing.

    What took too much, or was silent for too long, has sent `ENDLESS`.
    """
    cpu_s: float
    silent_s: float
    """How long it may send nothing before it is doubted."""
    unchanged: Callable[[], Work] | None = None
    """What it does at the moment, without the change; raises `StillFails`. None: silence is enough to end it."""


def run_jobs(session: pytest.Session, jobs: Iterator[Job], workers: int) -> None:
    """Run them in their order, so many at once. Each is taken when it can begin.

    Raises:
        KeyboardInterrupt: A signal has asked for the end; no trial is left behind.
    """
    running: list[_Trial] = []
    with _asked_to_end() as asked:
        try:
            while not asked:
                while len(running) < workers and (job := next(jobs, None)):
                    running.append(_Trial(session, job))
                if not running:
                    return
                wait([receiver for trial in running for receiver in trial.receivers], timeout=1)
                running = [trial for trial in running if not trial.over()]
        finally:
            for trial in running:
                trial.end()
    raise KeyboardInterrupt


@contextlib.contextmanager
def _asked_to_end() -> Iterator[list[int]]:
    """The signals that have asked for the end meanwhile.

    An exception instead could come between the start of a process and its being known.
    """
    asked: list[int] = []
    before = {number: signal.signal(number, lambda number, _: asked.append(number)) for number in _ENDING}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Forked:
    """One process, and what it sends."""

    def __init__(self, session: pytest.Session, work: Work, cpu_s: float) -> None:
        self.began = time.monotonic()
        self._directory = Path(tempfile.mkdtemp(prefix="mutant-"))
        self.receiver, sender = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_run, args=(session, work, cpu_s, sender, self._directory))
        self._process.start()
        sender.close()

    @property
    def code(self) -> int | None:
        """How it has ended; None: not yet."""
        return self._process.exitcode

    def end(self) -> None:
        """End it and what it has started, and clear its files away."""
        if self.receiver.closed:
            return
        # It leads a group of its own only once it has begun.
        self._process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.join()
        self._process.close()
        self.receiver.close()
        shutil.rmtree(self._directory, ignore_errors=True)


class _Trial:
    def __init__(self, session: pytest.Session, job: Job) -> None:
        self._session = session
        self._job = job
        self._trial = _Forked(session, job.work, job.cpu_s)
        self._heard_at = self._trial.began
        self._slow = False
        self._beside: _Forked | None = None
        """Does the same without the change."""
        self._needed_s: float | None = None
        """How long that took to pass; infinite if it failed, None as long as it runs."""

    @property
    def receivers(self) -> list[Connection]:
        """What to wait for until there is something to ask it."""
        return [one.receiver for one in (self._trial, self._beside) if one and not one.receiver.closed]

    def over(self) -> bool:
        """Pass on what it has sent; says whether it has ended, and been cleared away.

        Raises:
            RuntimeError: The work itself has failed, which says nothing about what was tried.
        """
        # Asked before anything is heard: what has ended by then has sent everything. The pipe's end would not do,
        # a process that outlives the trial may hold it open.
        code = None if self._slow else self._trial.code
        if self._slow or self._hear():
            return self._failed_by_change()
        if code is None:
            return self._is_endless()
        if code > 0:
            raise RuntimeError("a trial has failed; what it said stands above")
        if code == -signal.SIGXCPU:
            self._job.heard(ENDLESS)
        # Any other signal came from outside, as when the machine's memory is full: that says nothing.
        return self._finish(sure=code in (0, -signal.SIGXCPU))

    def _hear(self) -> bool:
        """Whether it has told all there is to tell, and whether it took long for the last of it."""
        with contextlib.suppress(EOFError):
            while self._trial.receiver.poll():
                told_all, now = self._job.heard(self._trial.receiver.recv()), time.monotonic()
                if told_all:
                    self._slow = now - self._heard_at >= QUICK_S and self._job.unchanged is not None
                    return True
                self._heard_at = now
                self._forget()
        return False

    def _failed_by_change(self) -> bool:
        if not self._slow:
            return self._finish(sure=True)
        self._trial.end()
        needed_s = self._unchanged_needs()
        return needed_s is not None and self._finish(sure=needed_s < math.inf)

    def _is_endless(self) -> bool:
        silent_s = time.monotonic() - self._heard_at
        if silent_s < self._job.silent_s:
            return False
        needed_s = self._unchanged_needs() if self._job.unchanged else 0.0
        if needed_s is None or silent_s < _TIMES * needed_s < math.inf:
            return False
        if needed_s < math.inf:
            self._job.heard(ENDLESS)
        return self._finish(sure=needed_s < math.inf)

    def _unchanged_needs(self) -> float | None:
        """How long the tests at hand take without the change, as the machine is now; infinite if they fail."""
        if self._beside is None:
            assert self._job.unchanged is not None
            self._beside = _Forked(self._session, self._job.unchanged(), self._job.cpu_s)
        if self._needed_s is None and (code := self._beside.code) is not None:
            self._needed_s = time.monotonic() - self._beside.began if code == 0 else math.inf
            self._beside.end()
        return self._needed_s

    def _forget(self) -> None:
        """It was not silent after all."""
        if self._beside:
            self._beside.end()
        self._beside = self._needed_s = None

    def _finish(self, *, sure: bool) -> bool:
        self.end()
        self._job.ended(sure)
        return True

    def end(self) -> None:
        """End it, and what runs beside it."""
        self._trial.end()
        if self._beside:
            self._beside.end()


def _run(session: pytest.Session, work: Work, cpu_s: float, sender: Connection, directory: Path) -> None:
    os.setsid()
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    told = os.fdopen(os.dup(2), "w")
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    spent = int(time.process_time() + cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, resource.RLIM_INFINITY))
    tempfile.tempdir = os.environ["TMPDIR"] = str(directory)
    # Made when pytest was configured, for the one process that was to be.
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    factory._given_basetemp, factory._basetemp = directory / "t", None
    code = 1
    try:
        work(session, sender.send)
        code = 0
    except StillFails:
        code = 2
    finally:
        if code == 1:
            traceback.print_exc(file=told)
            told.flush()
        os._exit(code)
