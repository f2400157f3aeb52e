#!/usr/bin/env bash
# discord.py 2.7.1 with max_ratelimit_timeout=30, the least that is allowed, refuses calls that their bucket has left.
# Discord counts threads that are opened over minutes: after the first call of such a bucket the library raises
# RateLimited for every further one until the window ends, whatever X-RateLimit-Remaining says. No request is sent.
# Guess: RateLimited is for a bucket that is used up. Seen: 1 of 50 is used, the second call fails, one request was made.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'discord.py==2.7.1' 'aiohttp==3.14.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
from aiohttp import web
from discord import RateLimited
from discord.http import HTTPClient, Route

USER = b'{"id": "1", "username": "bot", "discriminator": "0", "avatar": null}'


async def main():
    made = []

    async def user(request):
        return web.Response(body=USER, content_type="application/json")

    async def thread(request):
        made.append(request.path)
        headers = {
            "X-RateLimit-Bucket": "threads",
            "X-RateLimit-Limit": "50",
            "X-RateLimit-Remaining": str(50 - len(made)),
            "X-RateLimit-Reset-After": "299.5",
        }
        return web.Response(body=b"{}", content_type="application/json", headers=headers)

    app = web.Application()
    app.add_routes([web.get("/users/@me", user), web.post("/channels/{channel_id}/threads", thread)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    Route.BASE = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=30.0)
    await client.static_login("token")
    opening = Route("POST", "/channels/{channel_id}/threads", channel_id=1)
    await client.request(opening, json={"name": "one"})
    try:
        await client.request(opening, json={"name": "two"})
        refused = None
    except RateLimited as error:
        refused = error
    print(f"requests: {len(made)}, left of the bucket: 49, the second: {refused!r} after {refused and refused.retry_after:.0f} s")
    assert len(made) == 1 and refused is not None and 290 < refused.retry_after < 300
    await client.close()


asyncio.run(main())
PYTHON
