"""Endpoints that speak OpenAI's chat completions (Mistral, OpenRouter, OpenAI, Ollama, vLLM, …), over aiohttp.

A stream costs almost nothing but its wake-ups, one per token; so each does as little as can be: the bytes are split
into events and told to the answer without a layer between, and what arrived together is one delta.

What an endpoint refuses beside the words (`providers.habits`) it is not sent again.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Literal

import aiohttp
import orjson

from bot.contracts.provider import Endpoint, Prompt, TimeLimits, Transcript
from bot.domain.clock import Clock
from bot.domain.errors import ProviderError, ProviderUnreachable, StreamBroken, WrongAddress
from bot.domain.events import Delta, Finished
from bot.domain.messages import AudioPart
from providers import Connect
from providers.answer import Answer
from providers.chat import chat_messages
from providers.chunks import Chunks
from providers.guard import guarded_connector
from providers.habits import HabitBook, Habits
from providers.login import parted
from providers.loose import error_in, values_in
from providers.patience import Patience
from providers.refusals import Refusal, shown_address
from providers.shape import shaped
from providers.usage import chat_usage, seconds_of

OPENAI = "https://api.openai.com/v1"
LONGEST_REFUSAL = 64 * 1024
"""How much of a refusal is read, in bytes."""
LONGEST_LIST = 4 * 1024 * 1024
"""How much of a list of models is read, in bytes."""
LONGEST_HEADER = 64 * 1024
"""In bytes. Behind some gateways a cookie or a policy is longer than the 8,190 that aiohttp takes by itself."""
END_S = 0.05
"""How long to wait for the end of the HTTP body after the last event: only then can the connection be used again."""


class OpenAICompatible:
    """One endpoint with one key; a `Provider`."""

    def __init__(self, endpoint: Endpoint, limits: TimeLimits, clock: Clock, connector: Connect | None = None) -> None:
        self._endpoint = endpoint
        self._connector = guarded_connector if endpoint.guarded else connector or _plain_connector
        self._limits = limits
        self._clock = clock
        self._base_url, login = parted((endpoint.base_url or OPENAI).rstrip("/"))
        # There is one such header: whom the server wants to see first has it.
        self._authorization = login or (f"Bearer {endpoint.api_key}" if endpoint.api_key else "")
        # OpenAI's reasoning models refuse the old name; hardly any other endpoint knows the new one.
        is_openai = self._base_url == OPENAI
        length: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens" if is_openai else "max_tokens"
        # Others find what they have read by its bytes alone, and some refuse what they do not know.
        self._habits = HabitBook(Habits(length=length, names_conversation=is_openai), renames=True)
        self._session: aiohttp.ClientSession | None = None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.contracts.provider.Provider.stream`."""
        patience = Patience(self._limits)
        habits = self._habits.of(prompt.model)
        response = await self._ask(prompt, habits, patience)
        try:
            answer = Answer(opened=habits.thinks)
            chat = Chunks(self._endpoint, answer, self._clock)
            body = _Body(response, patience, answer)
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
            for delta in answer.take():
                yield delta
            finished = answer.finished()
            await body.drain()
            yield finished
        finally:
            response.close()

    async def models(self) -> list[str]:
        """The names of the models that this endpoint offers. Raises `ProviderError`."""
        data = await self._whole_answer("GET", "/models", Patience(self._limits))
        if data.lstrip()[:1] == b"<":
            raise WrongAddress(f"{self._endpoint.name!r} answered with a web page.")
        listed = next(iter(values_in(data.removeprefix(b"\xef\xbb\xbf"))[0]), None)
        if isinstance(listed, dict) and (error := error_in(listed)) is not None:
            raise self._error(Refusal.reported(error, self._clock.now()))
        if not _is_list(listed):
            raise StreamBroken(f"{self._endpoint.name!r} returned no list of models.")
        return sorted(_names(listed))

    async def takes_key(self) -> bool:
        """See `bot.contracts.provider.KeyChecked.takes_key`."""
        # OpenRouter shows its list of models to everybody.
        path = "/key" if self._endpoint.name == "openrouter" else "/models"
        await self._whole_answer("GET", path, Patience(self._limits))
        return bool(self._authorization)

    async def transcribe(self, model: str, audio: AudioPart) -> Transcript:
        """See `bot.contracts.provider.Transcriber.transcribe`. Groq and Mistral have OpenAI's path for it too."""
        patience = Patience(self._limits)
        form = aiohttp.FormData()
        form.add_field("model", model)
        form.add_field("response_format", "json")
        form.add_field("file", audio.data, filename=audio.name, content_type=audio.media_type)
        data = await self._whole_answer("POST", "/audio/transcriptions", patience, form)
        said = next(iter(values_in(data)[0]), None)
        if not isinstance(said, dict) or not isinstance(said.get("text"), str):
            raise StreamBroken(f"{self._endpoint.name!r} returned no transcript.")
        return Transcript(said["text"], chat_usage(said.get("usage")), seconds_of(said))

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()

    async def _whole_answer(
        self, method: str, path: str, patience: Patience, form: aiohttp.FormData | None = None
    ) -> bytes:
        """The body of an answer that does not stream. Raises `ProviderError`."""
        body = form() if form is not None else None
        # The session's own content type is that of JSON; a form brings another.
        headers = {"Content-Type": body.headers["Content-Type"]} if body is not None else None
        try:
            async with patience.wait():
                response = await self._open_session().request(
                    method, f"{self._base_url}{path}", data=body, headers=headers, allow_redirects=False
                )
                if not 200 <= response.status < 300:
                    raise self._error(await self._refusal(response))
                return await _whole(response)
        except TimeoutError:
            raise patience.spent() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreached(error) from error

    def _unreached(self, error: Exception) -> ProviderError:
        if isinstance(error, aiohttp.ClientResponseError):
            # Such as an encoding that was not asked for.
            return StreamBroken(f"{self._endpoint.name!r} returned an unreadable answer: {error.message}")
        return ProviderUnreachable(f"{self._endpoint.name!r} cannot be reached: {error}")

    async def _ask(self, prompt: Prompt, habits: Habits, patience: Patience) -> aiohttp.ClientResponse:
        body = _encode(shaped(prompt, habits), habits)
        try:
            async with patience.wait() if habits.streams else patience.wait_whole():
                response = await self._open_session().post(
                    f"{self._base_url}/chat/completions", data=body, allow_redirects=False
                )
                if 200 <= response.status < 300:
                    return response
                refusal = await self._refusal(response)
        except TimeoutError:
            raise patience.spent() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreached(error) from error
        raise self._habits.error(prompt, habits, refusal, self._endpoint.name, self._endpoint.api_key)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "Parley"}
            if self._authorization:
                headers["Authorization"] = self._authorization
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                headers=headers,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            )
        return self._session

    async def _refusal(self, response: aiohttp.ClientResponse) -> Refusal:
        try:
            words = b""
            while len(words) < LONGEST_REFUSAL and (more := await response.content.readany()):
                words += more
        finally:
            response.close()
        said, asked = words.decode(errors="replace"), shown_address(str(response.url))
        return Refusal.of(response.status, said, response.headers, self._clock.now(), asked)

    def _error(self, refusal: Refusal) -> ProviderError:
        return refusal.error(self._endpoint.name, self._endpoint.api_key)


