"""What the gateway itself serves over HTTP: kept files, to who has a link that is still good."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import structlog
from aiohttp import web

from bot.links import PATH, FileLinks
from storage import attachments
from storage.blobs import Blobs
from storage.database import Database

log = structlog.get_logger(__name__)

_HEADERS = {
    # A file of a stranger's is never shown as a page of ours, whatever it is.
    "Content-Type": "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class Files:
    """Answers requests for files."""

    def __init__(self, database: Database, blobs: Blobs, links: FileLinks) -> None:
        self._database = database
        self._blobs = blobs
        self._links = links

    async def get(self, request: web.Request) -> web.StreamResponse:
        """A file, to be saved; 404 for everything else, be the link forged, too old, or the file gone."""
        given = request.match_info
        number = self._links.check(given["attachment"], given["until"], given["signature"])
        found = await self._database.read(attachments.get(number)) if number is not None else None
        if found is None or found.sha256 is None or not self._blobs.path(found.sha256).exists():
            raise web.HTTPNotFound(text="This link is no longer good. Ask the bot for a new one: /documents\n")
        name = quote(found.name, safe="")
        headers = {**_HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return web.FileResponse(self._blobs.path(found.sha256), headers=headers)


@asynccontextmanager
async def serving(files: Files, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port, for one of 0 stands for any. Raises OSError: it is taken."""
    app = web.Application()
    app.router.add_get(f"{PATH}{{attachment}}/{{until}}/{{signature}}", files.get)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        listening: int = runner.addresses[0][1]
        log.info("serving", host=host, port=listening)
        yield listening
    finally:
        await runner.cleanup()
