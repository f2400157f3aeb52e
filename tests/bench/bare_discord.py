"""The ordinary bot on Discord: discord.py, the vendor's SDK, a dictionary for the history. Nothing survives it.

As careful as its Telegram brother: a message at the first words, an edit at most every second, the whole answer at
the end.
"""

import asyncio
import os
import signal
import time
from collections import defaultdict, deque

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

BETWEEN_EDITS_S = 1.0
REMEMBERED = 20


class BareBot(discord.Client):
    """Answers each direct message."""

    def __init__(self, model: AsyncOpenAI, model_name: str) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self._model = model
        self._model_name = model_name
        self._histories: defaultdict[int, deque[ChatCompletionMessageParam]] = defaultdict(
            lambda: deque(maxlen=REMEMBERED)
        )

    async def on_message(self, message: discord.Message) -> None:
        """Ask the model and show what it says."""
        if message.author.bot:
            return
        history = self._histories[message.channel.id]
        history.append({"role": "user", "content": message.content})
        stream = await self._model.chat.completions.create(
            model=self._model_name, messages=list(history), stream=True, stream_options={"include_usage": True}
        )
        text = ""
        answer: discord.Message | None = None
        shown_at = 0.0
        async for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
            now = time.monotonic()
            if text and answer is None:
                answer, shown_at = await message.channel.send(text), now
            elif answer is not None and now - shown_at >= BETWEEN_EDITS_S:
                shown_at = now
                await answer.edit(content=text)
        history.append({"role": "assistant", "content": text})
        if answer is not None and answer.content != text:
            await answer.edit(content=text)


async def main() -> None:
    """Listen until a signal comes."""
    Route.BASE = os.environ["DISCORD_API_URL"]
    model = AsyncOpenAI(api_key=os.environ["MISTRAL_API_KEY"], base_url=os.environ["MISTRAL_BASE_URL"])
    async with model, BareBot(model, "mistral-medium-latest") as bot:
        await bot.login(os.environ["DISCORD_BOT_TOKEN"])
        _, gateway, _ = await bot.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
        listening = asyncio.create_task(bot.connect())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
        await asyncio.wait((listening,))


if __name__ == "__main__":
    asyncio.run(main())
