"""How a playground ends: with nothing of it left, whatever ends it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from bot.playground.playground import BEGINNING_S, tidy
from tests.support.patience import PATIENCE_S

# What is theirs who have a gateway of their own here: nothing of it works, and the playground uses none of it.
THEIRS = {
    "DATABASE_URL": "postgresql://parley@127.0.0.1:1/parley",
    "TELEGRAM_WEBHOOK_URL": "https://parley.example.org",
    "PUBLIC_URL": "https://parley.example.org",
    "DISCORD_SHARDS": "7",
}
BARE: Mapping[str, str] = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A playground as a person starts it, that has said where it is open."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "--data-dir",
        str(tmp_path),
        "playground",
        "--port",
        "0",
        env={**BARE, **THEIRS},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while b"is open" not in await process.stdout.readline():
            continue
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


def rooms(directory: Path) -> list[Path]:
    return list((directory / "playground").glob("run-*"))


def children(pid: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def until(look: Callable[[], bool]) -> None:
    """Wait until it is so: other processes tell nobody when."""
    for _ in range(int(PATIENCE_S / 0.05)):
        if look():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


@pytest.mark.usefixtures("hears_hangup")
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
async def test_a_playground_leaves_no_process_and_no_directory(
    opened: asyncio.subprocess.Process, tmp_path: Path, number: signal.Signals
) -> None:
    [room] = rooms(tmp_path)
    # Connected on both platforms: what ends the playground breaks these connections in the same moment.
    log = room / "gateway.log"
    await until(lambda: log.exists() and "commands_declared" in log.read_text())
    [child] = children(opened.pid)
    opened.send_signal(number)
    await opened.wait()
    await until(lambda: not room.exists() and not Path(f"/proc/{child}").exists())


def test_what_two_killed_processes_left_the_next_start_removes(tmp_path: Path) -> None:
    old, new = tmp_path / "run-old", tmp_path / "run-new"
    for path in (old, new):
        path.mkdir()
    os.utime(old, (0, old.stat().st_mtime - 2 * BEGINNING_S))
    tidy(tmp_path)
    assert not old.exists()
    assert new.exists()
