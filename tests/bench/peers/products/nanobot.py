"""nanobot, from PyPI: one process, which keeps its sessions in files."""

import json
from pathlib import Path
from typing import Any

from tests.bench.peers.peer import Launch, Peer, Place
from tests.bench.peers.redirected import led_to


def _configure(place: Place, root: Path) -> Launch:
    config: dict[str, Any] = {
        "agents": {
            "defaults": {"model": "gpt-6-luna", "provider": "custom", "workspace": str(place.home / "workspace")}
        },
        "providers": {"custom": {"apiKey": "any", "apiBase": f"{place.model}/v1"}},
        "channels": {
            "telegram": {"enabled": True, "token": place.token, "allowFrom": ["*"]},
            # Its own page, which it serves beside.
            "websocket": {"enabled": True, "port": place.port + 1},
        },
    }
    servers = {name: {"command": command, "args": rest} for name, (command, *rest) in place.servers.items()}
    config["tools"] = {"mcpServers": servers}
    path = place.home / "config.json"
    path.write_text(json.dumps(config))
    program = str(root / "bin" / "nanobot")
    command_line = (program, "gateway", "--foreground", "--config", str(path), "--port", str(place.port))
    return Launch(command_line, led_to(place.telegram))


NANOBOT = Peer(
    "nanobot",
    "0.3.5",
    _configure,
    # Its channel for Telegram is a plugin whose dependencies are installed when it is switched on.
    packages=("nanobot-ai==0.3.5", "python-telegram-bot[socks,webhooks]==22.8", "socksio==1.0.0"),
    runtime="3.11",
    redirected=True,
)