def _encode(prompt: Prompt, habits: Habits) -> bytes:
    body: dict[str, Any] = {"model": prompt.model, "messages": chat_messages(prompt), "stream": habits.streams}
    if habits.counts and habits.streams:
        body["stream_options"] = {"include_usage": True}
    if habits.names_conversation and prompt.conversation:
        body["prompt_cache_key"] = prompt.conversation
    if prompt.temperature is not None:
        body["temperature"] = prompt.temperature
    if prompt.max_output_tokens is not None:
        body[habits.length] = prompt.max_output_tokens
    return orjson.dumps(body)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The body, up to the longest list that is read."""
    data = b""
    try:
        while len(data) < LONGEST_LIST and (more := await response.content.readany()):
            data += more
    finally:
        response.close()
    return data


def _names(listed: Any, name: str = "") -> set[str]:
    """The names in a list of models, in whichever of its forms; `name` is what an object is filed under."""
    if isinstance(listed, str):
        return {listed.strip()} - {""}
    if isinstance(listed, list):
        return set().union(*(_names(one) for one in listed))
    if not isinstance(listed, dict):
        return set()
    named = [listed[key] for key in ("id", "name", "model") if isinstance(listed.get(key), str)]
    if named:
        return _names(named[0])
    for key in ("data", "models", "result"):
        if listed.get(key):
            return _names(listed[key], key)
    # Models filed under their names.
    return {key.strip() for key, value in listed.items() if name and isinstance(value, dict)} - {""}


def _is_list(listed: Any) -> bool:
    return isinstance(listed, list) or (isinstance(listed, dict) and bool({"data", "models", "result"} & listed.keys()))


def _plain_connector() -> aiohttp.TCPConnector:
    # How many may ask at a time is the engine's business.
    return aiohttp.TCPConnector(limit=0)


class _Body:
    """The bytes of a response, read in time."""

    def __init__(self, response: aiohttp.ClientResponse, patience: Patience, answer: Answer) -> None:
        self._response = response
        self._patience = patience
        self._answer = answer

    async def read(self) -> bytes:
        """More bytes, or nothing at the end; an end that should not be is told to the answer."""
        try:
            async with self._patience.wait():
                data = await self._response.content.readany()
        except TimeoutError:
            self._answer.break_off(self._patience.spent())
            return b""
        except (aiohttp.ClientError, OSError) as error:
            broken = StreamBroken(f"The connection broke: {error}")
            broken.__cause__ = error
            self._answer.break_off(broken)
            return b""
        if data:
            # Comments come while a model has not begun: signs of life, though none of the answer.
            self._patience.begun()
        return data

    async def read_whole(self) -> bytes:
        """All of a body that does not stream; what breaks it off is told to the answer."""
        data = b""
        self._patience.begun()
        while len(data) < LONGEST_LIST and (more := await self.read()):
            data += more
        return data

    async def drain(self) -> None:
        """Read to the end, if it is near, so that the connection can be used again."""
        try:
            async with asyncio.timeout(END_S):
                while await self._response.content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError, OSError):
            return
