"""The warm reader: one process that imports, and one for each file that lives no longer than it is waited for."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Limits, Sandbox, remove_left
from bot.warm import jobs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="It looks at processes in /proc.")

Seen = TypeVar("Seen")

GATEWAY = """
import asyncio, sys
from pathlib import Path
from bot.files.sandbox import Limits, Sandbox, remove_left
async def main():
    async for told in Sandbox(Limits(), 1, Path(sys.argv[1])).run("read", "text", sys.argv[2], "", "1", "9"):
        pass
asyncio.run(main())
"""


class Held(NamedTuple):
    """A file that is being read for ever."""

    warm: int
    child: int
    reading: "asyncio.Task[str]"


def running() -> dict[int, int]:
    """The processes that run, and who has started each."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(path.parent.name)] = int(parent)
    return found


def started_by(pid: int) -> set[int]:
    """The processes that a process has started and that run."""
    return {number for number, parent in running().items() if parent == pid}


async def comes(look: Callable[[], Seen]) -> Seen:
    """Look until there is something; the test's own limit ends it."""
    while not (seen := look()):  # noqa: ASYNC110 - the kernel tells nobody
        await asyncio.sleep(0.005)
    return seen


def sandbox(tmp_path: Path, **limits: Any) -> Sandbox:
    """A sandbox of the test's own."""
    return Sandbox(Limits(**limits), 2, tmp_path / "reading")


async def text_of(reader: Sandbox, path: Path) -> str:
    """What is read in a file."""
    async with aclosing(reader.run("read", "text", str(path), str(path.parent), "1", "9")) as told:
        return "".join([line.get("text", "") async for line in told])


@asynccontextmanager
async def held(tmp_path: Path, reader: Sandbox) -> AsyncIterator[Held]:
    """Read a pipe into which nobody writes."""
    pipe, before = tmp_path / "pipe", started_by(os.getpid())
    os.mkfifo(pipe)
    reading = asyncio.create_task(text_of(reader, pipe))
    (warm,) = await comes(lambda: started_by(os.getpid()) - before)
    (child,) = await comes(lambda: started_by(warm))
    await comes(lambda: "unlimited" not in limit_of(child, "Max cpu time"))
    try:
        yield Held(warm, child, reading)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert child not in running()


def proc(pid: int, name: str) -> str:
    """What the kernel tells of a process."""
    return Path(f"/proc/{pid}/{name}").read_text()


def opened_by(pid: int) -> set[int]:
    """The numbers of the files and sockets that a process has open."""
    return {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}


def limit_of(pid: int, name: str) -> str:
    """A limit that the kernel holds a process to."""
    return next(line.removeprefix(name).strip() for line in proc(pid, "limits").splitlines() if line.startswith(name))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A file, and what is in it."""
    path = tmp_path / "words"
    path.write_text("Ninety crowns a night.")
    return path


async def test_one_process_imports_and_each_file_has_its_own_with_limits_and_no_ones_secrets(
    tmp_path: Path, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:secret")
    reader = sandbox(tmp_path, memory_mb=512, cpu_s=7)
    async with held(tmp_path, reader) as (warm, child, _):
        assert await text_of(reader, words) == "Ninety crowns a night."
        assert started_by(warm) == {child}
        assert opened_by(child) == {0, 1, 2}
        assert limit_of(child, "Max address space").split()[0] == str(512 << 20)
        assert limit_of(child, "Max cpu time").split()[0] == "7"
        assert limit_of(child, "Max open files").split()[0] == "256"
        assert limit_of(child, "Max core file size").split()[0] == "0"
        assert "4711:secret" not in proc(child, "environ")
        assert "Threads:\t1\n" in proc(warm, "status")
    assert await text_of(reader, words) == "Ninety crowns a night."
    assert warm in running()


async def test_a_killed_child_is_told_of_and_the_next_file_is_read_as_ever(tmp_path: Path, words: Path) -> None:
    reader = sandbox(tmp_path)
    async with held(tmp_path, reader) as (warm, child, reading):
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Trouble, match="slow"):
            await reading
        assert await text_of(reader, words) == "Ninety crowns a night."
        assert warm in running()


async def test_a_killed_warm_reader_takes_its_children_along_and_another_comes(tmp_path: Path, words: Path) -> None:
    reader = sandbox(tmp_path)
    async with held(tmp_path, reader) as (warm, child, reading):
        os.kill(warm, signal.SIGKILL)
        with pytest.raises(Trouble, match="slow"):
            await reading
        # The kernel ends it with its parent, in its own time.
        await comes(lambda: child not in running())
        assert await text_of(reader, words) == "Ninety crowns a night."


async def test_a_killed_gateway_leaves_no_process(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", GATEWAY, str(tmp_path / "reading"), str(pipe))
    (warm,) = await comes(lambda: started_by(gateway.pid))
    (child,) = await comes(lambda: started_by(warm))
    gateway.kill()
    await gateway.wait()
    await comes(lambda: not {warm, child} & set(running()))


@pytest.mark.parametrize("way", ["fork", "spawn"])
async def test_it_ends_when_idle_and_no_file_is_lost_by_it(
    tmp_path: Path, words: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "WAY", way)
    before = started_by(os.getpid())
    reader = sandbox(tmp_path, idle_s=0.0)
    for _ in range(3):
        assert await text_of(reader, words) == "Ninety crowns a night."
    await comes(lambda: started_by(os.getpid()) <= before)


async def test_what_a_library_says_in_its_last_hour_neither_blocks_nor_is_taken_for_its_status(tmp_path: Path) -> None:
    reader = sandbox(tmp_path)
    with pytest.raises(Trouble, match="broken"):
        async with aclosing(reader.run("no-such-job\nstatus 0\n" * 2_000, "")) as told:
            [line async for line in told]


def test_what_a_dead_process_has_left_of_readings_goes(tmp_path: Path) -> None:
    """One that lives keeps its own, and so does one that is just starting."""
    for name in ("dead", "lives", "starting"):
        (tmp_path / name / "pages").mkdir(parents=True)
    for name in ("dead", "lives"):
        os.utime(tmp_path / name, (1, 1))
    remove_left(tmp_path, {"lives"}, time.time())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lives", "starting"]
