#!/usr/bin/env bash
# discord.py 2.7.1 parses a reply as JSON only if its Content-Type is exactly "application/json".
# With "application/json; charset=utf-8", which most web frameworks send and proxies in between may add, every call
# gives a str instead of a dict, and what fails is some later line ("string indices must be integers").
# Guess: the media type decides, not its parameters. Seen: dict without the charset, str with it.
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

async def main():
    async def plain(request):
        return web.Response(body=b"{}", content_type="application/json")
    async def with_charset(request):
        return web.Response(body=b"{}", content_type="application/json", charset="utf-8")
    client = await client_of([web.get("/plain", plain), web.get("/charset", with_charset)])
    seen = [type(await client.request(Route("GET", path))).__name__ for path in ("/plain", "/charset")]
    print(seen)
    await client.close()
    assert seen == ["dict", "str"], seen

asyncio.run(main())
PYTHON
