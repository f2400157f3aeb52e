#!/usr/bin/env bash
# discord.py 2.7.1 tries 500, 502, 504 and 524 again, five times, and 503 not at all.
# 503 is what a service says that is away for a moment. A message sent in that moment fails with DiscordServerError
# after one request, while the same message at a 502 gets through.
# Guess: 503 is retried first of all. Seen: one request for 503; two for 502, the second of which succeeds.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'discord.py==2.7.1' 'aiohttp==3.14.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, json, time
from aiohttp import web
from discord.http import HTTPClient, Route

async def user(request):
    return web.Response(body=b'{"id": "1", "username": "bot", "discriminator": "0", "avatar": null}', content_type="application/json")

async def client_of(routes):
    app = web.Application()
    app.add_routes([web.get("/users/@me", user), *routes])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Route.BASE = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = HTTPClient(asyncio.get_running_loop())
    await client.static_login("token")
    return client

from discord import DiscordServerError

async def main():
    asked = []
    async def shaky(request):
        code = request.match_info["code"]
        asked.append(code)
        status = int(code) if asked.count(code) == 1 else 200
        return web.Response(status=status, body=b"{}", content_type="application/json")
    client = await client_of([web.get("/shaky/{code}", shaky)])
    await client.request(Route("GET", "/shaky/502"))
    try:
        await client.request(Route("GET", "/shaky/503"))
        failed = None
    except DiscordServerError as error:
        failed = error
    print(asked, repr(failed))
    assert asked == ["502", "502", "503"] and failed is not None
    await client.close()

asyncio.run(main())
PYTHON
