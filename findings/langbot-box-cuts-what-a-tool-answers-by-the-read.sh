#!/usr/bin/env bash
# langbot-plugin (0.7.16; 0.5.7 as well) hands on what a server of tools says by the read, not by the line.
# LangBot starts servers over standard input and output in its Box, which passes each read of up to 64 KiB on as one
# message of a WebSocket; LangBot takes each message for one of the protocol's. A result of 100,000 characters comes in
# pieces, and one that stands right behind a log line comes in one piece with it. Neither is JSON, so that both are
# dropped, and the answer with them.
# Guess: one line, one message. Seen: [True] for a short result, [False] with a log line, [False, False] for a long one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'langbot-plugin==0.7.16'
cd "$dir"
"$dir/venv/bin/python" - <<'PYTHON'
import asyncio
import json
import logging
import sys
import aiohttp
from aiohttp import web
from langbot_plugin.box import security
from langbot_plugin.box.host_backend import HostProcessBackend
from langbot_plugin.box.models import BoxManagedProcessSpec, BoxSpec
from langbot_plugin.box.runtime import BoxRuntime
from langbot_plugin.box.server import BoxGenerationFence, create_app
from langbot_plugin.box.tenancy import namespace_session_id
from langbot_plugin.entities.io.context import ActionContext

logging.disable(logging.CRITICAL)
SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    told = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "working"}}
    answer = {"jsonrpc": "2.0", "id": asked["id"], "result": "x" * asked["params"]}
    lines = ([told] if asked["method"] == "with a log line" else []) + [answer]
    sys.stdout.write("".join(json.dumps(line) + "\\n" for line in lines))
    sys.stdout.flush()
"""


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


async def main():
    runtime = BoxRuntime(logging.getLogger(), backends=[HostProcessBackend(logging.getLogger())])
    runtime.init({"backend": "host"})
    await runtime.initialize()
    who = ActionContext(instance_uuid="i", workspace_uuid="w", placement_generation=1)
    fence = BoxGenerationFence()
    fence.observe(who)
    session = namespace_session_id(who, "s")
    await runtime.create_session(BoxSpec(session_id=session, persistent=True))
    await runtime.start_managed_process(
        session, BoxManagedProcessSpec(process_id="p", command=sys.executable, args=["-c", SERVER])
    )
    runner = web.AppRunner(create_app(runtime, trusted_instance_uuid="i", generation_fence=fence))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/sessions/{session}/managed-process/p/ws"
    headers = {
        security.BOX_INSTANCE_HEADER: "i",
        security.BOX_WORKSPACE_HEADER: "w",
        security.BOX_PLACEMENT_GENERATION_HEADER: "1",
    }
    seen = {}
    connecting = {"headers": headers, "protocols": ("mcp",), "max_msg_size": 0}
    async with aiohttp.ClientSession() as client, client.ws_connect(url, **connecting) as ws:
        for method, length in (("short", 10), ("with a log line", 10), ("long", 100_000)):
            await ws.send_str(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": length}))
            got = []
            while not "".join(got).endswith("\n") or '"result"' not in "".join(got):
                got.append((await ws.receive()).data)
            seen[method] = [is_json(text) for text in got]
    print("is each message JSON:", seen)
    assert seen["short"] == [True]
    assert seen["with a log line"] == [False]
    assert len(seen["long"]) > 1 and not any(seen["long"])
    await runner.cleanup()
    await runtime.shutdown()


asyncio.run(main())
PYTHON
