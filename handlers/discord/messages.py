"""Pages as messages: by the token of the command that they answer while it lives, else in their channel.

A growing answer is a message that is edited. Sends carry a nonce, so that a repeated one shows once.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from bot.contracts.platform import Address, PreviewTarget
from bot.domain.blocks import OutFile, Page, Voice
from bot.domain.errors import FileRefused, MessageGone, NotAlone, PlatformError, Rejected, Unreachable
from bot.domain.places import Place, PlaceKind
from bot.pacing import Urgency
from handlers.discord.channels import Channels
from handlers.discord.commands import components
from handlers.discord.errors import is_over
from handlers.discord.interactions import Interactions
from handlers.discord.render import render

T = TypeVar("T")

_NO_MENTIONS: dict[str, list[str]] = {"parse": []}
_NO_EMBEDS = 1 << 2
_SILENT = 1 << 12
_VOICE = 1 << 13

_TOO_LATE = "The command can no longer be answered, and nothing else leads there."

_ANEW = "+"
"""Ends the nonce of a message that takes the place of one that had the same nonce without it."""


class Messages:
    """What one bot says. Every method may raise any `PlatformError`."""

    def __init__(self, channels: Channels, interactions: Interactions) -> None:
        self._channels = channels
        self._interactions = interactions

    async def send(self, place: Place, page: Page, address: Address, nonce: str) -> str:
        """See `Platform.send`."""
        content = content_of(page)
        if page.silent:
            content["flags"] |= _SILENT
        if place.kind is PlaceKind.GUEST:
            return _answered(await self._answer(place, content, address, page.file))
        if page.file is not None and page.file.voice is not None and not page.blocks:
            return await self._send_voice(place, page, page.file.voice, address, nonce)
        alone = address.private and not place.kind.private
        if alone or self._interactions.awaits(address.receipt):
            answered = await self._answer(place, content, address, page.file)
            if answered is not None:
                return answered
            if alone:
                raise NotAlone("The command can no longer be answered, and its answer is for one person only.")
        try:
            return await self._send_to(place, content, address.reply_to, page.file, nonce)
        except Unreachable:
            # Where the bot may not write, or is not at all, its answer to a command is let through.
            answered = await self._answer(place, content, address, page.file)
            if answered is None:
                raise
            return answered

    async def _send_voice(self, place: Place, page: Page, voice: Voice, address: Address, nonce: str) -> str:
        """A recording as a voice message, which holds nothing else; as a file where it is refused as one."""
        told = {"id": 0, "duration_secs": round(voice.seconds, 3), "waveform": b64encode(voice.wave).decode()}
        content = {"flags": _VOICE, "attachments": [told], "allowed_mentions": _NO_MENTIONS}
        try:
            return await self._send_to(place, content, address.reply_to, page.file, nonce)
        except (Rejected, FileRefused):
            return await self._send_to(place, content_of(page), address.reply_to, page.file, nonce)

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        """See `Platform.edit`."""
        await self._change(place, remote_id, Urgency.FINAL, lambda: content_of(page), address.receipt, page.file)

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """See `Platform.preview`."""

        def drawn() -> dict[str, Any]:
            page = latest()
            return content_of(Page(page.blocks, ((target.stop,),)))

        if target.remote_id is not None:
            await self._change(place, target.remote_id, Urgency.PREVIEW, drawn, target.receipt)
            return None
        is_guest = place.kind is PlaceKind.GUEST
        if is_guest or self._interactions.awaits(target.receipt):
            answered = await self._by_token(
                place, Urgency.FIRST, lambda: self._interactions.send(target.receipt, drawn(), private=False)
            )
            if answered is not None or is_guest:
                return _answered(answered)
        nonce = {"nonce": target.nonce, "enforce_nonce": True}
        message = await self._channels.post(place, Urgency.FIRST, lambda: drawn() | nonce, target.reply_to)
        return str(message["id"])

    async def _send_to(
        self, place: Place, content: dict[str, Any], reply_to: str | None, file: OutFile | None, nonce: str
    ) -> str:
        body = content | {"nonce": nonce, "enforce_nonce": True}
        message = await self._channels.post(place, Urgency.FINAL, lambda: body, reply_to, file)
        remote_id = str(message["id"])
        if _shows(message) != _shows(content) or (file is not None and not message.get("attachments")):
            # A send with this nonce has been there before: a preview that a crash made us forget.
            changed = content | {"flags": _NO_EMBEDS}
            try:
                await self._channels.patch(place, remote_id, Urgency.FINAL, lambda: changed, file)
            except MessageGone:
                if nonce.endswith(_ANEW):
                    raise
                # It can no longer be changed, and this nonce would bring it again and again.
                return await self._send_to(place, content, reply_to, file, nonce + _ANEW)
        return remote_id

    async def _answer(
        self, place: Place, content: dict[str, Any], address: Address, file: OutFile | None
    ) -> str | None:
        if not address.receipt:
            return None
        return await self._by_token(
            place,
            Urgency.FINAL,
            lambda: self._interactions.send(address.receipt, content, private=address.private, file=file),
        )

    async def _by_token(self, place: Place, urgency: Urgency, call: Callable[[], Awaitable[T]]) -> T | None:
        """Make a call with a command's token; None if its time is over."""
        try:
            result: T = await self._channels.paced(place, urgency, call)
        except PlatformError as error:
            if is_over(error.__cause__):
                return None
            raise
        return result

    async def _change(
        self,
        place: Place,
        remote_id: str,
        urgency: Urgency,
        draw: Callable[[], dict[str, Any]],
        receipt: str,
        file: OutFile | None = None,
    ) -> None:
        """Change a message: with the token of its command while that lives, which reaches what only one person sees."""
        if receipt:
            changed = await self._by_token(
                place, urgency, lambda: self._interactions.edit(receipt, remote_id, draw(), file)
            )
            if changed:
                return
        if place.kind is PlaceKind.GUEST:
            raise Unreachable(_TOO_LATE)
        await self._channels.patch(place, remote_id, urgency, draw, file)


def _answered(remote_id: str | None) -> str:
    """The message that answers a command where there is no other way; raises Unreachable if it is too late for it."""
    if remote_id is None:
        raise Unreachable(_TOO_LATE)
    return remote_id


def _shows(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What a message says, and where its buttons lead."""
    rows = message.get("components") or ()
    buttons = [str(button.get("custom_id") or button.get("url")) for row in rows for button in row["components"]]
    return str(message.get("content") or "").strip(), buttons  # A voice message has none.


def content_of(page: Page) -> dict[str, Any]:
    """A page without its file, in Discord's names."""
    return {
        "content": render(page.blocks) if page.blocks or page.file is None else "",
        "components": components(page.buttons),
        "allowed_mentions": _NO_MENTIONS,
        "flags": _NO_EMBEDS,
    }
