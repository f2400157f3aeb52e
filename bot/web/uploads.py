"""The upload page for a file that is too large for the chat."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import unquote

import structlog
from aiohttp import web

from bot.domain.clock import Clock
from bot.domain.incoming import Incoming
from bot.texts import Say, language_of, say_in
from bot.web.upload_links import PATH, UploadLinks, handed_over, hash_of
from storage import people, uploads
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

LARGEST_BYTES = 1024 * 1024 * 1024
_AT_ONCE = 1024 * 1024
_PAGE = Path(__file__).with_name("upload.html")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}

Receive = Callable[[Sequence[Incoming]], Awaitable[None]]


class Uploads:
    """Serves the page and accepts the file. `receive` takes the command."""

    def __init__(self, database: Database, links: UploadLinks, clock: Clock, receive: Receive) -> None:
        self._database = database
        self._links = links
        self._clock = clock
        self._receive = receive
        self._coming: set[str] = set()
        """Links with an upload in progress."""

    def routes(self) -> list[web.RouteDef]:
        """The address of the page."""
        return [web.get(f"{PATH}{{token}}", self.show), web.post(f"{PATH}{{token}}", self.take)]

    async def show(self, request: web.Request) -> web.Response:
        """The page; 404 for a link that is used, expired or forged. Looking at it uses nothing up."""
        found = await self._database.read(_whose(hash_of(request.match_info["token"]), self._clock))
        if found is None:
            raise web.HTTPNotFound(text="This link is no longer valid. Ask the bot for a new one: /import\n")
        _, language = found
        nonce = secrets.token_urlsafe(16)
        rules = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        page = await asyncio.to_thread(_PAGE.read_text, "utf-8")
        text = _filled(page, say_in(language), language_of(language), nonce)
        headers = {**_HEADERS, "Content-Security-Policy": rules}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def take(self, request: web.Request) -> web.Response:
        """Keep the file and run the command with it: 200 once that is certain, else 404, 409, 413 or 507."""
        token = request.match_info["token"]
        key = hash_of(token)
        found = await self._database.read(_whose(key, self._clock))
        if found is None:
            raise web.HTTPNotFound(text="This link is no longer valid. Ask the bot for a new one: /import\n")
        if key in self._coming:
            raise web.HTTPConflict(text="A file is on its way already.\n")
        self._coming.add(key)
        path = await self._links.begin()
        try:
            size = await _kept(request, path)
            name = " ".join(unquote(request.headers.get("X-File-Name", "")).split())[:100] or "file"
            await self._receive([handed_over(found[0], token, path, name, size)])
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        finally:
            self._coming.discard(key)
        await self._database.write(uploads.use(key))
        log.info("file_handed_over", size_bytes=size)
        return web.Response(text="ok\n", headers=_HEADERS)


def _whose(key: str, clock: Clock) -> Program[tuple[str, str] | None]:
    """The command that a page is for, and its owner's language."""
    found = yield from uploads.find(key, clock.now())
    if found is None:
        return None
    return found[1], (yield from people.get(found[0])).language


async def _kept(request: web.Request, path: Path) -> int:
    """Write the upload to a file, chunk by chunk; returns its size."""
    if (request.content_length or 0) > LARGEST_BYTES:
        raise web.HTTPRequestEntityTooLarge(LARGEST_BYTES, request.content_length or 0)
    size = 0
    try:
        with await asyncio.to_thread(path.open, "xb") as file:
            async for piece in request.content.iter_chunked(_AT_ONCE):
                size += len(piece)
                if size > LARGEST_BYTES:
                    raise web.HTTPRequestEntityTooLarge(LARGEST_BYTES, size)
                await asyncio.to_thread(file.write, piece)
    except OSError as error:
        log.error("upload_not_kept", error=error)
        raise web.HTTPInsufficientStorage(text="There is no room for the file.\n") from error
    return size


def _filled(page: str, say: Say, language: str, nonce: str) -> str:
    words = {
        "language": language,
        "nonce": nonce,
        "title": say("Hand over a file"),
        "lead": say("It goes to your chat with the bot, which tells you there what came of it."),
        "choose": say("Choose a file, or drop it here"),
        "sending": say("Sending …"),
        "done": say("The file has arrived. Go back to the chat."),
        "failed": say("The file did not arrive. Try again, or ask the bot for a new link: /import"),
        "large": say("The file is too large."),
        "script": say("This page needs JavaScript."),
    }
    for name, text in words.items():
        page = page.replace(f"[[{name}]]", escape(text))
    return page
