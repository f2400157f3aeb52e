"""The admin page as an admin comes to it: by a link from the chat. What people say is never shown there."""

import re

import pytest
from aiohttp import ClientSession, CookieJar

from bot.page.site import SHOWN
from tests.support.world import House, Someone


async def test_an_admin_gets_a_link_in_the_chat_and_reads_no_ones_words(
    house: House, alice: Someone, bob: Someone, port: int
) -> None:
    await house.start(admin_page=True, http_port=port, admins=f"{house.side.name}:user:{alice.person}")
    bob.says("the heron at the weir")
    await bob.sees("the heron at the weir")
    await house.rests()
    await bob.commands("admin", "page")
    await bob.sees("I do not know")
    await alice.commands("admin", "page")
    told = await alice.sees("This link logs you in")
    assert "It opens on the machine of the gateway only" in told.text
    link = re.search(r"http://127\.0\.0\.1:\d+/admin/login/[\w-]+", told.text)
    assert link is not None
    [(bobs_number,)] = house.rows("SELECT id FROM person WHERE name = 'Bob'")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.post(link[0]) as answer:
            assert (answer.status, answer.url.path) == (200, "/admin")
        for path in SHOWN:
            shown = path.format(person=bobs_number, mode="regular")
            async with browser.get(f"http://127.0.0.1:{port}/admin{shown}") as answer:
                page = await answer.text()
                assert (answer.status, "heron" in page) == (200, False), path
        # What the doctor finds is looked for beside the page.
        while "Looking." in page or "What was found" not in page:
            async with browser.get(f"http://127.0.0.1:{port}/admin/checks") as answer:
                page = await answer.text()
        assert "The token belongs to" in page
        assert "The clock is right." in page


async def test_where_the_page_is_off_its_command_says_so(house: House, alice: Someone) -> None:
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    await alice.commands("admin", "page")
    await alice.sees("The admin page is off")


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_where_the_page_is_encrypted_telegrams_app_opens_it(house: House, alice: Someone, port: int) -> None:
    admins = f"telegram:user:{alice.person}"
    await house.start(admin_page=True, http_port=port, public_url="https://bot.example.org", admins=admins)
    await alice.commands("admin", "page")
    told = await alice.sees("This link logs you in")
    assert told.labels == ("Open it here",)
