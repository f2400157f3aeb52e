#!/usr/bin/env bash
# litellm 1.110.2 drops the text of a streamed delta whose `content` is a list of parts, and reports success.
# Several endpoints that call themselves OpenAI-compatible stream `"content": [{"type": "text", "text": "…"}]`. The
# openai client hands the list on; through litellm the whole answer is gone and the stream ends with "stop".
# Guess: the parts are joined, or it fails. Seen: [(None, 'stop')].
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
LITELLM_LOCAL_MODEL_COST_MAP=True "$dir/venv/bin/python" -W ignore - <<'PYTHON'
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

import litellm
litellm.suppress_debug_info = True

async def ask(base):
    stream = await litellm.acompletion(
        model="openai/m", api_base=base, api_key="k", messages=[{"role": "user", "content": "hi"}], stream=True)
    return [(part.choices[0].delta.content, part.choices[0].finish_reason) async for part in stream]

async def main():
    part = {"content": [{"type": "text", "text": "Hello"}]}
    seen = await ask(await serve(chunk(part), chunk({}, "stop"), b"data: [DONE]\n\n"))
    print(seen)
    assert seen == [(None, "stop")], seen

asyncio.run(main())
PYTHON
