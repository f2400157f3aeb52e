"""LangBot, from PyPI: it is configured over its own HTTP API, and keeps that in its database.

Since 4.11 what answers is a plugin from its project's marketplace, which no package registry has; 4.10.10 is the last
version that brings it along.
"""

import json
import shlex
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.bench.peers.peer import Launch, Peer, Place
from tests.bench.peers.redirected import led_to

START_S = 300.0
END_S = 10.0
KEY = "a-key-of-this-installation"
BOX_TOKEN = "a-token-that-both-know-and-nobody-else-does"


class NotTaken(Exception):
    """LangBot does not take a part of its configuration."""


def _configure(place: Place, root: Path) -> Launch:
    (place.home / "data").mkdir()
    environ = {
        **led_to(place.telegram),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(place.port),
        "API__GLOBAL_API_KEY": KEY,
        "SPACE__DISABLE_TELEMETRY": "true",
        "SPACE__DISABLE_MODELS_SERVICE": "true",
        # A program beside it, for plugins, of which none is used here.
        "PLUGIN__ENABLE": "false",
        "BOX__ENABLED": "false",
        "NO_PROXY": "127.0.0.1",
        "HOME": str(place.home),
        "PATH": f"{root / 'bin'}:/usr/bin:/bin",
    }
    command = (str(root / "bin" / "python"), "-m", "langbot")
    with (
        (place.home / "log").open("ab") as log,
        subprocess.Popen(command, cwd=place.home, env=environ, stdout=log, stderr=log) as process,
    ):
        try:
            _fill(place)
        finally:
            _end(process)
    return _with_box(place.port + 1, command, environ) if place.servers else Launch(command, environ)


def _with_box(port: int, command: tuple[str, ...], environ: dict[str, str]) -> Launch:
    """With its program for sandboxes, which alone starts servers of tools over standard input and output.

    By default that one runs them in Docker or nsjail; "host" runs them as they are, as all other peers do. LangBot
    starts it only where it finds itself in no container; here it is started beside it, as in the project's own images.
    """
    listening = ("--host", "127.0.0.1", "--ws-control-port", str(port))
    box = shlex.join((command[0], "-m", "langbot_plugin.cli.__init__", "box", *listening))
    settings = {
        "BOX__ENABLED": "true",
        "BOX__BACKEND": "host",
        "BOX__RUNTIME__ENDPOINT": f"ws://127.0.0.1:{port}",
        "LANGBOT_BOX_CONTROL_TOKEN": BOX_TOKEN,
    }
    return Launch(("sh", "-c", f"{box} & exec {shlex.join(command)}"), {**environ, **settings})


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _fill(place: Place) -> None:
    """A model, a bot and the servers of tools, once the API is there."""
    end = time.monotonic() + START_S
    while True:
        try:
            _post(place.port, "user/init", {"user": "admin@example.com", "password": "any-password-1"})
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
    provider = {"requester": "openai-chat-completions", "base_url": f"{place.model}/v1", "api_keys": ["any"]}
    model = {"name": "gpt-6-luna", "provider": provider, "abilities": ["func_call"], "extra_args": {}}
    model_id = _post(place.port, "provider/models/llm", model)["uuid"]
    pipeline = "pipelines/" + _post(place.port, "pipelines", {"name": "talk", "description": ""})["uuid"]
    config = _call(place.port, "GET", pipeline)["pipeline"]["config"]
    config["ai"]["local-agent"]["model"]["primary"] = model_id
    _call(place.port, "PUT", pipeline, {"config": config})
    for name, command in place.servers.items():
        # An argument that is a path is taken for the server's project, which is copied.
        how = {"command": "sh", "args": ["-c", f"exec {shlex.join(command)}"], "env": {}}
        _post(place.port, "mcp/servers", {"name": name, "enable": True, "mode": "stdio", "extra_args": how})
    telegram = {"token": place.token, "markdown_card": True, "enable-stream-reply": False}
    bot = {"name": "bot", "description": "", "adapter": "telegram", "adapter_config": telegram, "enable": True}
    _post(place.port, "platform/bots", bot)


def _post(port: int, path: str, body: dict[str, Any]) -> Any:
    return _call(port, "POST", path, body)


def _call(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Raises OSError where nobody listens, and NotTaken for an answer that is none."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "application/json", "X-API-Key": KEY}
    connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
    response = connection.getresponse()
    said = response.read().decode(errors="replace")
    if response.status >= 400 or json.loads(said).get("code"):
        raise NotTaken(f"{path}: {response.status} {said[:300]}")
    return json.loads(said).get("data")


LANGBOT = Peer("LangBot", "4.10.10", _configure, packages=("langbot==4.10.10",), runtime="3.11", redirected=True)
