"""The bots on the overview: how each is, and stopping and starting them."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from bot.contracts.bots import BotPlan
from bot.contracts.platform import Condition
from storage import acts
from storage import bots as kept_bots
from storage.acts import ActKind
from storage.programs import Program
from tests.page.conftest import Browser, Pages


@pytest.fixture
async def ada(pages: Pages) -> Browser:
    def keep() -> Program[None]:
        yield from kept_bots.add("telegram", "7", "@<b>school</b>", "sealed")
        yield from kept_bots.add("telegram", "8", "@staff", "sealed")

    await pages.database.write(keep())
    return await pages.browser("Ada")


async def stopped(pages: Pages) -> list[str]:
    return [one.remote for one in await pages.database.read(kept_bots.every()) if one.stopped]


async def test_why_a_bot_does_not_run_stands_below_it(pages: Pages, ada: Browser) -> None:
    lost: Any = SimpleNamespace(name="telegram", bot="", condition=lambda: Condition(False, 0, 0, None))
    pages.bots.enlist(lost, BotPlan(platform="telegram", token="", token_in="", name="<i>"))
    pages.bots.note_lost(lost, "Put it into `token` of the bot '<i>' in parley.toml; a ` alone stays.")
    _, page = await ada.get("")
    why = "Put it into <code>token</code> of the bot &#39;&lt;i&gt;&#39; in parley.toml; a ` alone stays."
    row = "&lt;i&gt;</th><td>Telegram</td><td>refused</td><td></td></tr>"
    assert re.search(rf"{re.escape(row)}\s*<tr><td[^>]*>{re.escape(why)}", page)


async def test_a_bot_is_stopped_and_started_there(pages: Pages, ada: Browser) -> None:
    _, page = await ada.get("")
    assert "@&lt;b&gt;school&lt;/b&gt;</th><td>Telegram</td><td>not connected</td>" in page
    assert page.count("/admin/bots/stop") == 2
    _, page = await ada.sends("/bots/stop", platform="telegram", bot="7")
    assert await stopped(pages) == ["7"]
    # The last one cannot be stopped: what would start another is this page alone.
    assert ("/admin/bots/stop" in page, page.count("/admin/bots/start")) == (False, 1)
    _, page = await ada.sends("/bots/start", platform="telegram", bot="7")
    assert await stopped(pages) == []
    for wrong in ("/bots/stop", "/bots/remove"):
        await ada.sends(wrong, platform="telegram", bot="" if wrong == "/bots/stop" else "7")
    assert (await stopped(pages), len(await pages.database.read(kept_bots.every()))) == ([], 2)
    done = [(one.kind, one.note, one.page) for one in await pages.database.read(acts.latest(2))]
    assert done == [(ActKind.START_BOT, "@<b>school</b>", True), (ActKind.STOP_BOT, "@<b>school</b>", True)]
