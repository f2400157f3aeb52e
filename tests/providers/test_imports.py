"""Libraries are loaded when they are needed, and keep to themselves."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PROBE = """
import asyncio, os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"{event} {args[:2]}")
    if event == "open" and str(args[0]).endswith(".env"):
        raise RuntimeError(f"opened {args[0]}")

from bot.contracts.provider import Endpoint, Prompt, TimeLimits
from providers import open_provider
assert not {"aiohttp", "google.genai", "litellm"} & set(sys.modules)
provider = open_provider(Endpoint("anthropic", "litellm", "http://127.0.0.1:9", "key"), TimeLimits())
assert "litellm" not in sys.modules
sys.addaudithook(watch)

async def main():
    try:
        async for _ in provider.stream(Prompt("m", ())):
            pass
    except Exception as error:
        print(type(error).__name__)
    await provider.close()

asyncio.run(main())
assert "litellm" in sys.modules
assert "PARLEY_PROBE" not in os.environ
"""


def test_litellm_is_loaded_late_and_touches_neither_network_nor_env_files(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PARLEY_PROBE=1\n")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # The only connection it tried is the one it was asked for, and that one was forbidden.
    assert done.stdout.split() in (["ProviderUnreachable"], ["RequestRefused"])
    assert "githubusercontent" not in done.stderr
