"""The ordinary bot: aiogram, the vendor's SDK, a dictionary for the history. Nothing survives it, nothing is counted.

It is what the gateway is measured against, so it does what a careful engineer would do in an afternoon and no more:
stream, show a draft at once and then at most every second, send the whole answer at the end.
"""

import asyncio
import os
import time
from collections import defaultdict, deque

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

BETWEEN_DRAFTS_S = 1.0
REMEMBERED = 20


class BareBot:
    """Answers each text message."""

    def __init__(self, model: AsyncOpenAI, model_name: str) -> None:
        self._model = model
        self._model_name = model_name
        self._histories: defaultdict[int, deque[ChatCompletionMessageParam]] = defaultdict(
            lambda: deque(maxlen=REMEMBERED)
        )

    async def answer(self, message: Message, bot: Bot) -> None:
        """Ask the model and show what it says."""
        history = self._histories[message.chat.id]
        history.append({"role": "user", "content": message.text or ""})
        stream = await self._model.chat.completions.create(
            model=self._model_name, messages=list(history), stream=True, stream_options={"include_usage": True}
        )
        text = ""
        shown_at: float | None = None
        async for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
            now = time.monotonic()
            if text and (shown_at is None or now - shown_at >= BETWEEN_DRAFTS_S):
                shown_at = now
                await bot.send_message_draft(message.chat.id, message.message_id, text=text)
        history.append({"role": "assistant", "content": text})
        await bot.send_message(message.chat.id, text)


async def main() -> None:
    """Poll until a signal comes."""
    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
    bot = Bot(os.environ["TELEGRAM_BOT_TOKEN"], session=AiohttpSession(api=server))
    async with AsyncOpenAI(api_key=os.environ["MISTRAL_API_KEY"], base_url=os.environ["MISTRAL_BASE_URL"]) as model:
        dispatcher = Dispatcher()
        dispatcher.message.register(BareBot(model, "mistral-medium-latest").answer, F.text)
        await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())
