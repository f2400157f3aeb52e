"""`parley demo`: two people on both platforms, in a terminal, in under a minute.

The gateway runs as a separate process with its real front-ends; the platforms and the model are local stand-ins. It
is killed in the middle of an answer and started again. At the end stands what each person sees.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.domain.counts import counted
from bot.domain.errors import ParleyError
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import ModelServer, Pace
from bot.standins.telegram.server import TelegramStandIn

Seen = TypeVar("Seen")

_PATIENCE_S = 60.0
_STORY = (
    "The **Moon** pulls at the sea, and the side that faces it rises.\n\n"
    "1. On the near side the pull is a little stronger.\n2. On the far side it is a little weaker.\n\n"
    "```python\ndef tides_a_day():\n    return 2  # the Earth turns through both\n```\n\n"
    "So most coasts see *two* tides a day."
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One message as it stands in a chat."""

    who: str
    text: str


class Demo:
    """The stand-ins, the gateway, and what people do."""

    def __init__(self, telegram: TelegramStandIn, discord: DiscordStandIn, model: ModelServer, data: Path) -> None:
        self._telegram = telegram
        self._discord = discord
        self._model = model
        self._bot = telegram.people.add_bot()
        self._environ = {
            "PATH": os.environ.get("PATH", ""),
            "TELEGRAM_BOT_TOKEN": self._bot.token,
            "TELEGRAM_API_URL": telegram.url,
            "DISCORD_BOT_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "MISTRAL_API_KEY": "demo-key",
            "MISTRAL_BASE_URL": f"{model.url}/v1",
            "DATA_DIR": str(data),
            "ACCESS": "open",
            "GREETING": "off",
            "TITLES": "off",
            "LOG_LEVEL": "error",
        }
        self._log = data.parent / "gateway.log"
        # Not the one of the present directory, which may be a real gateway's.
        self._env_file = data.parent / "demo.env"
        self._env_file.touch()
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """The whole story. Raises TimeoutError if something promised does not happen."""
        alice = self._telegram.people.open_person("Alice")
        chat = self._telegram.people.open_private(alice)
        bob = self._discord.people.open_person("Bob")
        channel = self._discord.people.open_channel(self._discord.people.open_guild("Home", [bob]), "general")

        _tell("The gateway starts, on Telegram and on Discord at once.")
        await self._start()
        self._model.reply, self._model.pace = _STORY, Pace(first_token_s=0.3, token_s=0.04)
        _tell("Alice asks on Telegram; Bob mentions the bot in a Discord channel, which opens a thread.")
        self._telegram.people.say(alice, chat, "Why are there tides?")
        thread = self._discord.people.say(bob, channel, f"<@{self._discord.application_id}> why are there tides?")
        await self._until(lambda: self._telegram.transcript(chat).drafts)
        _tell(f"The answer grows: {_short(self._telegram.transcript(chat).drafts[0].text)}")
        await self._until(lambda: "two tides" in " ".join(self._telegram.transcript(chat).texts))
        await self._until(lambda: self._seen_in(thread, "tides a day"))

        _tell("Both ask again, and the gateway is killed (SIGKILL) while it answers.")
        self._telegram.people.say(alice, chat, "And on other planets?")
        self._discord.people.say(bob, thread, "and on other planets?")
        await self._until(lambda: self._telegram.transcript(chat).drafts)
        await self._kill()
        _tell("While it is down, Alice writes once more. Then it is started again.")
        self._model.pace = Pace(token_s=0.005)
        self._telegram.people.say(alice, chat, "Are you still there?")
        await self._start()
        await self._until(lambda: self._answers(chat) == 3)
        await self._until(lambda: self._discord_answers(thread) == 2)
        _tell("Alice exports the conversation, as a file.")
        self._telegram.people.say(alice, chat, "/export markdown")
        await self._until(lambda: any(m.media for m in self._telegram.transcript(chat).from_bots()))
        await self._stop()

        self._show("Telegram, as Alice sees it", self._telegram_lines(chat))
        self._show("Discord, as Bob sees it", self._discord_lines(thread, bob))
        _tell("Three questions and two: five answers, each once, none lost.")

    # The gateway

    async def _start(self) -> None:
        arrived = self._polls(), self._discord.gateway.arrivals
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--env-file", str(self._env_file)),
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        await self._until(lambda: self._polls() > arrived[0] and self._discord.gateway.arrivals > arrived[1])

    def _polls(self) -> int:
        return self._telegram.calls.counts["getUpdates"]

    async def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def _stop(self) -> None:
        if self._process is not None:
            # One that has ended by itself takes no signal: how it ended says it.
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            if await self._process.wait() != 0:
                raise ParleyError("The gateway did not exit as it should.")

    async def close(self) -> None:
        """End the gateway if it still runs."""
        if self._process is not None and self._process.returncode is None:
            await self._kill()

    # What is there to be seen

    def _answers(self, chat: int) -> int:
        return sum("two tides" in message.text for message in self._telegram.transcript(chat).from_bots())

    def _discord_answers(self, thread: int) -> int:
        if thread not in self._discord.world.channels:
            return 0
        shown = self._discord.transcript(thread).from_bots()
        return sum("tides a day" in message.text and "Stop" not in message.labels for message in shown)

    def _seen_in(self, thread: int, words: str) -> bool:
        there = thread in self._discord.world.channels
        return there and any(words in text for text in self._discord.transcript(thread).texts)

    def _telegram_lines(self, chat: int) -> list[_Line]:
        shown = self._telegram.transcript(chat).messages
        return [
            _Line("Parley" if m.from_bot else "Alice", m.text or _file(m.media)) for m in shown if m.service is None
        ]

    def _discord_lines(self, thread: int, viewer: int) -> list[_Line]:
        shown = self._discord.transcript(thread, viewer=viewer).messages
        return [_Line("Parley" if m.from_bot else "Bob", m.text) for m in shown if not m.system]

    def _show(self, title: str, lines: list[_Line]) -> None:
        _say(f"\n── {title} " + "─" * max(0, 60 - len(title)))
        for line in lines:
            body = textwrap.indent(line.text.strip(), "    ")
            _say(f"{line.who}:\n{body}")

    async def _until(self, look: Callable[[], Seen]) -> Seen:
        for _ in range(int(_PATIENCE_S / 0.1)):
            if seen := look():
                return seen
            try:
                return await self._telegram.wait_for(look, 0.1)
            except TimeoutError:
                continue
        words = self._log.read_text(encoding="utf-8", errors="replace")[-2000:] if self._log.exists() else ""
        raise ParleyError(
            f"The demo waited {_PATIENCE_S:g} s for something that did not come. The gateway said: {words}"
        )


async def main() -> None:
    """Run the demo. Raises `ParleyError` where something promised does not happen."""
    model = ModelServer()
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as directory:
        async with TelegramStandIn() as telegram, DiscordStandIn() as discord:
            await model.start()
            demo = Demo(telegram, discord, model, Path(directory) / "data")
            try:
                await demo.run()
            finally:
                await demo.close()
                await model.close()


def _tell(text: str) -> None:
    _say(f"• {text}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _file(media: Mapping[str, Any]) -> str:
    return "".join(f"📎 {one['file_name']} ({counted(one['file_size'], 'byte')})" for one in media.values())


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) < 60 else flat[:59] + "…"
