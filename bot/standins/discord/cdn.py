"""Attachment links as Discord's CDN signs them: `?ex=…&is=…&hm=…`, worthless a day later."""

import hashlib
import hmac
from urllib.parse import quote, urlsplit

from aiohttp import web

from bot.standins.discord.model import Attachment
from bot.standins.discord.world import World


class Cdn:
    """Keeps files and gives signed links to them. `base` is known once the server listens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = world.rng.randbytes(32)
        self._files: dict[int, Attachment] = {}
        self.base = ""

    def keep(self, attachment: Attachment) -> None:
        """Make the file available."""
        self._files[attachment.id] = attachment

    def url(self, attachment: Attachment) -> str:
        """A fresh link."""
        issued = self._world.clock.now() // 1000
        path = f"/attachments/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        ex, since = f"{issued + int(self._world.limits.cdn_link_s):x}", f"{issued:x}"
        return f"{self.base}{path}?ex={ex}&is={since}&hm={self._sign(attachment.id, ex, since)}&"

    def refreshed(self, url: str) -> str:
        """A fresh link for an old one; the old one itself where it names no file."""
        parts = urlsplit(url).path.split("/")
        attachment = self._files.get(int(parts[-2])) if len(parts) > 2 and parts[-2].isdecimal() else None
        return self.url(attachment) if attachment else url

    async def serve(self, request: web.Request) -> web.Response:
        """`GET /attachments/{channel}/{attachment}/{filename}`."""
        attachment = self._files.get(int(request.match_info["attachment"]))
        ex, since = request.query.get("ex", ""), request.query.get("is", "")
        if attachment is None or not hmac.compare_digest(
            request.query.get("hm", ""), self._sign(attachment.id, ex, since)
        ):
            return web.Response(status=404, text="This content is no longer available.")
        if int(ex, 16) * 1000 <= self._world.clock.now():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.data, headers={"Content-Type": attachment.media_type})

    def _sign(self, attachment_id: int, ex: str, since: str) -> str:
        return hmac.new(self._key, f"{attachment_id}.{ex}.{since}".encode(), hashlib.sha256).hexdigest()
