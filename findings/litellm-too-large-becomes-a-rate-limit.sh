#!/usr/bin/env bash
# litellm 1.110.2 turns a 413 into RateLimitError 429 where the server's words are "Request too large".
# The response that the exception carries says 429 as well, so that nothing tells of the real status. A request that
# can never pass is taken for one to repeat in a while; with other words the same 413 stays an APIError 413.
# Guess: the status decides. Seen: RateLimitError 429 for "Request too large", APIError 413 for "Payload over the
# limit".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2'
cd "$dir"
LITELLM_LOCAL_MODEL_COST_MAP=True "$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
from aiohttp import web
import litellm
litellm.suppress_debug_info = True

async def seen(words):
    async def refuse(request):
        return web.json_response({"error": {"message": words, "type": "invalid_request_error"}}, status=413)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        await litellm.acompletion(model="openai/m", api_base=base, api_key="k", num_retries=0, max_retries=0,
                                  messages=[{"role": "user", "content": "hi"}])
    except Exception as error:
        return type(error).__name__, error.status_code, error.response.status_code

async def main():
    found = [await seen(words) for words in ("Request too large", "Payload over the limit")]
    print(found)
    assert found == [("RateLimitError", 429, 429), ("APIError", 413, 413)], found

asyncio.run(main())
PYTHON
