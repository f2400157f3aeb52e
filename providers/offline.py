"""The built-in model: it needs no key and no network, says so plainly, and makes every command usable."""

from collections.abc import AsyncGenerator
from typing import ClassVar

from bot.clock import Clock
from bot.events import Delta, Finished, TextDelta
from bot.passages import cited
from bot.provider import Prompt, PromptMessage
from bot.types import Author, FinishReason, ImagePart, PassagePart, TextPart, Usage

PASSAGES = 3
PASSAGE_CHARACTERS = 900
GIST_CHARACTERS = 160
"""How much of a question is repeated."""


class Offline:
    """Answers at once with what it knows: that there is no model, and what it was asked; a `Provider`.

    `pace_s` is the time between two words, in seconds, so that streaming can be seen. `variation` chooses the words
    of the first answer; the same question asked again later in a session, or regenerated, is answered in others.
    """

    _OPENINGS: ClassVar = (
        "**No model is configured yet**, so this is the built-in one speaking. It cannot think, only listen.",
        "This answer comes from the **built-in offline model**: nobody has given me a real one yet.",
        "I am the **offline stand-in**. A real model is not configured, but everything around it works.",
    )
    _CURE = (
        "To get real answers, put a key into the settings and start again, for example:\n\n"
        "```sh\nMISTRAL_API_KEY=…   # in .env\n```"
    )

    def __init__(self, clock: Clock, pace_s: float = 0.02, variation: int = 0) -> None:
        self._clock = clock
        self._pace_s = pace_s
        self._asked = variation

    _PASSAGES = "No model is configured, so these are the passages themselves:"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.provider.Provider.stream`; it never fails."""
        opening = self._OPENINGS[(self._asked + len(prompt.messages)) % len(self._OPENINGS)]
        self._asked += 1
        passages = _passages(prompt)
        if passages:
            text = "\n\n".join((self._PASSAGES, *map(_quoted, passages)))
        else:
            text = "\n\n".join((opening, _heard(prompt), self._CURE))
        pieces = _pieces(text)
        for piece in pieces:
            yield TextDelta(piece)
            await self._clock.sleep(self._pace_s)
        yield Finished(FinishReason.COMPLETE, Usage(sum(map(_words, prompt.messages)), len(pieces)))

    async def close(self) -> None:
        """Nothing is held."""


def _heard(prompt: Prompt) -> str:
    *earlier, last = [m for m in prompt.messages if m.author is not Author.SYSTEM] or [PromptMessage(Author.USER, ())]
    gist = " ".join(" ".join(part.text for part in last.parts if isinstance(part, TextPart)).split())
    if len(gist) > GIST_CHARACTERS:
        gist = gist[:GIST_CHARACTERS].rsplit(" ", 1)[0] + " …"
    pictures = sum(isinstance(part, ImagePart) for part in last.parts)
    sent = f"You sent {_count(pictures, 'picture')} and said" if pictures else "You said"
    return f"{sent}:\n\n> {gist or '…'}\n\nI can see {_count(len(earlier), 'earlier message')} of this session."


def _passages(prompt: Prompt) -> list[PassagePart]:
    """The passages that hold the most words of the question, best first."""
    parts = prompt.messages[-1].parts if prompt.messages else ()
    asked = {word for part in parts if isinstance(part, TextPart) for word in _content_words(part.text)}

    def overlap(part: PassagePart) -> float:
        found = _content_words(part.text)
        return sum(found.count(word) > 0 for word in asked) + len(part.text) / 1e9

    passages = [part for part in parts if isinstance(part, PassagePart)]
    return sorted(passages, key=overlap, reverse=True)[:PASSAGES]


def _content_words(text: str) -> list[str]:
    return [word for word in (raw.strip(".,;:!?()[]\"'“”„«»").lower() for raw in text.split()) if len(word) > 3]


def _quoted(part: PassagePart) -> str:
    text = (
        part.text if len(part.text) <= PASSAGE_CHARACTERS else part.text[:PASSAGE_CHARACTERS].rsplit(" ", 1)[0] + " …"
    )
    lines = "\n".join(f"> {line}" for line in text.strip().splitlines())
    return f"{lines}\n\n{cited(part.source, part.page)}"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _pieces(text: str) -> list[str]:
    """Words, each with the whitespace behind it."""
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        words = line.split(" ")
        pieces.extend(word + " " for word in words[:-1])
        pieces.append(words[-1])
    return [piece for piece in pieces if piece]


def _words(message: PromptMessage) -> int:
    return sum(len(part.text.split()) for part in message.parts if isinstance(part, TextPart))
