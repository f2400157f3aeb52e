"""A trial for each end that one can have, run in a process of its own; prints how each was judged.

python -m tests.mutants.every_end
"""

import json
import os
import signal
import sys
from functools import partial
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.mutants import trial
from tests.mutants.trial import ENDLESS, Job, Send, StillFails, Work, run_jobs

_SESSION = cast(pytest.Session, SimpleNamespace(config=SimpleNamespace(_tmp_path_factory=SimpleNamespace())))
"""All that a trial reads of it."""


def fails(_session: pytest.Session, send: Send) -> None:
    send("failed")


def waits(_session: pytest.Session, _send: Send) -> None:
    Event().wait()


def is_killed(_session: pytest.Session, _send: Send) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def passes(_session: pytest.Session, _send: Send) -> None:
    pass


def still_fails(_session: pytest.Session, _send: Send) -> None:
    raise StillFails


def judged(work: Work, unchanged: Work | None) -> tuple[str, bool]:
    """What is heard of it last, and whether that is sure."""
    heard, sure = [""], [False]

    def hear(what: Any) -> bool:
        heard.append("endless" if what is ENDLESS else what)
        return True

    beside = (lambda: unchanged) if unchanged else None
    run_jobs(_SESSION, iter([Job(work, hear, sure.append, cpu_s=60, silent_s=0, unchanged=beside)]), workers=1)
    return heard[-1], sure[-1]


def left_behind() -> list[int]:
    """The processes that still live when a signal has ended the first one while two trials waited."""
    pids: list[int] = []

    def begins(_session: pytest.Session, send: Send) -> None:
        send(os.getpid())
        Event().wait()

    def hear(what: Any) -> bool:
        pids.append(what)
        if len(pids) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    job = partial(Job, begins, hear, lambda _: None, cpu_s=60, silent_s=60)
    try:
        run_jobs(_SESSION, iter([job(), job()]), workers=2)
    except KeyboardInterrupt:
        return [pid for pid in pids if lives(pid)]
    raise AssertionError("it went on")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    trial.QUICK_S = 0
    said = {
        "fails": judged(fails, None),
        "fails, as it does not unchanged": judged(fails, passes),
        "fails, as it does unchanged": judged(fails, still_fails),
        "waits, unlike unchanged": judged(waits, passes),
        "waits, and fails unchanged": judged(waits, still_fails),
        "is killed": judged(is_killed, passes),
        "left behind": left_behind(),
    }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
