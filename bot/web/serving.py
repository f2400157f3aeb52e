"""What the gateway itself serves over HTTP: kept files, to anyone with an unexpired link; its own health.

The two have addresses of their own: files are for the world, health and figures for who runs the gateway.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import structlog
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from bot.contracts.bots import Bots
from bot.contracts.leases import Hold
from bot.contracts.platform import Condition
from bot.domain.errors import FilesUnavailable, StorageError
from bot.domain.people import RoleRules
from bot.telemetry.metrics import CONTENT_TYPE, Metrics
from bot.web.links import PATH, FileLinks
from storage import attachments, overview
from storage.blobs import Blobs
from storage.database import Database

log = structlog.get_logger(__name__)

_HEADERS = {
    # A file from a stranger is never shown as a page of ours, whatever it is.
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
        """A file, to be saved; 404 for everything else: a forged or expired link, or a file that is gone."""
        given = request.match_info
        number = self._links.check(given["attachment"], given["until"], given["signature"])
        found = await self._database.read(attachments.get(number)) if number is not None else None
        room = tempfile.TemporaryDirectory(prefix="parley-")
        path = None
        try:
            if found is not None and found.sha256 is not None:
                path = await self._blobs.fetch(found.sha256, Path(room.name))
        except FilesUnavailable as error:
            log.warning("file_not_served", error=error)
            raise web.HTTPServiceUnavailable(
                text="This file cannot be fetched right now. Try again later.\n"
            ) from error
        finally:
            if path is None:
                await asyncio.to_thread(room.cleanup)
        if found is None or path is None:
            raise web.HTTPNotFound(text="This link is no longer valid. Ask the bot for a new one: /documents\n")
        name = quote(found.name, safe="")
        headers = {**_HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return _Fetched(path, room, headers)


class _Fetched(web.FileResponse):
    """A file, with the directory that may hold its copy until it is sent."""

    def __init__(self, path: Path, room: tempfile.TemporaryDirectory[str], headers: Mapping[str, str]) -> None:
        super().__init__(path, headers=headers)
        self._room = room

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(request)
        finally:
            await asyncio.to_thread(self._room.cleanup)


class Health:
    """Answers health checks and serves metrics."""

    def __init__(self, database: Database, bots: Bots, metrics: Metrics, roles: RoleRules, hold: Hold) -> None:
        self._database = database
        self._bots = bots
        self._metrics = metrics
        self._roles = roles
        self._hold = hold

    async def alive(self, _: web.Request) -> web.Response:
        """200 as long as the program is running."""
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        """200 where the database answers, every platform that this process hears is connected, and the other processes
        count on this one; else 503 that says what is missing."""
        missing = [
            lack
            for name, bot in self._bots.labelled()
            for lack in _lacking(name, bot.condition(), self._bots.trouble_of(bot))
        ]
        if self._hold.left_s() <= 0:
            missing.append("it is not certain that the other processes think this one alive")
        try:
            await self._database.read(overview.counts())
        except StorageError as error:
            missing.append(str(error))
        return web.Response(status=503 if missing else 200, text="; ".join(missing or ["ready"]) + "\n")

    async def figures(self, _: web.Request) -> web.Response:
        """Prometheus metrics."""
        try:
            body = await self._metrics.scrape(self._database, self._bots, self._roles, self._hold)
        except StorageError as error:
            raise web.HTTPServiceUnavailable(text=f"{error}\n") from error
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})


def _lacking(name: str, condition: Condition, trouble: str) -> Iterator[str]:
    """What of a bot does not hear. `trouble`: why it was lost; "" if it was not."""
    if len(condition.shards) > 1 and not trouble:
        yield from (f"{name}, shard {n} is not connected" for n, hears in enumerate(condition.shards) if not hears)
    elif trouble or not condition.connected:
        why = trouble or condition.why
        yield f"{name} is not connected: {why}" if why else f"{name} is not connected"


def file_routes(files: Files) -> list[web.RouteDef]:
    """The address of file links."""
    return [web.get(f"{PATH}{{attachment}}/{{until}}/{{signature}}", files.get)]


def health_routes(health: Health) -> list[web.RouteDef]:
    """Where the operator's monitoring looks."""
    return [
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", health.figures),
    ]


@asynccontextmanager
async def serving(routes: Sequence[web.RouteDef], host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; returns the port (0 picks a free one). Raises OSError if it is in use."""
    app = web.Application()
    app.add_routes(routes)
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
