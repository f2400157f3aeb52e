#!/usr/bin/env bash
# litellm 1.110.2 turns a finish reason that it does not know into "stop".
# An endpoint that ends with "max_output_tokens" has cut the answer off. Through litellm the last chunk says "stop",
# so that a program which looks at finish_reason takes half an answer for a whole one, and can offer nobody to go on.
# Guess: an unknown reason is handed on as it came, or as None. Seen: [('Half of', None), (None, 'stop')].
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
    base = await serve(chunk({"content": "Half of"}), chunk({}, "max_output_tokens"), b"data: [DONE]\n\n")
    seen = await ask(base)
    print(seen)
    assert seen == [("Half of", None), (None, "stop")], seen

asyncio.run(main())
PYTHON
