"""What `parley doctor` says of the processes that share a database."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.contracts.findings import Verdict
from bot.domain.ids import UnixMs
from bot.operations import doctor_processes
from bot.operations.doctor_processes import examine_processes, judged, scattered
from storage import processes
from storage.database import open_database
from storage.processes import Process, ProcessStatus

ONE = ProcessStatus(Process("a", "here/1", 7, False), 3, 1, ("housekeeping", "telegram/1"))
OTHER = ProcessStatus(Process("b", "there/2", 4, False), 0, 0, ())


def beaten(one: ProcessStatus, *, leaving: bool = False) -> ProcessStatus:
    return replace(one, process=replace(one.process, beat=one.process.beat + 1, leaving=leaving))


def test_each_is_named_with_what_it_has() -> None:
    one, other = judged([ONE, OTHER], [beaten(ONE), beaten(OTHER, leaving=True)])
    assert (one.verdict, other.verdict) == (Verdict.GOOD, Verdict.NOTE)
    assert one.what == (
        "Process here/1 lives: it keeps 3 chats and is at 1 answer; it alone does housekeeping, telegram/1."
    )
    assert other.what == "Process there/2 is ending: it keeps no chats and is at no answers."


def test_one_that_is_silent_is_wrong_and_one_that_has_just_come_is_not() -> None:
    found = list(judged([ONE], [ONE, OTHER]))
    assert [finding.verdict for finding in found] == [Verdict.BAD, Verdict.GOOD]
    assert "here/1 has shown no sign of life" in found[0].what


async def test_nothing_is_said_without_processes_or_without_a_database(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_processes, "LOOKS_AGAIN_S", 0.0)
    for url in (postgres_url, "postgresql://parley@127.0.0.1:9/parley"):
        assert [finding async for finding in examine_processes(url, files_in_directory=True)] == []


async def test_whether_files_are_in_a_directory_is_asked(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_processes, "LOOKS_AGAIN_S", 0.0)
    async with await open_database(tmp_path, url=postgres_url, shared=True) as database:
        for label in ("one/1", "two/2"):
            await database.write(processes.join(label, label, UnixMs(1)))
    for in_directory in (True, False):
        found = [finding async for finding in examine_processes(postgres_url, files_in_directory=in_directory)]
        assert any("on several machines" in finding.what for finding in found) == in_directory


def test_files_in_a_directory_are_a_finding_where_processes_are_on_several_machines() -> None:
    def found(*labels: str) -> list[str]:
        seen = [ProcessStatus(Process(label, label, 1, leaving=False), 0, 0, ()) for label in labels]
        return [f"{finding.what} {finding.cure}" for finding in scattered(seen)]

    assert found() == found("one/1") == found("one/1", "one/2") == []
    [said] = found("two/1", "one/2", "two/3")
    assert "on several machines (one, two)" in said
    assert "BLOBS_URL" in said
