"""The body of a response as events, whichever vendor's: what is none is passed over, what is torn or an error is told.

Nothing beside the words is worth an answer: a field of another type than documented counts as not there, an event that
is none is passed over. Only what nobody could have meant as an answer, from the first event to the last, is broken.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

from bot.contracts.provider import Endpoint
from bot.domain.clock import Clock
from bot.domain.provider_errors import (
    Overloaded,
    ProviderError,
    StreamBroken,
    WrongAddress,
)
from bot.domain.turns import FinishReason
from providers.answer import Answer
from providers.codes import numbers_in
from providers.loose import error_in, values_in
from providers.refusals import Refusal
from providers.sse import BodyReader


class Events(ABC):
    """Tells an answer what the body of a response says; what an event means is for the vendor's format to say."""

    def __init__(
        self, endpoint: Endpoint, answer: Answer, clock: Clock, headers: Mapping[str, str] | None = None
    ) -> None:
        """`headers` are the response's: an error within it is told with the vendor's number of the request."""
        self.done = False
        """Whether nothing more will be read."""
        self._endpoint = endpoint
        self._answer = answer
        self._clock = clock
        self._numbers = numbers_in(headers or {})
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
        """The body has ended."""
        self._end_events()
        answer = self._answer
        answer.end()
        if self._torn and answer.reason is FinishReason.COMPLETE:
            answer.reason = FinishReason.CUT
        if not answer.begun and not self._has_read and (self._odd or self._unknown is not None):
            answer.reason = None
            answer.break_off(self._senseless())

    def _end_events(self) -> None:
        """Take what is left of the body: an event may still lack its empty line."""
        if self._body.whole is not None:
            self.take_whole(self._body.whole)
        elif not self.done:
            for event in self._body.end():
                self._take(event)

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
        elif (error := self._error_in(chunk)) is not None:
            self._break_off(self._reported(error))
        else:
            self._take_event(chunk)

    @abstractmethod
    def _take_event(self, event: dict[str, Any]) -> None:
        """Tell the answer what an event says that is no error, and note whether it is one of this format."""

    def _error_in(self, event: dict[str, Any]) -> Any:
        """The error that an event is; None if it is none."""
        return error_in(event)

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
        refusal = Refusal.reported(error, self._clock.now(), self._numbers)
        told = refusal.error(self._endpoint.name, self._endpoint.api_key)
        if not self._answer.begun:
            return told
        broken = StreamBroken(str(told))
        broken.facts = told.facts
        return broken
