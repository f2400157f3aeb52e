"""Tests run one by one, in an order of one's own, until one has failed."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended."""

    test: str
    passed: bool
    cpu_s: float
    said: str
    """The first line of what it failed with."""


class _Reports:
    """A plugin that keeps how the test that runs has failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failed.append(str(getattr(crash, "message", report.longrepr)).split("\n")[0][:200])


def outcomes(session: pytest.Session, items: Sequence[pytest.Item]) -> Iterator[Outcome]:
    """Run tests in this order, each when its outcome is asked for, and clear up in the end."""
    reports = _Reports()
    session.config.pluginmanager.register(reports)
    try:
        for at, item in enumerate(items):
            reports.failed.clear()
            before = time.process_time()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=items[at + 1] if at + 1 < len(items) else None)
            spent = time.process_time() - before
            yield Outcome(item.nodeid, not reports.failed, spent, " | ".join(reports.failed))
    finally:
        session.config.pluginmanager.unregister(reports)
        session._setupstate.teardown_exact(None)
