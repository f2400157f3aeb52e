"""This gateway, from the sources beside the tests."""

import json
import sys
from pathlib import Path

from tests.bench.peers.peer import Launch, Peer, Place
from tests.bench.subject import ROOT


def _configure(place: Place, _root: Path) -> Launch:
    # The others ask nobody before a tool is called.
    tables = [
        f'[servers.{name}]\ncommand = {json.dumps(command)}\nreads = ["*"]\n' for name, command in place.servers.items()
    ]
    if tables:
        (place.home / "parley.toml").write_text("\n".join(tables))
    environ = {
        "PYTHONPATH": str(ROOT),
        "TELEGRAM_API_URL": place.telegram,
        "TELEGRAM_BOT_TOKEN": place.token,
        "MISTRAL_BASE_URL": f"{place.model}/v1",
        "MISTRAL_API_KEY": "any",
        "DATA_DIR": str(place.home / "data"),
        "ACCESS": "open",
        "GREETING": "off",
        # The others write no titles: each would be a second request to the model.
        "TITLES": "off",
    }
    return Launch((sys.executable, "-m", "bot", "run"), environ)


PARLEY = Peer("Parley", "", _configure)
