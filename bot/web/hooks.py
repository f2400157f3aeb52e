"""Webhooks of platforms: a call is checked by its headers, read up to a limit, then answered."""

from collections.abc import Iterable
from functools import partial

from aiohttp import web

from bot.contracts.hook import Hook


def hook_routes(hooks: Iterable[Hook]) -> list[web.RouteDef]:
    """Where platforms call."""
    return [web.post(hook.path, partial(_take, hook)) for hook in hooks]


async def _take(hook: Hook, request: web.Request) -> web.Response:
    """200 once everything is stored; any other status asks for a retry or refuses the caller."""
    if not hook.admits(request.headers):
        return web.Response(status=401)
    if (request.content_length or 0) > hook.most_bytes:
        return web.Response(status=413)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > hook.most_bytes:
            return web.Response(status=413)
    return web.Response(status=200 if await hook.take(bytes(body)) else 503)
