#!/usr/bin/env bash
# openai 3.57.0 hands on an error of the form {"object": "error", …} within a stream as if it were a chunk.
# Only a top-level "error" member raises APIError. The other common form, which some inference servers send, comes out
# as a ChatCompletionChunk whose choices are None; the words before it look like the whole answer.
# Guess: an error within a stream raises. Seen: the second chunk has object 'error' and choices None.
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
    failed = b'data: {"object": "error", "message": "out of memory", "code": 500}\n\n'
    parts = await ask(await serve(chunk({"content": "Hello "}), failed, b"data: [DONE]\n\n"))
    print(type(parts[1]).__name__, parts[1].object, parts[1].choices)
    assert len(parts) == 2 and parts[1].object == "error" and parts[1].choices is None

asyncio.run(main())
PYTHON
