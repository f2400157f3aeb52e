"""What the doctor finds, on the page: looked for beside it, and kept with its time."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.contracts.findings import Finding, bad, good, note
from bot.page.examining import Checks
from tests.page.conftest import Browser, Pages
from tests.support.clock import FakeClock


@pytest.fixture
async def ada(pages: Pages) -> Browser:
    return await pages.browser("Ada")


async def test_who_opens_the_page_first_has_it_looked_and_the_worst_stands_first(pages: Pages, ada: Browser) -> None:
    pages.findings += [bad("The disk is full.", "Make room."), note("No topics.", "Enable them.")]
    _, page = await ada.get("/checks")
    assert "Looking." in page
    await pages.checks.rest()
    _, page = await ada.get("/checks")
    assert page.index("The disk is full.<br>→ Make room.") < page.index("No topics.") < page.index("The clock is")
    assert "&lt;b&gt;right" in page
    assert "Looked at: " in page


async def test_what_was_found_stays_until_somebody_has_it_looked_again(pages: Pages, ada: Browser) -> None:
    for _ in range(2):
        await ada.get("/checks")
        await pages.checks.rest()
        pages.findings.append(bad("The disk is full.", "Make room."))
        assert "The disk" not in (await ada.get("/checks"))[1]
    assert (await ada.sends("/checks"))[0] == 200
    await pages.checks.rest()
    assert "The disk is full." in (await ada.get("/checks"))[1]


async def test_a_check_that_breaks_does_not_look_forever(pages: Pages, ada: Browser) -> None:
    pages.findings.append(LookupError("a defect"))
    await ada.get("/checks")
    await pages.checks.rest()
    assert not pages.checks.is_looking


async def test_who_asks_while_it_looks_begins_no_second_look() -> None:
    looks, ends = 0, asyncio.Event()

    async def examine() -> AsyncIterator[Finding]:
        nonlocal looks
        looks += 1
        await ends.wait()
        yield good("The clock is right.")

    checks = Checks(examine, FakeClock())
    checks.look()
    checks.look()
    ends.set()
    await checks.rest()
    assert looks == 1
