#!/usr/bin/env bash
# google-genai 3.6.1 gives an empty answer and no error where a stream comes as a JSON list of events.
# That is the same method's other form: Google's server sends it when `alt=sse` is missing, so that a gateway which
# drops the query gets it and hands it on. Every word is there in the body; the loop over the stream yields one event
# without candidates, and ends as after an answer.
# Guess: it is read, or it fails. Seen: [(None, None)], one event without text or candidates, and no exception.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'google-genai==3.6.1' 'aiohttp==3.14.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, json
from aiohttp import web
from google import genai

def event(text, **more):
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0} | more]}

async def client_of(answer):
    app = web.Application()
    app.router.add_post("/{version}/models/{call}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return genai.Client(api_key="k", http_options={"base_url": f"http://127.0.0.1:{runner.addresses[0][1]}"})

async def main():
    async def answer(request):
        return web.json_response([event("Hello "), event("world", finishReason="STOP")])
    client = await client_of(answer)
    parts = [part async for part in await client.aio.models.generate_content_stream(model="m", contents="hi")]
    print([(part.text, part.candidates) for part in parts])
    assert [(part.text, part.candidates) for part in parts] == [(None, None)], parts

asyncio.run(main())
PYTHON
