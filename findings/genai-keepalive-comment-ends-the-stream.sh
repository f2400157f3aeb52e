#!/usr/bin/env bash
# google-genai 3.6.1 does not know comments of server-sent events: a keep-alive ends the answer with an error.
# A line that begins with a colon is a comment, and gateways send ": keep-alive" while a model thinks. The client
# takes it for a broken reply and raises UnknownApiResponseError in the middle of the answer, so that a Gemini behind
# such a gateway works for quick answers and fails for slow ones.
# Guess: comments are skipped, as by every SSE client. Seen: ['Hello '] and then UnknownApiResponseError.
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
from google.genai import errors

def chunk(text, **more):
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0} | more
    return b"data: " + json.dumps({"candidates": [candidate]}).encode() + b"\r\n\r\n"

async def answer(request):
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for event in (chunk("Hello "), b": keep-alive\r\n\r\n", chunk("world", finishReason="STOP")):
        await response.write(event)
    return response

async def main():
    app = web.Application()
    app.router.add_post("/{version}/models/{call}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = genai.Client(api_key="k", http_options={"base_url": f"http://127.0.0.1:{runner.addresses[0][1]}"})
    words, failure = [], None
    try:
        async for part in await client.aio.models.generate_content_stream(model="m", contents="hi"):
            words.append(part.text)
    except errors.UnknownApiResponseError as error:
        failure = error
    print(words, repr(failure)[:100])
    assert words == ["Hello "] and failure is not None

asyncio.run(main())
PYTHON
