"""One bot at the board: `bot.contracts.platform.Platform` in its smallest form."""

from collections.abc import Callable
from typing import Any

import aiohttp

from bot.contracts.command import Form
from bot.contracts.leases import Leases
from bot.contracts.platform import Address, Alone, Capabilities, Condition, Host, PreviewTarget
from bot.domain.blocks import Block, Page
from bot.domain.errors import NotSent, Rejected, Unreachable
from bot.domain.ids import UnixMs
from bot.domain.incoming import HeardTo, Inbound
from bot.domain.messages import FilePart, TextPart
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind

LIMITS = Capabilities(
    text_limit=1000,
    caption_limit=1000,
    upload_limit_bytes=0,
    download_limit_bytes=0,
    preview_interval_s=1.0,
    draft_lifetime_s=None,
    typing_lifetime_s=60.0,
    buttons_per_row=1,
    button_rows=0,
    button_label_limit=20,
    button_data_bytes=20,
    choices_limit=5,
    creates_threads=False,
    renames_threads=False,
    deduplicates_sends_s=0.0,
    private_answers=Alone.NEVER,
    alert_limit=0,
    forms=False,
    messages_per_answer=None,
)


class BoardPlatform:
    name = "board"

    def __init__(self, token: str, url: str) -> None:
        self.bot = token
        self.shown_name = token
        self._url = url
        self._http: aiohttp.ClientSession | None = None

    def capabilities(self, place: Place) -> Capabilities:
        return LIMITS

    def condition(self) -> Condition:
        return Condition(self._http is not None, 0, 0, None)

    def measure(self, block: Block) -> int:
        return len(block.text) + 1

    def invitation(self, code: str) -> str:
        return f"write `/start {code}` on the board."

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(self._url)

    async def receive(self, host: Host, leases: Leases) -> None:
        place = Place(self.name, self.bot, "the-board", kind=PlaceKind.PRIVATE)
        after = max([int(number) for _, number in await host.heard(self.name, self.bot)], default=0)
        while True:
            for line in await self._call("GET", f"/lines/{after}"):
                after += 1
                if line["name"] != self.bot:
                    said = Inbound(
                        event_key=str(after),
                        place=place,
                        sender=Identity(self.name, line["name"], line["name"]),
                        remote_id=str(after),
                        parts=(TextPart(line["words"]),),
                        sent_at=UnixMs(0),
                    )
                    await host.receive([said])
                await host.receive([HeardTo(place, str(after))])

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        return str(await self._call("POST", "/lines", {"name": self.bot, "words": page.text}))

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._call("PUT", f"/lines/{remote_id}", {"name": self.bot, "words": page.text})

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        return None

    async def typing(self, place: Place) -> None:
        pass

    async def ask(self, receipt: str, form: Form) -> None:
        raise Rejected("A board has no forms.")

    async def private_place(self, user_id: str) -> Place:
        raise Unreachable("Everybody reads the board.")

    async def delete(self, place: Place, remote_id: str) -> None:
        raise Rejected("What stands on the board stays.")

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        pass

    async def fetch(self, file: FilePart) -> bytes:
        raise Rejected("There are no files on a board.")

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        assert self._http is not None
        try:
            async with self._http.request(method, path, json=body) as answer:
                return await answer.json()
        except aiohttp.ClientError as error:
            raise NotSent(f"{method} {path}") from error
