"""What has come of one answer, and whether it may count as one. Every wire format ends in the same way."""

from dataclasses import replace
from typing import Any

from bot.domain.events import Delta, Finished, ImageMade, ReasoningDelta, TextDelta, ToolCalled
from bot.domain.provider_errors import ProviderError, StreamBroken
from bot.domain.turns import FinishReason, Usage
from providers.calls import Calls
from providers.chat import finish_reason, plain_word
from providers.empty_answers import CALLING, why_empty
from providers.loose import Halves, spoken
from providers.rounds import encoded, kept_of
from providers.thinking import ThinkingSplitter
from providers.trailing_marks import TrailingMarks


class Answer:
    """Collects pieces until they are taken, and remembers what the vendor said about the end."""

    def __init__(self, *, opened: bool = False, offered: bool = False) -> None:
        """`opened`: whether the template of this model opens the thinking (`Habits.thinks`).

        `offered`: whether it was offered tools.
        """
        self.reason: FinishReason | None = None
        """Why it ended; None as long as the vendor has not said so."""
        self.usage: Usage | None = None
        self.begun = False
        """Whether there has been any text, or a picture. Whether the text shows anything is for the pages to say."""
        self._word: object = None
        self._thought = False
        self.calls = Calls()
        self._offered = offered
        self._called = False
        self._has_called = False
        self._broken: ProviderError | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._ready: list[Delta] = []
        self._splitter = ThinkingSplitter(opened=opened)
        self._marks = TrailingMarks()
        self._halves = Halves()

    def ended(self, word: object) -> None:
        """What the vendor calls the end of the answer; a word that says nothing, as long as it has not come."""
        if (reason := finish_reason(word)) is not None:
            self.reason, self._word = reason, word

    def goes_on(self) -> None:
        """What has ended was a part of it: the end is still to come."""
        self.reason = None

    def call(self, calls: object) -> None:
        """The model calls tools, or does not."""
        self._called = self._called or bool(calls)

    def give_calls(self, made_by: str, opaque: dict[str, Any] | None = None) -> None:
        """All has come: what the model has called is part of the answer, if it was offered anything to call.

        `opaque` is what its vendor wants to have back with the first call.
        """
        if self._broken is not None or self.reason is None or not self._offered or not self.calls:
            return
        self._gather()
        made = self.calls.made(made_by)
        if opaque:
            made[0] = replace(made[0], opaque=encoded(kept_of(made[0].opaque) | opaque))
        self._ready += map(ToolCalled, made)
        self._has_called = True
        if self.reason is FinishReason.CUT and plain_word(self._word) in CALLING:
            self.reason = FinishReason.COMPLETE

    def add_content(self, content: Any) -> None:
        """More of the answer in whichever form it came: a string, or parts, of which some may be thinking."""
        if isinstance(content, str):
            self.add_text(content)
        elif content:
            for thought, text in spoken(content):
                self.add_reasoning(thought)
                self.add_text(text)

    def add_text(self, text: str) -> None:
        """More of the answer, or nothing. What it begins with between marks of thinking is thinking."""
        if "\0" in text:
            # No platform shows it, and not every database takes it.
            text = text.replace("\0", "")
        if self._halves.held or not text.isascii():
            text = self._halves.joined(text)
        if self._splitter.over:
            self._say(self._marks.feed(text))
        elif text:
            thought, text = self._splitter.feed(text)
            self._think(thought)
            self._say(self._marks.feed(text))

    def _say(self, text: str) -> None:
        if text:
            if self._reasoning:
                self._gather()
            self.begun = True
            self._text.append(text)

    @property
    def thinks(self) -> bool | None:
        """Whether the template of this model opens the thinking; None if this answer has not shown it yet."""
        if self._marks.lone:
            return True
        return False if self._splitter.missed else None

    def end(self) -> None:
        """No more text will come: what was held back goes where it belongs."""
        thought, text = self._splitter.end()
        self._think(thought)
        self._say(self._marks.feed(text))
        self._say(self._marks.end())

    def add_reasoning(self, text: str) -> None:
        """More of the thinking that the server has told apart, or nothing."""
        if text:
            self._splitter.no_thinking()
            self._think(text)

    def _think(self, text: str) -> None:
        if text:
            if self._text:
                self._gather()
            self._thought = True
            self._reasoning.append(text)

    def add_image(self, data: bytes, media_type: str) -> None:
        """A picture of the answer."""
        self._gather()
        self.begun = True
        self._ready.append(ImageMade(data, media_type))

    def take(self) -> list[Delta]:
        """What came since the last time, in its order and in as few pieces as possible."""
        self._gather()
        ready, self._ready = self._ready, []
        return ready

    def break_off(self, error: ProviderError) -> None:
        """Nothing more will come. What the vendor has declared finished stays finished."""
        if self.reason is None and self._broken is None:
            self._broken = error

    def finished(self) -> Finished:
        """The last event, once everything has been taken.

        Raises:
            ProviderError: what broke it off.
            StreamBroken: the vendor has not said that it was done.
            RequestRefused, EmptyAnswer: it was done and there was no text at all; see `providers.empty_answers`.
        """
        if self._broken is not None:
            raise self._broken
        if self.reason is None:
            raise StreamBroken("The stream ended without a finish reason.")
        if not self.begun and not self._has_called:
            raise why_empty(self.reason, self._word, thought=self._thought, called=self._called)
        usage = self.usage
        if usage is not None and usage.output_tokens == 0:
            # There are words, so the count is none.
            usage = None
        return Finished(self.reason, usage)

    def _gather(self) -> None:
        if self._text:
            self._ready.append(TextDelta("".join(self._text)))
            self._text.clear()
        elif self._reasoning:
            self._ready.append(ReasoningDelta("".join(self._reasoning)))
            self._reasoning.clear()
