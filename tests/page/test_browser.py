"""The page in a real browser: every page of it, by keyboard, on a phone and on a desk, light and dark."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.contracts.abilities import Vouched
from bot.contracts.platform import Condition, Platform
from bot.page.site import SHOWN
from storage import bots as kept_bots
from tests.page.conftest import Pages
from tests.page.test_spending import answers
from tests.support.accessible import weaknesses
from tests.support.chromium import Tab, find_chromium, open_tab

CHROMIUM = find_chromium()
WELL = Condition(True, 0, 0, 0.0)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the admin page is not looked at")
@pytest.mark.timeout(300)
async def test_every_page_is_read_by_everybody(pages: Pages, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    link = pages.url + (await pages.links.make(pages.ids["Ada"])).partition("/admin")[2]
    await pages.database.write(answers(pages))
    await pages.database.write(kept_bots.add("telegram", "2", "@a_bot_whose_name_is_as_long_as_any", "sealed"))
    found: dict[str, list[str]] = {}
    async with open_tab(CHROMIUM, tmp_path / "profile") as tab:
        await tab.open(link)
        await tab.until("document.querySelector('button') !== null")
        assert await weaknesses(tab) == []
        await tab.key("Tab", 9)
        await tab.key("Enter", 13)
        await tab.until("document.querySelector('nav') !== null")
        # A card has a piece of everything: in the dark it stands for all.
        for width, mobile, scheme, paths in (
            (390, True, "light", [*SHOWN]),
            (1280, False, "dark", ["/people/{person}"]),
        ):
            size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
            await tab.send("Emulation.setDeviceMetricsOverride", **size)
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            await tab.send("Emulation.setEmulatedMedia", features=features)
            for path in paths:
                url = pages.url + path.format(person=pages.ids["Mel"], mode="regular")
                await tab.send("Page.navigate", url=url)
                await tab.until(f"location.href === {url!r} && document.readyState === 'complete'")
                name = f"{path.strip('/').replace('/', '-') or 'overview'}-{scheme}"
                found[name] = await weaknesses(tab)
                if await tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found[name].append("it is wider than the window")
        assert {name: wrong for name, wrong in found.items() if wrong} == {}
        await _opens_in_telegrams_app(pages, tab)
        assert tab.errors == []


async def _opens_in_telegrams_app(pages: Pages, tab: Tab) -> None:
    """What the app hands over behind the address is handed on by the page's script, and logs in."""
    ada = Vouched("4711", pages.clock.now())
    bot: Any = SimpleNamespace(name="telegram", bot="1", vouched={"Ada": ada}.get, condition=lambda: WELL)
    pages.bots.enlist(cast(Platform, bot))
    await tab.send("Network.clearBrowserCookies")
    await tab.open(f"{pages.url}/app")
    await tab.until("document.querySelector('h1') !== null")
    assert await weaknesses(tab) == []
    await tab.open(f"{pages.url}/app?#tgWebAppData=Ada&tgWebAppVersion=9")
    await tab.until("document.querySelector('nav') !== null")
