"""AstrBot, from PyPI: it has settings for where Telegram is."""

import json
from pathlib import Path

from tests.bench.peers.peer import Launch, Peer, Place


def _configure(place: Place, root: Path) -> Launch:
    data = place.home / "data"
    for name in ("config", "plugins", "temp"):
        (data / name).mkdir(parents=True)
    (place.home / ".astrbot").touch()
    telegram = {
        "id": "telegram",
        "type": "telegram",
        "enable": True,
        "telegram_token": place.token,
        "telegram_api_base_url": f"{place.telegram}/bot",
        "telegram_file_base_url": f"{place.telegram}/file/bot",
    }
    source = {
        "id": "local",
        "provider": "openai",
        "type": "openai_chat_completion",
        "provider_type": "chat_completion",
        "enable": True,
        "key": ["any"],
        "api_base": f"{place.model}/v1",
        "timeout": 120,
    }
    model = {"id": "local/gpt", "provider_source_id": "local", "model": "gpt-6-luna", "enable": True}
    # Without a limit of its own to how much a person may write, which none of the others has.
    config = {
        "config_version": 5,
        "platform": [telegram],
        "provider_sources": [source],
        "provider": [model],
        "platform_settings": {"rate_limit": {"time": 60, "count": 1000, "strategy": "stall"}},
        "disable_metrics": True,
        "dashboard": {"enable": False},
    }
    (data / "cmd_config.json").write_text(json.dumps(config))
    servers = {
        name: {"command": command, "args": rest, "active": True} for name, (command, *rest) in place.servers.items()
    }
    (data / "mcp_server.json").write_text(json.dumps({"mcpServers": servers}))
    return Launch((str(root / "bin" / "astrbot"), "run"))


ASTRBOT = Peer("AstrBot", "4.29.3", _configure, packages=("AstrBot==4.29.3",), runtime="3.12")
