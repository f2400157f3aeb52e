#!/usr/bin/env bash
# When a tool of an MCP server (mcp 2.3.0, `MCPServer`) raises, its words do not reach the model.
# Up to the first major version the result of such a call was the exception's text, which is how servers told a model
# what to do better. Now it is one sentence that names the tool; only `ToolError` keeps its words.
# Guess: the model reads "no such city". Seen: "Error executing tool weather".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mcp==2.3.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import logging
from mcp import Client
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

logging.disable(logging.CRITICAL)
server = MCPServer("weather")


@server.tool()
def weather(city: str) -> str:
    raise ValueError("no such city: write it in English")


@server.tool()
def forecast(city: str) -> str:
    raise ToolError("no such city: write it in English")


async def main():
    async with Client(server) as client:
        told = [(await client.call_tool(name, {"city": "X"})).content[0].text for name in ("weather", "forecast")]
        print(told)
        assert "no such city" not in told[0]
        assert "no such city" in told[1]


asyncio.run(main())
PYTHON
