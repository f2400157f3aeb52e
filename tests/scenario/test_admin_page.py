"""The admin page as an admin comes to it: by a link from the chat. What people say is never shown there."""

import pytest

from bot.page.site import SHOWN
from bot.standins.model import Hold
from tests.support.admin_page import logged_in
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
    [(bobs_number,)] = house.rows("SELECT id FROM person WHERE name = 'Bob'")
    async with logged_in(alice) as admin:
        assert "It opens on the machine of the gateway only" in (await alice.sees("This link logs you in")).text
        for path in SHOWN:
            page = await admin.get(path.format(person=bobs_number, mode="regular"))
            assert "heron" not in page, path
        # What the doctor finds is looked for beside the page.
        while "Looking." in page or "What was found" not in page:
            page = await admin.get("/checks")
        assert "The token belongs to" in page
        assert "The clock is right." in page
        # What was asked before a change is answered by what held then.
        hold = house.model.hold = Hold()
        bob.says("the heron once more")
        await house.until(lambda: len(house.model.requests) == 2)
        changed = {"chain": "mistral/big", "system_prompt": "Be brief.", "effort": "low", "max_output_tokens": "400"}
        assert "Waits for the next start" not in await admin.change_mode("regular", **changed)
    bob.says("and the eel")
    house.model.hold = None
    hold.over.set()
    await bob.sees("and the eel")
    before, after = [request.body for request in list(house.model.requests)[-2:]]
    assert (before["model"], after["model"]) == ("mistral-medium-latest", "big")
    assert after["messages"][0]["content"].startswith("Be brief.")
    assert (before.get("max_tokens"), after["max_tokens"]) == (None, 400)
    await house.stop()
    await house.start()
    bob.says("and the pike")
    await bob.sees("and the pike")
    assert house.model.requests[-1].body["model"] == "big"


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
