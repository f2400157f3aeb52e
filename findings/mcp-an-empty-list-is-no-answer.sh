#!/usr/bin/env bash
# A tool of an MCP server (mcp 2.3.0, `MCPServer`) that returns a list gives a block of text for each element, so that
# one that found nothing gives a result without a word.
# A gateway that hands a model the content of a result has nothing to hand over then, and several vendors refuse an
# empty tool result; that the list was empty stands in `structured_content` alone.
# Guess: one block, "[]". Seen: no block.
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

logging.disable(logging.CRITICAL)
server = MCPServer("search")


@server.tool()
def search(words: str) -> list[str]:
    return [f"{words} {number}" for number in range(2)] if words == "tea" else []


async def main():
    async with Client(server) as client:
        found = await client.call_tool("search", {"words": "tea"})
        nothing = await client.call_tool("search", {"words": "mud"})
        print([block.text for block in found.content], nothing.content, nothing.structured_content)
        assert len(found.content) == 2
        assert nothing.content == [] and not nothing.is_error
        assert nothing.structured_content == {"result": []}


asyncio.run(main())
PYTHON
