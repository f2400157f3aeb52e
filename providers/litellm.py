"""Everything else, through the litellm library: slow, large, and it knows every vendor.

It is imported in a thread when the first answer is asked for (two seconds, 100 MB), told beforehand to keep away from
the network and from `.env` files. Facts about it that shape this module (1.110): a connection that cannot be made and
one that is reset look like a status of 500 without headers; whatever happens inside a stream is a
`MidStreamFallbackError`; a finish reason that it does not know becomes "stop"; and for some vendors a stream that is
cut short ends with an invented one.
"""

import ast
import asyncio
import contextlib
import importlib
import os
import re
import sys
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any

import aiohttp

from bot.contracts.provider import Endpoint, Prompt, TimeLimits
from bot.domain.clock import Clock
from bot.domain.events import Delta, Finished, ImageMade
from bot.domain.pictures import PictureWish
from bot.domain.provider_errors import ProviderError, ProviderUnreachable, StreamBroken
from bot.domain.turns import FinishReason, Usage
from providers import Connect, openai_images
from providers.answer import Answer
from providers.chat import chat_messages, chat_tools
from providers.chunks import take_calls
from providers.efforts import patient
from providers.habits import HabitBook, Habits
from providers.login import split_login
from providers.loose import words_of_content
from providers.patience import Patience
from providers.refusals import Refusal, safe_cause, shown_address
from providers.shape import shaped
from providers.usage import chat_usage


