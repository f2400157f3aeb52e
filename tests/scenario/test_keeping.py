"""What is kept of files, and for how long. One platform is enough: nothing here depends on it."""

import aiohttp
import pytest

from bot.web.links import LINK_S
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["telegram"], indirect=True)


async def test_the_oldest_files_go_when_somebody_has_too_many(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start(file_quota_mb=1)
    for number in range(3):
        alice.sends_file(f"f{number}.txt", f"{number} ".encode() * 200_000)
        await alice.sees("Read.", times=number + 1)
    await house.stop()
    await house.start()

    def sizes() -> list[int]:
        return [path.stat().st_size for path in (house.directory / "files").rglob("*") if path.is_file()]

    await house.until(lambda: sizes() == [400_000, 400_000], hurried=True)


async def test_a_link_serves_the_file_and_nothing_else(house: House, alice: Someone, port: int) -> None:
    root = f"http://127.0.0.1:{port}"
    house.model.reply = "Read."
    await house.start(public_url=root, http_port=port)
    page = b"<!doctype html><script>alert(1)</script>words"
    alice.sends_file("pägé.html", page)
    await alice.sees("Read.")
    await alice.commands("documents")
    listed = await alice.sees("html")
    await alice.presses("pägé.html", on=listed)
    await alice.presses("Get the file")
    shown = await alice.sees("A link to it")
    assert isinstance(house.side, TelegramSide)
    message = house.side.stand_in.transcript(alice.room.chat).message(shown.id)
    links = [entity["url"] for entity in message.entities if entity.get("url", "").startswith(root)]
    async with aiohttp.ClientSession() as session:
        async with session.get(links[-1]) as answer:
            assert await answer.read() == page
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Disposition"].startswith("attachment;")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        other = "1" if links[-1].endswith("0") else "0"
        for wrong in (
            links[-1][:-1] + other,
            links[-1].replace("/1/", "/2/"),
            f"{root}/files/../parley.db",
            f"{root}/",
        ):
            async with session.get(wrong) as answer:
                assert answer.status == 404
        house.clock.advance(LINK_S + 1)
        async with session.get(links[-1]) as answer:
            assert answer.status == 404
