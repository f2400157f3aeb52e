"""What the events of a stream in OpenAI's format say, whichever vendor wrote them.

Nothing beside the words is worth an answer: a field of another type than documented counts as not there, an event that
is none is passed over. Only what nobody could have meant as an answer, from the first event to the last, is broken.
"""

from base64 import b64decode
from typing import Any

import orjson

from bot.contracts.provider import Endpoint
from bot.domain.clock import Clock
from bot.domain.errors import Overloaded, ProviderError, StreamBroken, WrongAddress
from bot.domain.turns import FinishReason
from providers.answer import Answer
from providers.loose import error_in, is_blank, values_in, words_of_content
from providers.refusals import Refusal
from providers.sse import BodyReader
from providers.usage import chat_usage, usage_of


class Chunks:
    """Tells an answer what the body of a response says."""

    def __init__(self, endpoint: Endpoint, answer: Answer, clock: Clock) -> None:
        self.done = False
        """Whether nothing more will be read."""
        self._endpoint = endpoint
        self._answer = answer
        self._clock = clock
        self._body = BodyReader()
        self._odd = 0
        """Events that made no sense."""
        self._unknown: dict[str, Any] | None = None
        """The first one that is an object of another kind than ours."""
        self._has_read = False
        """Whether there was one of ours."""
        self._torn = False
        """Whether one of them can have held words."""

    def feed(self, data: bytes) -> None:
        """Take more of the body."""
        try:
            for event in self._body.feed(data):
                self._take(event)
        except ValueError as error:
            self._break_off(StreamBroken(f"{self._endpoint.name!r} sent data that makes no sense: {error}"))

    def finish(self) -> None:
        """The body has ended: an event may still lack its empty line."""
        if self._body.whole is not None:
            self.take_whole(self._body.whole)
        elif not self.done:
            for event in self._body.end():
                self._take(event)
        answer = self._answer
        answer.end()
        if self._torn and answer.reason is FinishReason.COMPLETE:
            answer.reason = FinishReason.CUT
        if not answer.begun and not self._has_read and (self._odd or self._unknown is not None):
            answer.reason = None
            answer.break_off(self._senseless())

    def take_whole(self, body: bytes) -> None:
        """Take an answer that came in one piece, or line by line as Ollama's own format has it."""
        self.done = True
        if body.lstrip()[:1] == b"<":
            self._break_off(WrongAddress(f"{self._endpoint.name!r} answered with a web page."))
            return
        values, is_all = values_in(body)
        if not is_all and b"data:" in body:
            for line in body.splitlines():
                self._take(line.strip().removeprefix(b"data:").strip())
            return
        self._take_values(values, is_all=is_all)
        if is_all and len(values) == 1 and self._answer.begun and self._answer.reason is None:
            # It is whole: there is nothing of which an end could be missing.
            self._answer.reason = FinishReason.COMPLETE

    def _take(self, event: bytes) -> None:
        if event.startswith(b"{") or not (word := event.strip()):
            if event:
                self._take_json(event)
            return
        if word.upper() in (b"[DONE]", b"DONE", b'"[DONE]"'):
            self.done = True
            if self._answer.reason is None:
                self._answer.reason = FinishReason.COMPLETE
        else:
            self._take_json(word)

    def _take_json(self, event: bytes) -> None:
        try:
            chunk = orjson.loads(event)
        except ValueError:
            values, is_all = values_in(event)
            self._take_values(values, is_all=is_all or not event.startswith(b"{"))
        else:
            self._take_chunk(chunk)

    def _take_values(self, values: list[Any], *, is_all: bool) -> None:
        """`is_all`: whether nothing is missing of which words could have been a part."""
        for chunk in values:
            self._take_chunk(chunk)
        if not values or not is_all:
            self._odd += 1
        if not is_all:
            self._torn = self._torn or self._answer.reason is None

    def _take_chunk(self, chunk: Any) -> None:
        if not isinstance(chunk, dict):
            self._odd += 1
            return
        choices = chunk.get("choices")
        if (error := error_in(chunk)) is not None:
            self._break_off(self._reported(error))
            return
        if (usage := chunk.get("usage")) and (counted := chat_usage(usage)):
            self._answer.usage = counted
        if choices:
            choice = choices[0] if isinstance(choices, list) else None
            if isinstance(choice, dict):
                self._has_read = True
                self._choose(choice)
            elif not isinstance(choices, list):
                self._odd += 1
        elif isinstance(kind := chunk.get("type"), str) and kind.startswith("response."):
            self._has_read = True
            self._take_response(kind, chunk)
        elif "done" in chunk:
            self._has_read = True
            self._take_ollama(chunk)
        elif self._unknown is None:
            self._unknown = chunk

    def _choose(self, choice: dict[str, Any]) -> None:
        if (error := choice.get("error")) and not is_blank(error):
            self._break_off(self._reported(error))
            return
        delta = choice.get("delta")
        if not delta and not self._answer.begun:
            delta = choice.get("message")
        if isinstance(delta, dict):
            self._take_delta(delta)
        if isinstance(text := choice.get("text"), str):
            self._answer.add_text(text)
        if word := choice.get("finish_reason"):
            self._answer.ended(word)

    def _take_delta(self, delta: dict[str, Any]) -> None:
        answer = self._answer
        if calls := delta.get("tool_calls") or delta.get("function_call"):
            answer.call(calls)
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            answer.add_reasoning(words_of_content(thought))
        content = delta.get("content")
        if isinstance(content, str):
            answer.add_text(content)
        else:
            answer.add_content(content)
        if isinstance(refusal := delta.get("refusal"), str):
            # The model's own words when it declines.
            answer.add_text(refusal)
        if isinstance(images := delta.get("images"), list):
            for image in images:
                self._add_image(image)

    def _add_image(self, image: Any) -> None:
        """OpenRouter sends pictures as data URLs. Any other address is not ours to fetch."""
        url = image.get("image_url") if isinstance(image, dict) else None
        url = url.get("url") if isinstance(url, dict) else url
        if not isinstance(url, str):
            return
        head, comma, encoded = url.partition(",")
        if comma and head.startswith("data:image/") and head.endswith(";base64"):
            try:
                data = b64decode(encoded)
            except ValueError:
                return
            if data:
                self._answer.add_image(data, head[5:-7])

    def _take_ollama(self, chunk: dict[str, Any]) -> None:
        """Ollama's own format: a line of JSON per piece."""
        message = chunk.get("message")
        if isinstance(message, dict):
            self._answer.call(message.get("tool_calls"))
            self._answer.add_reasoning(words_of_content(message.get("thinking")))
            self._answer.add_text(words_of_content(message.get("content")))
        elif isinstance(text := chunk.get("response"), str):
            self._answer.add_text(text)
        if chunk["done"] is True:
            self._answer.ended(chunk.get("done_reason") or "stop")
            self._answer.usage = usage_of(chunk.get("prompt_eval_count"), chunk.get("eval_count"))

    def _take_response(self, kind: str, chunk: dict[str, Any]) -> None:
        """OpenAI's Responses API."""
        words = words_of_content(chunk.get("delta"))
        within = chunk.get("response")
        response: dict[str, Any] = within if isinstance(within, dict) else {}
        match kind.removeprefix("response."):
            case "output_text.delta" | "refusal.delta":
                self._answer.add_text(words)
            case "reasoning_text.delta" | "reasoning_summary_text.delta":
                self._answer.add_reasoning(words)
            case "completed":
                self._answer.reason = FinishReason.COMPLETE
                self._answer.usage = chat_usage(response.get("usage"))
            case "incomplete":
                details = response.get("incomplete_details")
                self._answer.ended(details.get("reason") if isinstance(details, dict) else "incomplete")
            case "failed":
                self._break_off(self._reported(response.get("error") or "failed"))

    def _senseless(self) -> ProviderError:
        """The error for a body without any event of ours: vendors have many forms for theirs, and words in them."""
        if self._unknown is not None and type(error := self._reported(self._unknown)) is not Overloaded:
            return error
        return StreamBroken(f"{self._endpoint.name!r} sent data that makes no sense.")

    def _break_off(self, error: ProviderError) -> None:
        self.done = True
        self._answer.break_off(error)

    def _reported(self, error: Any) -> ProviderError:
        """An error inside the stream: as long as there is no text, a refusal like any other."""
        refusal = Refusal.reported(error, self._clock.now()).error(self._endpoint.name, self._endpoint.api_key)
        return StreamBroken(str(refusal)) if self._answer.begun else refusal