class LiteLLM:
    """One vendor, named by litellm's prefix for it, with one key; a `Provider`."""

    def __init__(self, endpoint: Endpoint, limits: TimeLimits, clock: Clock, connector: Connect | None = None) -> None:
        self._connector = connector
        self._session: aiohttp.ClientSession | None = None
        self._endpoint = endpoint
        self._limits = limits
        self._clock = clock
        self._habits = HabitBook()
        self._library: Any = None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.contracts.provider.Provider.stream`."""
        if self._library is None:
            self._library = await asyncio.to_thread(_load)
        patience = Patience(patient(self._limits, prompt.effort))
        if prompt.picture is not None:
            picture, usage = await self._drawn(prompt, prompt.picture, patience)
            yield picture
            yield Finished(FinishReason.COMPLETE, usage)
            return
        habits = self._habits.of(prompt.model)
        answer = Answer(opened=habits.thinks, offered=bool(prompt.tools))
        chunks = await self._ask(prompt, habits, patience)
        # Its headers have come; of what follows, the library hands on nothing but words.
        patience.begun()
        if not habits.streams:
            take_whole(chunks, answer)
            answer.give_calls(self._made_by(prompt))
            for delta in answer.take():
                yield delta
            yield answer.finished()
            return
        try:
            while (chunk := await self._next(chunks, patience, answer)) is not None:
                take(chunk, answer)
                for delta in answer.take():
                    yield delta
                if answer.reason is not None:
                    patience.ending()
            # The vendor's own word: in the chunks a word that litellm does not know reads "stop", and so does its own
            # invention if none came.
            answer.reason = None
            answer.ended(chunks.received_finish_reason or chunks.intermittent_finish_reason)
            answer.end()
            self._habits.notice(prompt.model, answer)
            answer.give_calls(self._made_by(prompt))
            for delta in answer.take():
                yield delta
            yield answer.finished()
        finally:
            await chunks.aclose()

    async def takes_key(self) -> bool:
        """See `bot.contracts.provider.KeyChecked.takes_key`. The library knows no free way."""
        return False

    async def close(self) -> None:
        """Release every connection of litellm: it keeps them for the whole process, whichever provider they serve."""
        if self._session is not None:
            await self._session.close()
        if self._library is not None:
            await self._library.close_litellm_async_clients()
            self._library.in_memory_llm_clients_cache.flush_cache()
            # This one it forgets. It makes another when it is missed.
            if (client := vars(self._library).pop("module_level_aclient", None)) is not None:
                await client.close()

    def _made_by(self, prompt: Prompt) -> str:
        """See `CallPart.made_by`."""
        return f"{self._endpoint.name}/{prompt.model}"

    async def _drawn(self, prompt: Prompt, wish: PictureWish, patience: Patience) -> tuple[ImageMade, Usage | None]:
        """A picture, from others where the prompt has some. A vendor that gives an address instead has given none."""
        fields, files = openai_images.fields_of(prompt, wish)
        library, address = self._library, split_login(self._endpoint.base_url)[0]
        if files:
            # What else it is told here, it tells the vendor.
            draw = partial(library.aimage_edit, image=[data for _, data, _ in files])
        else:
            draw = partial(library.aimage_generation, num_retries=0, max_retries=0, drop_params=True)
        try:
            async with patience.wait_whole():
                drawn = await draw(
                    **fields,
                    custom_llm_provider=self._endpoint.name,
                    api_base=address or None,
                    api_key=self._endpoint.api_key or None,
                    timeout=self._limits.total_s,
                )
        except TimeoutError:
            raise patience.spent() from None
        except Exception as error:  # noqa: BLE001  # as in `_ask`
            raise self._failure(error) from safe_cause(error, self._endpoint.api_key)
        return openai_images.drawn(drawn.model_dump_json().encode(), self._endpoint.name)

    async def _ask(self, prompt: Prompt, habits: Habits, patience: Patience) -> Any:
        sent = shaped(prompt, habits, self._made_by(prompt))
        address, login = split_login(self._endpoint.base_url)
        try:
            async with patience.wait() if habits.streams else patience.wait_whole():
                return await self._library.acompletion(
                    model=f"{self._endpoint.name}/{prompt.model}",
                    messages=chat_messages(sent),
                    temperature=sent.temperature,
                    max_tokens=sent.max_output_tokens,
                    reasoning_effort=sent.effort,
                    stream=habits.streams,
                    stream_options={"include_usage": True} if habits.streams and habits.counts else None,
                    api_base=address or None,
                    extra_headers={"Authorization": login} if login else None,
                    api_key=self._endpoint.api_key or None,
                    timeout=self._limits.total_s,
                    num_retries=0,
                    max_retries=0,
                    drop_params=True,
                    shared_session=self._open_session(),
                    **chat_tools(sent),
                )
        except TimeoutError:
            raise patience.spent() from None
        except Exception as error:  # noqa: BLE001  # litellm wraps most errors of its vendors' clients, not all
            raise self._failure(error, prompt, habits) from safe_cause(error, self._endpoint.api_key)

    def _open_session(self) -> aiohttp.ClientSession | None:
        """The connections that the library is to use; None for its own."""
        if self._session is None and self._connector is not None:
            self._session = aiohttp.ClientSession(connector=self._connector(), cookie_jar=aiohttp.DummyCookieJar())
            # Not every vendor's part of the library is handed the session; those fall back on this client.
            handler: Any = importlib.import_module("litellm.llms.custom_httpx.http_handler")
            self._library.module_level_aclient = handler.AsyncHTTPHandler(shared_session=self._session)
        return self._session

    async def _next(self, chunks: Any, patience: Patience, answer: Answer) -> Any:
        """The next chunk, or None at the end; an end that should not be is told to the answer."""
        try:
            async with patience.wait():
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            answer.break_off(patience.spent())
            return None
        except Exception as error:  # noqa: BLE001  # as above
            failure = self._failure(error)
            answer.break_off(StreamBroken(str(failure)) if answer.begun else failure)
            return None
        patience.begun()
        return chunk

    def _failure(self, error: Exception, prompt: Prompt | None = None, habits: Habits | None = None) -> ProviderError:
        original = getattr(error, "original_exception", None) or error
        # The library rewrites statuses (413 becomes 400); what the vendor answered is at the bottom.
        response = _answer_behind(error)
        headers = _headers(original) or getattr(response, "headers", None) or {}
        status = getattr(response, "status_code", None) or getattr(original, "status_code", None)
        status = status if isinstance(status, int) else 500
        # Where no answer came, the library invents one from its own site.
        asked = shown_address(str(response.url) if response is not None else self._endpoint.base_url)
        refusal = Refusal.of(status, _body(str(original)), headers, self._clock.now(), asked)
        name, key = self._endpoint.name, self._endpoint.api_key
        if prompt is not None and habits is not None:
            failure = self._habits.error(prompt, habits, refusal, name, key)
        else:
            failure = refusal.error(name, key)
        if refusal.status < 500 or headers:
            return failure
        return StreamBroken(str(failure)) if original is not error else ProviderUnreachable(str(failure))


def _load() -> Any:
    """Import litellm. Called in a thread."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    # By name, because its types are too loose to be worth the minute they cost a type checker.
    library: Any = importlib.import_module("litellm")
    # Otherwise it prints advice for its developers.
    library.suppress_debug_info = True
    # Otherwise it takes a hundred equal pieces, such as a long ruler, for a model in a loop, and fails.
    library.REPEATED_STREAMING_CHUNK_LIMIT = sys.maxsize
    return library


def _answer_behind(error: BaseException) -> Any:
    """The vendor's HTTP response that an error came from; None if there was none."""
    found, link = None, error.__cause__ or error.__context__
    while link is not None:
        found = getattr(link, "response", None) or found
        link = link.__cause__ or link.__context__
    return found


def _body(words: str) -> str:
    """The vendor's own words; the library puts its own before them, and writes bytes as Python does."""
    if match := re.search(r"b(['\"])\{.*\}\1", words, re.DOTALL):
        with contextlib.suppress(ValueError, SyntaxError):
            return str(ast.literal_eval(match[0]), errors="replace")
    at, end = words.find("{"), words.rfind("}")
    return words[at : end + 1] if 0 <= at < end else words


def _headers(error: Any) -> Mapping[str, str]:
    """The headers of the vendor's answer, or nothing if none came."""
    response = getattr(error, "response", None)
    return getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None) or {}


def take_whole(answered: Any, answer: Answer) -> None:
    """Take an answer that came in one piece: what streams as `delta` is there a `message`."""
    for choice in answered.choices:
        choice.delta = choice.message
    take(answered, answer)
    answer.end()


def take(chunk: Any, answer: Answer) -> None:
    """Tell an answer what a chunk says. Its fields are what the vendor sent, of whatever type."""
    if (usage := getattr(chunk, "usage", None)) is not None:
        answer.usage = chat_usage(usage)
    choices = getattr(chunk, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    delta = getattr(choice, "delta", None)
    if calls := getattr(delta, "tool_calls", None) or getattr(delta, "function_call", None):
        answer.call(calls)
        take_calls([_plain(call) for call in calls] if isinstance(calls, list) else _plain(calls), answer.calls)
    answer.add_reasoning(words_of_content(getattr(delta, "reasoning_content", None)))
    answer.add_content(getattr(delta, "content", None))
    answer.ended(getattr(choice, "finish_reason", None))


def _plain(call: Any) -> Any:
    """A piece of a call as JSON has it; the library makes objects of them."""
    return call.model_dump() if hasattr(call, "model_dump") else call
