#!/usr/bin/env bash
# openai 3.57.0: a stream that ends in mid-sentence, without a finish reason and without [DONE], raises nothing.
# The server ends the response properly (a proxy that gave up on its upstream does just that). The loop over the
# stream simply ends, as after a whole answer; only that no chunk ever had a finish_reason tells the difference.
# litellm raises in the same case.
# Guess: an error that says the stream was incomplete. Seen: ['Hello ', 'wor'], reasons [None, None].
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'openai==3.57.0' 'aiohttp==3.14.5'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio, json
from aiohttp import web

def chunk(delta, finish=None):
    data = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    data["choices"] = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps(data).encode() + b"\n\n"

async def serve(*events):
    """An OpenAI-compatible address that streams these events and then ends the response properly."""
    async def chat(request):
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            await response.write(event)
        await response.write_eof()
        return response
    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

import openai

async def ask(base):
    client = openai.AsyncOpenAI(base_url=base, api_key="k")
    stream = await client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "hi"}], stream=True)
    return [part async for part in stream]

async def main():
    parts = await ask(await serve(chunk({"content": "Hello "}), chunk({"content": "wor"})))
    words = [part.choices[0].delta.content for part in parts]
    reasons = [part.choices[0].finish_reason for part in parts]
    print(words, reasons)
    assert words == ["Hello ", "wor"] and reasons == [None, None]

asyncio.run(main())
PYTHON
