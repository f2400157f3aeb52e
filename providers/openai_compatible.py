"""Endpoints that speak OpenAI's chat completions (Mistral, OpenRouter, OpenAI, Ollama, vLLM, …), over aiohttp.

A stream costs almost nothing but its wake-ups, one per token; so each does as little as can be: the bytes are split
into events and told to the answer without a layer between, and what arrived together is one delta.

What an endpoint refuses beside the words (`providers.habits`) it is not sent again.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal

import aiohttp
import orjson

from bot.contracts.provider import Endpoint, Prompt, Recording, TimeLimits, Transcript
from bot.contracts.web import Findings
from bot.domain.clock import Clock
from bot.domain.efforts import Effort
from bot.domain.events import Delta, Finished
from bot.domain.messages import AudioPart
from bot.domain.provider_errors import StreamBroken
from bot.domain.turns import FinishReason
from providers import Connect, openai_images, openai_search
from providers.answer import Answer
from providers.chat import chat_messages, chat_tools
from providers.chunks import Chunks
from providers.connection import Body, Connection
from providers.efforts import patient
from providers.habits import HabitBook, Habits
from providers.listing import names_in
from providers.login import split_login
from providers.loose import values_in
from providers.patience import Patience
from providers.refusals import Refusal
from providers.shape import shaped
from providers.usage import chat_usage, seconds_of

OPENAI = "https://api.openai.com/v1"
DEEPSEEK = "https://api.deepseek.com"
_VOICE = "alloy"
"""OpenAI reads with where nobody has chosen one."""


class OpenAICompatible:
    """One endpoint with one key; a `Provider`."""

    def __init__(self, endpoint: Endpoint, limits: TimeLimits, clock: Clock, connector: Connect | None = None) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._clock = clock
        self._base_url, login = split_login((endpoint.base_url or OPENAI).rstrip("/"))
        # There is one such header: whom the server wants to see first has it.
        self._authorization = login or (f"Bearer {endpoint.api_key}" if endpoint.api_key else "")
        self._connection = Connection(endpoint, {"Authorization": self._authorization}, clock, connector)
        # OpenAI's reasoning models refuse the old name; hardly any other endpoint knows the new one.
        is_openai = self._base_url == OPENAI
        length: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens" if is_openai else "max_tokens"
        # Others find what they have read by its bytes alone, and some refuse what they do not know.
        self._habits = HabitBook(Habits(length=length, names_conversation=is_openai), renames=True)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.contracts.provider.Provider.stream`."""
        patience = Patience(patient(self._limits, prompt.effort))
        if prompt.picture is not None:
            path, sent = openai_images.asked(prompt, prompt.picture)
            address, longest = f"{self._base_url}{path}", openai_images.LARGEST_PICTURE
            data = await self._connection.whole("POST", address, patience, sent, longest=longest, slow=True)
            picture, usage = openai_images.drawn(data, self._endpoint.name)
            yield picture
            yield Finished(FinishReason.COMPLETE, usage)
            return
        habits = self._habits.of(prompt.model)
        response = await self._ask(prompt, habits, patience)
        try:
            answer = Answer(opened=habits.thinks, offered=bool(prompt.tools))
            chat = Chunks(self._endpoint, answer, self._clock, response.headers)
            body = Body(response, patience, answer)
            if not habits.streams:
                chat.take_whole(await body.read_whole())
            while not chat.done and (data := await body.read()):
                chat.feed(data)
                for delta in answer.take():
                    yield delta
                if answer.reason is not None:
                    patience.ending()
            chat.finish()
            self._habits.notice(prompt.model, answer)
            answer.give_calls(_made_by(prompt.model), chat.handed_back())
            for delta in answer.take():
                yield delta
            finished = answer.finished()
            await body.drain()
            yield finished
        finally:
            response.close()

    async def models(self) -> list[str]:
        """See `bot.contracts.provider.ListsModels.models`."""
        data = await self._connection.whole("GET", f"{self._base_url}/models", Patience(self._limits))
        return sorted(names_in(data, self._connection, self._endpoint.name, self._clock.now()))

    async def takes_key(self) -> bool:
        """See `bot.contracts.provider.KeyChecked.takes_key`."""
        # OpenRouter shows its list of models to everybody.
        path = "/key" if self._endpoint.name == "openrouter" else "/models"
        await self._connection.whole("GET", f"{self._base_url}{path}", Patience(self._limits))
        return bool(self._authorization)

    async def transcribe(self, model: str, audio: AudioPart, progress: Callable[[float], None]) -> Transcript:
        """See `bot.contracts.provider.Transcriber.transcribe`. Groq and Mistral have OpenAI's path for it too."""
        patience = Patience(self._limits)
        form = aiohttp.FormData()
        form.add_field("model", model)
        form.add_field("response_format", "json")
        form.add_field("file", audio.data, filename=audio.name, content_type=audio.media_type)
        data = await self._connection.whole("POST", f"{self._base_url}/audio/transcriptions", patience, form)
        said = next(iter(values_in(data)[0]), None)
        if not isinstance(said, dict) or not isinstance(said.get("text"), str):
            raise StreamBroken(f"{self._endpoint.name!r} returned no transcript.")
        return Transcript(said["text"], chat_usage(said.get("usage")), seconds_of(said))

    async def speak(self, model: str, text: str, voice: str) -> Recording:
        """See `bot.contracts.provider.Speaker.speak`."""
        body = orjson.dumps({"model": model, "input": text, "voice": voice or _VOICE, "response_format": "opus"})
        address, patience = f"{self._base_url}/audio/speech", Patience(self._limits)
        spoken = await self._connection.whole("POST", address, patience, body)
        if not spoken.startswith(b"OggS"):
            raise StreamBroken(f"{self._endpoint.name!r} returned no recording in Opus.")
        return Recording(spoken)

    async def search(self, model: str, words: str) -> Findings:
        """See `bot.contracts.provider.Searcher.search`. OpenAI's way, which some others have too."""
        address, body = f"{self._base_url}/responses", openai_search.asked(model, words)
        data = await self._connection.whole("POST", address, Patience(self._limits), body, slow=True)
        return openai_search.found(data, self._endpoint.name)

    async def close(self) -> None:
        """Release every connection."""
        await self._connection.close()

    async def _ask(self, prompt: Prompt, habits: Habits, patience: Patience) -> aiohttp.ClientResponse:
        body = _encode(
            shaped(prompt, habits, _made_by(prompt.model)), habits, is_deepseek=self._base_url.startswith(DEEPSEEK)
        )
        address = f"{self._base_url}/chat/completions"
        response = await self._connection.ask(address, body, patience, streams=habits.streams)
        if isinstance(response, Refusal):
            raise self._habits.error(prompt, habits, response, self._endpoint.name, self._endpoint.api_key)
        return response


def _made_by(model: str) -> str:
    """See `CallPart.made_by`."""
    return f"openai/{model}"


def _encode(prompt: Prompt, habits: Habits, *, is_deepseek: bool) -> bytes:
    messages = chat_messages(prompt, hands_back=habits.hands_back)
    body: dict[str, Any] = {"model": prompt.model, "messages": messages, "stream": habits.streams, **chat_tools(prompt)}
    if habits.counts and habits.streams:
        body["stream_options"] = {"include_usage": True}
    if habits.names_conversation and prompt.conversation:
        body["prompt_cache_key"] = prompt.conversation
    if prompt.temperature is not None:
        body["temperature"] = prompt.temperature
    if prompt.max_output_tokens is not None:
        body[habits.length] = prompt.max_output_tokens
    if is_deepseek and prompt.effort is Effort.NONE:
        body["thinking"] = {"type": "disabled"}
    elif prompt.effort is not None:
        body["reasoning_effort"] = prompt.effort
    return orjson.dumps(body)
