#!/usr/bin/env bash
# A tool of an MCP server (mcp 2.3.0, `MCPServer`) whose text may be left out refuses texts that look like JSON.
# An argument declared as `str` comes as it is. One declared as `str | None` is parsed as JSON first wherever it can
# be, so a note that is an empty list in brackets, or a snippet of JSON, is refused as the wrong type, and the word
# null arrives as no text at all.
# Guess: both arguments take any text. Seen: the optional one refuses "[1]" and loses "null".
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
server = MCPServer("notes")


@server.tool()
def keep(text: str, remark: str | None = None) -> str:
    return f"{text!r} {remark!r}"


async def main():
    async with Client(server) as client:
        async def call(**arguments):
            result = await client.call_tool("keep", arguments)
            return result.is_error, result.content[0].text

        plain = await call(text="[1]")
        listed = await call(text="a", remark="[1]")
        nothing = await call(text="a", remark="null")
        print(plain, listed, nothing, sep="\n")
        assert plain == (False, "'[1]' None")
        assert listed[0] and "valid string" in listed[1]
        assert nothing == (False, "'a' None")


asyncio.run(main())
PYTHON
