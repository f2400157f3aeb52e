"""What the operator's machines see of a gateway: alive, ready, and its figures."""

import contextlib
import html
import re
import socket
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from bot.contracts.bots import Bots
from bot.contracts.leases import FOREVER, Hold
from bot.contracts.platform import Condition
from bot.domain.errors import StorageError
from bot.domain.people import RoleRules
from bot.standins import faults
from bot.standins.model import Fault
from bot.telemetry.metrics import Metrics
from bot.web import serving
from storage.database import Database
from tests.support.new_data import open_new
from tests.support.patience import PATIENCE_S
from tests.support.ports import free_port
from tests.support.world import House, Someone


async def ask(port: int, path: str) -> tuple[int, str]:
    """The status and the text of a page."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def is_ready(house: House, port: int, *, wanted: int) -> str:
    """Wait until the page of readiness has this status; gives its text."""
    text = ""
    for _ in range(int(PATIENCE_S / 0.05)):
        with contextlib.suppress(aiohttp.ClientConnectorError):
            status, text = await ask(port, "/readyz")
            if status == wanted:
                return text
        house.clock.advance(1)
        with contextlib.suppress(TimeoutError):
            await house.side.wait_for(lambda: False, 0.05)
    raise AssertionError(text)


async def test_a_gateway_is_alive_ready_and_counts_what_it_does(house: House, alice: Someone, port: int) -> None:
    house.model.reply = "Hello there."
    await house.start(health_port=port)
    assert await is_ready(house, port, wanted=200) == "ready\n"
    assert await ask(port, "/healthz") == (200, "ok\n")
    alice.says("a very private question")
    await alice.sees("Hello there.")
    house.model.fail(Fault("status", status=401))
    alice.says("and another one")
    await alice.sees("Nothing was charged.")
    status, figures = await ask(port, "/metrics")
    assert status == 200
    lines = dict(line.rsplit(" ", 1) for line in figures.splitlines() if not line.startswith("#"))
    name = house.side.name
    assert lines[f'parley_turns_total{{end="complete",platform="{name}"}}'] == "1.0"
    assert lines[f'parley_turns_total{{end="failed",platform="{name}"}}'] == "1.0"
    assert lines["parley_charged_tokens_total"] == "100.0"
    assert lines[f'parley_answer_seconds_count{{platform="{name}"}}'] == "2.0"
    assert lines[f'parley_first_words_seconds_count{{platform="{name}"}}'] == "1.0"
    assert lines[f'parley_connected{{platform="{name}"}}'] == "1.0"
    assert lines['parley_open_turns{state="running"}'] == "0.0"
    assert lines['parley_people{role="member"}'] == "1.0"
    assert any(line.startswith("parley_model_failures_total") and "BadCredentials" in line for line in lines)
    assert any(line.startswith("parley_model_tokens_total") for line in lines)
    assert any(line.startswith("parley_model_cost_dollars_total") and float(lines[line]) > 0 for line in lines)
    assert any(line.startswith("parley_pages_total") and 'outcome="shown"' in line for line in lines)
    assert "private" not in figures
    assert "Alice" not in figures


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_gateway_that_has_lost_its_platform_is_alive_and_not_ready(
    house: House, alice: Someone, port: int
) -> None:
    admins = f"telegram:user:{alice.person}"
    pages = free_port()
    await house.start(health_port=port, http_port=pages, admin_page=True, admins=admins)
    await is_ready(house, port, wanted=200)
    house.side.faults.add(faults.error(502), method="getUpdates", times=50)
    alice.says("wakes the poll up")
    assert "telegram is not connected\n" in await is_ready(house, port, wanted=503)
    assert await ask(port, "/healthz") == (200, "ok\n")
    house.side.faults.clear()
    assert await is_ready(house, port, wanted=200)
    # Where somebody has to do something about it, it is said what.
    await alice.commands("admin", "page")
    told = await alice.sees("This link logs you in")
    (link,) = re.findall(r"http://127\.0\.0\.1:\d+/admin/login/[\w-]+", told.text)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await browser.post(link)
        house.side.faults.add(faults.refusal("Conflict", status=409), method="getUpdates", times=50)
        alice.says("wakes it up again")
        why = "Another program receives with this bot&#39;s token."
        assert html.unescape(why) in await is_ready(house, port, wanted=503)
        async with browser.get(f"http://127.0.0.1:{pages}/admin") as page:
            assert why in await page.text()


async def test_nothing_is_served_unless_a_port_is_set_and_only_to_this_machine(house: House, port: int) -> None:
    await house.start()
    with pytest.raises(aiohttp.ClientConnectorError):
        await ask(port, "/healthz")
    await house.stop()
    await house.start(health_port=port)
    await is_ready(house, port, wanted=200)
    with socket.socket() as other:
        other.settimeout(2)
        # Every machine has a second loopback address; who listens on all addresses answers there too.
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_each_of_several_connections_has_to_hear() -> None:
    def lacking(connected: bool, *shards: bool, trouble: str = "") -> list[str]:
        return list(serving._lacking("discord", Condition(connected, 0, 0, None, shards=shards), trouble))

    assert lacking(True, True, True) == lacking(True) == lacking(True, True) == []
    assert lacking(False) == lacking(False, False) == ["discord is not connected"]
    assert lacking(False, True, False) == ["discord, shard 1 is not connected"]
    assert lacking(True, True, False, trouble="No.") == ["discord is not connected: No."], "It was lost as a whole."


class Lapsed:
    """A hold that is no longer certain."""

    def left_s(self) -> float:
        return 0.0

    def processes(self) -> int:
        return 2

    def silent_s(self) -> Mapping[str, float]:
        return {}


@pytest.mark.parametrize(
    ("hold", "reads", "lacks"),
    [
        (FOREVER, True, "ready"),
        (Lapsed(), True, "it is not certain that the other processes think this one alive"),
        (FOREVER, False, "The disk is gone."),
        (Lapsed(), False, "it is not certain that the other processes think this one alive; The disk is gone."),
    ],
)
async def test_a_gateway_is_ready_while_it_counts_as_alive_and_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold, reads: bool, lacks: str
) -> None:
    async def fails(*_: object) -> None:
        raise StorageError("The disk is gone.")

    async with await open_new(tmp_path) as database:
        health = serving.Health(database, Bots(), Metrics(), RoleRules(), hold)
        if not reads:
            monkeypatch.setattr(Database, "read", fails)
        answer = await health.ready(make_mocked_request("GET", "/readyz"))
        assert (answer.status, answer.text) == (200 if lacks == "ready" else 503, f"{lacks}\n")
        monkeypatch.undo()
