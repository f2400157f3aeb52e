"""Webhooks of platforms: a call is checked by its headers, read up to a limit, then answered."""

from collections.abc import Callable, Iterable

from aiohttp import web

from bot.contracts.hook import Hook


def hook_routes(hooks: Callable[[], Iterable[Hook]]) -> list[web.RouteDef]:
    """Where platforms call: `hooks` gives those that there are at that moment. Stands behind all other routes."""

    async def take(request: web.Request) -> web.Response:
        hook = next((one for one in hooks() if one.path == request.path), None)
        if hook is None or request.method != "POST":
            raise web.HTTPNotFound
        return await _take(hook, request)

    return [web.route("*", "/{path:.*}", take)]


async def _take(hook: Hook, request: web.Request) -> web.Response:
    """200 once everything is stored; any other status asks for a retry or refuses the caller."""
    if not hook.admits(request.headers):
        return web.Response(status=401)
    if (request.content_length or 0) > hook.most_bytes:
        return web.Response(status=413)
    body = bytearray()
    with hook.reading():
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > hook.most_bytes:
                return web.Response(status=413)
    return web.Response(status=200 if await hook.take(bytes(body)) else 503)
