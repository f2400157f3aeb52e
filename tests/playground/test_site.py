"""The playground's server and the gateway it keeps, without a browser."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientSession

from bot.domain.clock import SystemClock
from bot.playground.child_process import Condition, House
from bot.playground.playground import Playground, open_playground
from bot.standins.telegram.people import Attached
from tests.support.patience import PATIENCE_S

BARE: Mapping[str, str] = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    async with AsyncExitStack() as stack:
        yield await open_playground(stack, tmp_path, SystemClock(), 0)


@pytest.fixture
async def web() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=lambda headers: next(iter(headers)),
)
async def test_other_pages_may_not_look_nor_act(
    playground: Playground, web: ClientSession, headers: dict[str, str]
) -> None:
    for answer in (
        await web.get(playground.site.url, headers=headers),
        await web.post(f"{playground.site.url}/inside/kill", headers=headers, json={}),
    ):
        assert answer.status == 403


async def test_what_no_form_of_a_foreign_page_can_send_is_wanted(playground: Playground, web: ClientSession) -> None:
    answer = await web.post(f"{playground.site.url}/inside/kill", data=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status == 415


@pytest.mark.parametrize("path", ["/nothing.js", "/..%2f..%2fapp.py", "/%2e%2e/panes.py", "/panes.py"])
async def test_only_the_files_of_the_page_are_served(playground: Playground, web: ClientSession, path: str) -> None:
    assert (await web.get(playground.site.url + path)).status == 404


async def test_the_page_may_load_nothing_from_elsewhere(playground: Playground, web: ClientSession) -> None:
    answer = await web.get(playground.site.url)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "http" not in (await answer.text()).replace("http-equiv", "")


async def test_the_stream_tells_everything_and_then_only_what_has_changed(
    playground: Playground, web: ClientSession
) -> None:
    async with web.get(f"{playground.site.url}/events") as stream:

        async def event() -> dict[str, dict[str, object]]:
            line = await stream.content.readline()
            await stream.content.readline()
            told: dict[str, dict[str, object]] = orjson.loads(line.removeprefix(b"data: "))
            return told

        first = await event()
        assert {"telegram/bot", "discord/bot", "inside/house"} <= set(first["set"])
        person = next(iter(playground.telegram.world.people))
        playground.telegram.people.say(person, person, "marked words")
        while "marked words" not in str(later := await event()):
            pass
        assert "telegram/bot" not in later["set"]


async def test_files_that_people_send_cannot_run_in_the_page(playground: Playground, web: ClientSession) -> None:
    person = next(iter(playground.telegram.world.people))
    playground.telegram.people.send_document(person, person, Attached(b"<script>", "page.html", "text/html"))
    number = next(iter(playground.telegram.world.files))
    answer = await web.get(f"{playground.site.url}/telegram/file/{number}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.content_type == "application/octet-stream"


async def test_nothing_is_left_when_it_closes(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        playground = await open_playground(stack, tmp_path, SystemClock(), 0)
        async with ClientSession() as web, web.get(f"{playground.site.url}/events") as stream:
            while playground.house.pid is None:
                await stream.content.readline()
        pid = playground.house.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not list((tmp_path / "playground").iterdir())


async def test_a_gateway_that_dies_is_started_again_ever_more_slowly(tmp_path: Path) -> None:
    changed = asyncio.Event()
    slept: list[float] = []

    class Hurried(SystemClock):
        def monotonic(self) -> float:
            return 0.0  # However long a crowded machine takes to start it: it dies young.

        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)
            await asyncio.sleep(0)

    house = House({**BARE, "TELEGRAM_BOT_TOKEN": "wrong"}, tmp_path / "log", Hurried(), changed.set)
    task = asyncio.create_task(house.run())
    while house.deaths < 3:
        await changed.wait()
        changed.clear()
    task.cancel()
    await asyncio.wait((task,))
    assert house.condition is Condition.DOWN
    assert slept == sorted(slept)
    assert slept[0] < slept[-1]
    assert "TELEGRAM_BOT_TOKEN" in house.last_words()


def test_run_without_a_token_says_why_and_opens_the_playground(tmp_path: Path) -> None:
    environ = {**BARE, "DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1", "TELEGRAM_TOKEN": "123:abc"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], env=environ, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = list(iter(process.stdout.readline, "\n"))
        assert "No bot's token is set" in said[0]
        assert "'TELEGRAM_TOKEN', which is not a setting. Did you mean 'TELEGRAM_BOT_TOKEN'?" in said[1]
        assert "The playground is open: http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "bot", "playground", "--port", str(taken.getsockname()[1])]
        environ = {**BARE, "DATA_DIR": str(tmp_path)}
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("parley: ")
    assert "--port" in ran.stderr
    assert "Traceback" not in ran.stderr
