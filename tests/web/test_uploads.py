"""The page on which somebody hands over a file that is too large for the chat, in a real browser."""

import json
from pathlib import Path

import aiohttp
import pytest

from tests.support.accessible import weaknesses
from tests.support.chromium import find_chromium, open_tab
from tests.support.exports import mapped, node, packed
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

CHROMIUM = find_chromium()
TOO_LARGE = packed({"conversations.json": []}) + b"\0" * (21 * 1024 * 1024)


async def link_for(house: House, alice: Someone, number: int) -> str:
    """A link to a page, as the refusal of a file gives it."""
    await alice.commands("import")
    await alice.sees("Send me the file now", times=number)
    alice.sends_file("export.zip", TOO_LARGE)
    shown = await alice.sees("hand it over on a page", times=number)
    assert isinstance(house.side, TelegramSide)
    message = house.side.stand_in.transcript(alice.room.chat).message(shown.id)
    [link] = [entity["url"] for entity in message.entities if "/import/" in entity.get("url", "")]
    return str(link)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_without_an_address_the_refusal_says_how_else(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("import")
    await alice.sees("Send me the file now")
    alice.sends_file("export.zip", TOO_LARGE)
    told = (await alice.sees("I can load up to 20 MB here")).text
    assert "Take the conversations.json out of the .zip and send that alone" in told
    assert "on a page" not in told


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the page for uploads is not tested")
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_file_is_handed_over_once_and_its_import_is_told_in_the_chat(
    house: House, alice: Someone, port: int, tmp_path: Path
) -> None:
    assert CHROMIUM is not None
    await house.start(public_url=f"http://127.0.0.1:{port}", http_port=port)
    first, second = await link_for(house, alice, 1), await link_for(house, alice, 2)
    large = tmp_path / "large.zip"
    conversation = mapped("Large", node("", "user", "still here?"))
    large.write_bytes(packed({"conversations.json": [conversation], "chat.html": b"<html>" + bytes(30_000_000)}))
    async with open_tab(CHROMIUM, tmp_path / "profile") as tab:
        await tab.open(first)
        await tab.until("document.querySelector('#drop') !== null")
        assert await weaknesses(tab) == []
        dropped = json.dumps([mapped("Dropped", node("", "user", "by hand"))])
        await tab.evaluate(
            f"(() => {{ const data = new DataTransfer(); data.items.add(new File([{json.dumps(dropped)}], 'c.json'));"
            " document.querySelector('#drop').dispatchEvent("
            "new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})); })()"
        )
        await tab.until("document.querySelector('#told').textContent === 'The file has arrived. Go back to the chat.'")
        await alice.sees("Imported: sessions 1, messages 1")
        await tab.open(second)
        await tab.until(f"location.href === {second!r} && document.querySelector('#drop') !== null")
        await tab.evaluate(
            "window.seen = []; new MutationObserver(() => seen.push(document.querySelector('#bar').value))"
            ".observe(document.querySelector('#bar'), {attributes: true})"
        )
        found = await tab.send("Runtime.evaluate", expression="document.querySelector('#file')")
        await tab.send("DOM.setFileInputFiles", files=[str(large)], objectId=found["result"]["objectId"])
        await tab.until("document.querySelector('#told').textContent === 'The file has arrived. Go back to the chat.'")
        assert await tab.evaluate("Math.max(...seen)") == 100
        assert tab.errors == []
    await alice.sees("Imported: sessions 1, messages 1", times=2)
    await alice.commands("sessions")
    listed = (await alice.sees("Dropped")).text
    assert "Large" in listed
    async with aiohttp.ClientSession() as session:
        for link in (first, second, f"{first}x"):
            for method in ("GET", "POST"):
                async with session.request(method, link, data=b"[]" if method == "POST" else None) as answer:
                    assert answer.status == 404
    assert list((house.directory / "uploads").iterdir()) == []
