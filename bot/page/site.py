"""The page's addresses, and what guards them: all but the login are for admins, and what changes something must come
from a page of theirs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog
from aiohttp import web

from bot.domain.errors import StorageError
from bot.page import broadcasts, checks, modes, overview, people, spending
from bot.page import log as acts_log
from bot.page.frame import HEADERS, SCRIPT, STYLE
from bot.page.links import PATH
from bot.page.room import Room, field
from bot.page.visitors import Visitor, Visitors

log = structlog.get_logger(__name__)

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Handler = Callable[[Room, web.Request, Visitor], Awaitable[web.Response]]

SHOWN: Mapping[str, Handler] = {
    "": overview.show,
    "/people": people.show_all,
    "/people/{person}": people.show,
    "/invites": people.show_invites,
    "/broadcasts": broadcasts.show,
    "/modes": modes.show,
    "/modes/{mode}": modes.show_one,
    "/spending": spending.show,
    "/checks": checks.show,
    "/log": acts_log.show,
}
"""What can be looked at."""

DONE: Mapping[str, Handler] = {
    "/servers/trust": overview.trust,
    "/checks": checks.look,
    "/undelivered/again": overview.send_again,
    "/bots/{act}": overview.act_on_bot,
    "/broadcasts": broadcasts.write,
    "/broadcasts/send": broadcasts.send,
    "/broadcasts/stop": broadcasts.stop,
    "/broadcasts/discard": broadcasts.discard,
    "/unread/again": overview.read_again,
    "/modes/{mode}": modes.propose,
    "/modes/{mode}/undo": modes.undo,
    "/changes": modes.keep,
    "/changes/undo": modes.undo_all,
    "/changes/mode": modes.show_new,
    "/changes/default": modes.propose_default,
    "/changes/price": modes.propose_price,
    "/people/{person}/{act}": people.act,
    "/invites": people.invite,
    "/invites/withdraw": people.withdraw,
}
"""What can be done."""


async def _nothing(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    raise web.HTTPNotFound


class Site:
    """Answers for the whole page."""

    def __init__(self, room: Room, visitors: Visitors) -> None:
        self._room = room
        self._visitors = visitors

    def routes(self) -> list[web.RouteDef]:
        """All addresses of the page."""
        return [
            web.get(f"{PATH}/login/{{key}}", self._available(self._ask)),
            web.post(f"{PATH}/login/{{key}}", self._available(self._log_in)),
            web.get(f"{PATH}/app", self._available(self._open_app)),
            web.post(f"{PATH}/app", self._available(self._log_in_by_app)),
            web.post(f"{PATH}/logout", self._guarded(self._log_out, changes=True)),
            web.get(f"{PATH}/page.css", self._style),
            web.get(f"{PATH}/app.js", self._script),
            *(web.get(PATH + path, self._guarded(handler)) for path, handler in SHOWN.items()),
            *(web.post(PATH + path, self._guarded(handler, changes=True)) for path, handler in DONE.items()),
            web.get(f"{PATH}/{{rest:.*}}", self._guarded(_nothing)),
        ]

    def _guarded(self, handler: Handler, *, changes: bool = False) -> Answer:
        async def answer(request: web.Request) -> web.StreamResponse:
            visitor = await self._visitors.find(request)
            if visitor is None and not changes and (key := await self._visitors.log_in_by_proxy(request)) is not None:
                return self._logged_in(key, request.path_qs.removeprefix(PATH).lstrip("/"))
            if visitor is None:
                return self._room.frame.outside("refused", request, 403)
            if changes and not visitor.has_sent(await field(request, "token")):
                log.warning("page_forged", person=visitor.person.id, path=request.path)
                return self._room.frame.outside("refused", request, 403, visitor.person.language)
            try:
                return await handler(self._room, request, visitor)
            except web.HTTPNotFound:
                return self._room.frame.page("gone", visitor, status=404, section=None)

        return self._available(answer)

    def _available(self, answer: Answer) -> Answer:
        """The same, and a sentence while the database cannot be reached."""

        async def told(request: web.Request) -> web.StreamResponse:
            try:
                return await answer(request)
            except StorageError as error:
                # Not by its path: that of a login holds the link's key.
                log.error("page_not_shown", error=error)
                return self._room.frame.outside("unavailable", request, 503)

        return told

    async def _ask(self, request: web.Request) -> web.Response:
        """A button that logs in: a chat that looks behind a link presses none."""
        visitor = await self._visitors.whose_link(request.match_info["key"])
        if visitor is None:
            return self._room.frame.outside("refused", request, 403)
        return self._room.frame.outside(
            "login", request, 200, visitor.person.language, name=visitor.person.name, key=visitor.key
        )

    async def _log_in(self, request: web.Request) -> web.Response:
        key = await self._visitors.log_in(request.match_info["key"])
        if key is None:
            return self._room.frame.outside("refused", request, 403)
        return self._logged_in(key)

    def _logged_in(self, key: str, path: str = "") -> web.Response:
        answer = self._room.to(path)
        self._visitors.remember(answer, key)
        return answer

    async def _open_app(self, request: web.Request) -> web.Response:
        """The page as a platform's app opens it, for who is not logged in there yet."""
        if await self._visitors.find(request) is not None:
            return self._room.to("")
        return self._room.frame.app(request)

    async def _log_in_by_app(self, request: web.Request) -> web.Response:
        key = await self._visitors.log_in_by_app(await field(request, "said"), self._room.bots)
        return self._logged_in(key) if key is not None else self._room.frame.outside("refused", request, 403)

    async def _log_out(self, room: Room, request: web.Request, visitor: Visitor) -> web.Response:
        await self._visitors.log_out(visitor)
        answer = room.frame.outside("bye", request, 200, visitor.person.language)
        self._visitors.forget(answer)
        return answer

    async def _style(self, _: web.Request) -> web.Response:
        return await _file(STYLE, "text/css")

    async def _script(self, _: web.Request) -> web.Response:
        return await _file(SCRIPT, "text/javascript")


async def _file(path: Path, content_type: str) -> web.Response:
    text = await asyncio.to_thread(path.read_text, "utf-8")
    return web.Response(text=text, content_type=content_type, headers={**HEADERS, "Cache-Control": "max-age=3600"})
