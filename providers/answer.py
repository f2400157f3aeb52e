"""What has come of one answer, and whether it may count as one. Every wire format ends in the same way."""

import re
from enum import Enum

from bot.errors import ProviderError, StreamBroken
from bot.events import Delta, Finished, ImageMade, ReasoningDelta, TextDelta
from bot.provider import unanswered
from bot.types import FinishReason, Usage

_MARKS = {"<think>": "</think>", "<thinking>": "</thinking>", "[THINK]": "[/THINK]"}
"""What thinking begins with in the text of models whose server does not tell it apart, and what ends it."""
_HALVES = re.compile("[\ud800-\udfff]")


class _Thinking(Enum):
    """Whether an answer has begun with thinking that is marked as such within the text."""

    UNKNOWN = 0
    NOW = 1
    ENDED = 2
    """The answer has not begun: the lines between the two belong to neither."""
    OVER = 3


class Answer:
    """Collects pieces until they are taken, and remembers what the vendor said about the end."""

    def __init__(self) -> None:
        self.reason: FinishReason | None = None
        """Why it ended; None as long as the vendor has not said so."""
        self.usage: Usage | None = None
        self.begun = False
        """Whether there has been any text, or a picture. Whether the text shows anything is for the pages to say."""
        self._broken: ProviderError | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._ready: list[Delta] = []
        self._thinking = _Thinking.UNKNOWN
        self._held = ""
        self._closing = ""
        """The mark that ends the thinking which has begun."""
        self._half = ""
        """A half of a surrogate pair: some servers cut between the two."""

    def add_text(self, text: str) -> None:
        """More of the answer, or nothing. What it begins with between marks of thinking is thinking."""
        if self._half or (not text.isascii() and _HALVES.search(text)):
            text = self._joined(text)
        if self._thinking is not _Thinking.OVER:
            text = self._told_apart(text)
        if text:
            if self._reasoning:
                self._gather()
            self.begun = True
            self._text.append(text)

    def _joined(self, text: str) -> str:
        """The text with halves of surrogate pairs put together; one whose other half may be to come is held."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _told_apart(self, text: str) -> str:
        """The part of the beginning that is answer; thinking goes where it belongs, what may be a mark is held."""
        self._held += text
        if self._thinking is _Thinking.UNKNOWN:
            head = self._held.lstrip()
            opening = next((mark for mark in _MARKS if head.startswith(mark)), None)
            if opening is None:
                return "" if any(mark.startswith(head) for mark in _MARKS) else self._let_go()
            self._thinking, self._held = _Thinking.NOW, head.removeprefix(opening)
            self._closing = _MARKS[opening]
        if self._thinking is _Thinking.ENDED:
            return self._begin(self._held)
        thought, mark, rest = self._held.partition(self._closing)
        if mark:
            self.add_reasoning(thought)
            self._thinking = _Thinking.ENDED
            return self._begin(rest)
        sure = max(0, len(thought) - len(self._closing))
        self.add_reasoning(thought[:sure])
        self._held = thought[sure:]
        return ""

    def _begin(self, text: str) -> str:
        """The first words after the thinking, or nothing as long as only blanks have come."""
        self._held = text.lstrip()
        return self._let_go() if self._held else ""

    def _let_go(self) -> str:
        """What was held, and nothing is any more."""
        self._thinking = _Thinking.OVER
        held, self._held = self._held, ""
        return held

    def end(self) -> None:
        """No more text will come: what was held back goes where it belongs."""
        self._half = ""
        if self._thinking is _Thinking.NOW:
            self.add_reasoning(self._let_go())
        else:
            self.add_text(self._let_go())

    def add_reasoning(self, text: str) -> None:
        """More of the thinking, or nothing."""
        if text:
            if self._text:
                self._gather()
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
            RequestRefused: its filter ended the answer before the first word.
            EmptyAnswer: it was done and there was no text at all.
        """
        if self._broken is not None:
            raise self._broken
        if self.reason is None:
            raise StreamBroken("The stream ended without a finish reason.")
        if self.reason is FinishReason.CUT and not self.begun:
            raise StreamBroken("The answer ended before its first word, and not because it was done.")
        if not self.begun:
            raise unanswered(self.reason)
        return Finished(self.reason, self.usage)

    def _gather(self) -> None:
        if self._text:
            self._ready.append(TextDelta("".join(self._text)))
            self._text.clear()
        elif self._reasoning:
            self._ready.append(ReasoningDelta("".join(self._reasoning)))
            self._reasoning.clear()
