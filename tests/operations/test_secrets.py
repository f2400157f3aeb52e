"""Secrets planted everywhere they can be configured, and then looked for everywhere something is written.

The gateway is a program of its own here, told the most that it can tell, while everything outside fails at random.
"""

import asyncio
import os
import stat
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from pydantic import SecretStr
from yarl import URL

from bot.domain.clock import SystemClock
from bot.settings import Settings
from bot.standins.faults import FaultKind
from bot.standins.model import Fault, ModelServer
from tests.scenario.test_faults import ODDS
from tests.support.patience import PATIENCE_S
from tests.support.ports import free_port
from tests.support.proxy import HttpProxy
from tests.support.sides import DiscordSide, Side, TelegramSide
from tests.web.test_proxies import named

ROOT = Path(__file__).parent.parent.parent
WORDS = "unmistakably-private-words"


def planted() -> dict[str, str]:
    """A secret for every setting that is one."""
    names = [name for name, field in Settings.model_fields.items() if _is_secret(field.annotation)]
    assert len(names) >= 16
    return {
        name.upper(): f"PLANTED-{number:02}-{name.replace('_', '')}-0123456789" for number, name in enumerate(names)
    }


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(inner) for inner in get_args(annotation))


class Gateway:
    """`python -m bot run` in a directory of its own."""

    def __init__(self, directory: Path, environ: dict[str, str], side: Side) -> None:
        self.directory = directory
        self.environ = environ
        self.side = side
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Gateway":
        with (self.directory / "log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self.directory, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.environ},
            )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def until(self, look: Any) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return await self.side.wait_for(look, PATIENCE_S)


@pytest.mark.parametrize(("name", "form"), [("telegram", "json"), ("discord", "readable")])
async def test_no_secret_and_no_words_are_written_anywhere(
    tmp_path: Path, name: str, form: str, request: pytest.FixtureRequest
) -> None:
    secrets = planted()
    password = secrets.pop("DATABASE_URL")
    if name == "discord":
        address = URL(request.getfixturevalue("postgres_url"))
        # The server lets in whoever reaches its socket, with or without one.
        secrets["DATABASE_URL"] = str(address.with_user(address.user or "postgres").with_password(password))
    async with AsyncExitStack() as stack:
        model = ModelServer()
        await model.start()
        stack.push_async_callback(model.close)
        side = await _side(name, secrets)
        stack.push_async_callback(side.stop)
        (tmp_path / "parley.toml").write_text(
            f'[endpoints.home]\nbase_url = "{model.url.replace("//", "//user:PLANTED-in-address@")}/v1"\n'
            'api_key = "PLANTED-in-toml"\n[modes.regular]\nchain = ["home/one", "mistral/two"]\n'
        )
        port = free_port()
        proxies = {}
        for key in (key for key in secrets if key.endswith("PROXY")):
            # A secret alone would be nobody's proxy: it is the password of one.
            proxies[key] = (await stack.enter_async_context(HttpProxy("parley", secrets[key]))).url
        environ = {
            **{key: value for key, value in secrets.items() if "BOT_TOKEN" not in key},
            **{key.upper(): named(str(value), "platform.test") for key, value in side.settings().items()},
            **proxies,
            "MISTRAL_BASE_URL": named(f"{model.url}/v1", "vendor.test"),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(free_port()),
            "ACCESS": "open",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": form,
            "HEALTH_PORT": str(port),
            "ENDPOINT_ADDRESSES": "any",
        }
        gateway = await stack.enter_async_context(Gateway(tmp_path, environ, side))
        # A token of a platform that is not opened is nobody's secret here.
        known = [value for key, value in secrets.items() if "BOT_TOKEN" not in key or key.startswith(name.upper())]
        texts = await _talk(gateway, side, model, known)
        texts.append(await _page(port))
        assert gateway.process is not None
        texts.append(await asyncio.to_thread(Path(f"/proc/{gateway.process.pid}/cmdline").read_text))
    _search(tmp_path, texts)


def _search(directory: Path, texts: list[str]) -> None:
    """Look for the secrets in these texts and in everything that the gateway has written."""
    written = [path for path in directory.rglob("*") if path.is_file() and path.name != "parley.toml"]
    for text in [*texts, *(path.read_bytes().decode("latin-1") for path in written)]:
        assert "PLANTED" not in text, text[max(0, text.find("PLANTED") - 200) :][:400]
    log = (directory / "log").read_text()
    assert len(log) > 1000
    assert WORDS not in log
    data = directory / "data"
    for path in [data, *data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def _side(name: str, secrets: dict[str, str]) -> Side:
    side: Side
    if name == "telegram":
        side = TelegramSide(SystemClock())
        world = side.stand_in.world
        del world.bots[side.bot.token]
        side.bot.token = f"{side.bot.id}:{secrets['TELEGRAM_BOT_TOKEN']}"
        world.bots[side.bot.token] = side.bot
    else:
        side = DiscordSide(SystemClock())
        side.stand_in.token = secrets["DISCORD_BOT_TOKEN"]
        side.stand_in.gateway._token = secrets["DISCORD_BOT_TOKEN"]
        side.stand_in.rest._authorization = f"Bot {secrets['DISCORD_BOT_TOKEN']}"
    await side.start()
    return side


async def _talk(gateway: Gateway, side: Side, model: ModelServer, secrets: list[str]) -> list[str]:
    """Everything that may make a gateway say too much; gives what people have been sent."""
    person, room = side.newcomer("Alice")
    await gateway.until(side.arrivals)
    for secret in (secrets[2], "PLANTED-in-toml", "PLANTED-in-address"):
        # A vendor that repeats the key in its refusal.
        model.fail(Fault("status", status=401, body={"error": {"message": f"Wrong key: {secret}"}}))
    model.fail(Fault("reset"))
    model.reply = f"You said: {WORDS}."
    side.say(person, room, f"hello, {WORDS}", reply_to=None, mention=False)
    await gateway.until(lambda: side.shown(room, person))
    side.faults.randomly({fault: odds for fault, odds in ODDS.items() if fault.kind is not FaultKind.STALL}, seed=5)
    for number in range(5):
        side.say(person, room, f"question {number}, {WORDS}", reply_to=None, mention=False)
    await gateway.until(lambda: len(side.shown(room, person)) >= 3)
    side.faults.clear()
    await gateway.until(lambda: side.knows("export", room))
    side.command(person, room, "export", ("markdown",))
    await gateway.until(lambda: side.files(room))
    shown = [message.text for message in side.shown(room, person)]
    return [*shown, *(data.decode("latin-1") for _, data in side.files(room))]


async def _page(port: int) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return await answer.text()
