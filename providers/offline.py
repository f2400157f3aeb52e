"""The built-in model: it needs no key and no network, says so plainly, and plays what answers can look like."""

from collections.abc import AsyncGenerator, Callable
from typing import ClassVar

from bot.contracts.passages import cited
from bot.contracts.provider import Prompt, PromptMessage, Recording, Transcript
from bot.domain.clock import Clock
from bot.domain.counts import counted
from bot.domain.events import Delta, Finished, ImageMade, TextDelta
from bot.domain.messages import AudioPart, Author, ImagePart, InstructionPart, PassagePart, TextPart
from bot.domain.turns import FinishReason, Usage
from providers.local_speech import LocalSpeech
from providers.repertoire import PLAYABLE, Piece, picture, play

PASSAGES = 3
PASSAGE_CHARACTERS = 900
GIST_CHARACTERS = 160
"""How much of a question is repeated."""


class Offline:
    """Answers at once with what it knows: what it was asked, what is in the documents, and pieces that it plays.

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
    _PLAYED = "*Played by the built-in model: no real one is configured.*"
    _PASSAGES = "No model is configured, so these are the passages themselves:"

    def __init__(self, clock: Clock, pace_s: float = 0.02, variation: int = 0) -> None:
        self._clock = clock
        self._pace_s = pace_s
        self._asked = variation
        self._speech = LocalSpeech()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.contracts.provider.Provider.stream`; it never fails."""
        if prompt.picture is not None:
            yield ImageMade(picture(), "image/png")
            yield Finished(FinishReason.COMPLETE, Usage(sum(map(_words, prompt.messages)), 0))
            return
        text, pieces = self._answer(prompt)
        words = _pieces(text)
        for word in words:
            yield TextDelta(word)
            await self._clock.sleep(self._pace_s)
        if Piece.PICTURE in pieces:
            yield ImageMade(picture(), "image/png")
        yield Finished(FinishReason.COMPLETE, Usage(sum(map(_words, prompt.messages)), len(words)))

    def _answer(self, prompt: Prompt) -> tuple[str, tuple[Piece, ...]]:
        opening = self._OPENINGS[(self._asked + len(prompt.messages)) % len(self._OPENINGS)]
        self._asked += 1
        question = _question(prompt)
        if passages := _passages(prompt, question):
            return "\n\n".join((self._PASSAGES, *map(_quoted, passages))), ()
        if played := play(question):
            return "\n\n".join((self._PLAYED, played.text)), played.pieces
        return "\n\n".join((opening, _heard(prompt, question), PLAYABLE, self._CURE)), ()

    async def speak(self, model: str, text: str, voice: str) -> Recording:
        """See `bot.contracts.provider.Speaker.speak`; there is one voice."""
        return await self._speech.speak(model, text)

    async def transcribe(self, model: str, audio: AudioPart, progress: Callable[[float], None]) -> Transcript:
        """See `bot.contracts.provider.Transcriber.transcribe`."""
        return await self._speech.transcribe(model, audio, progress)

    async def close(self) -> None:
        """End what reads aloud and hears."""
        await self._speech.close()


def _question(prompt: Prompt) -> str:
    last = prompt.messages[-1] if prompt.messages else PromptMessage(Author.USER, ())
    return " ".join(part.text for part in last.parts if isinstance(part, TextPart))


def _heard(prompt: Prompt, question: str) -> str:
    *earlier, last = [m for m in prompt.messages if m.author is not Author.SYSTEM] or [PromptMessage(Author.USER, ())]
    gist = " ".join(question.split())
    if len(gist) > GIST_CHARACTERS:
        gist = gist[:GIST_CHARACTERS].rsplit(" ", 1)[0] + " …"
    pictures = sum(isinstance(part, ImagePart) for part in last.parts)
    sent = f"You sent {counted(pictures, 'picture')} and said" if pictures else "You said"
    return f"{sent}:\n\n> {gist or '…'}\n\nI can see {counted(len(earlier), 'earlier message')} of this session."


_ABOUT_DOCUMENTS = {
    *("document", "documents", "file", "files", "page", "pages", "paper", "pdf", "report", "scan", "summary"),
    *("summarise", "summarize", "text", "attached"),
}
"""Words of a question that ask about what was sent, whatever it holds."""


_EMPTY = {
    *("what", "this", "that", "these", "those", "about", "does", "tell", "more", "there", "have", "with", "from"),
    *("which", "when", "where", "says", "said", "written", "please", "your", "they", "them", "will", "would", "could"),
}
"""Words that any question may hold."""


def _passages(prompt: Prompt, question: str) -> list[PassagePart]:
    """The passages that hold the most words of the question, best first; none if it asks of something else.

    A strict prompt asks of the documents in any case; so do a file without a word and "What is this about?".
    """
    passages = [part for message in prompt.messages for part in message.parts if isinstance(part, PassagePart)]
    asked = set(_content_words(question))
    strict = any(
        "from the documents" in part.text
        for message in prompt.messages
        for part in message.parts
        if isinstance(part, InstructionPart)
    )

    def overlap(part: PassagePart) -> int:
        named = set(_content_words(f"{part.text} {part.source} {part.source.replace('.', ' ')}"))
        return len(asked & named)

    best = max(map(overlap, passages), default=0)
    bare = not asked and (not question.strip() or "?" in question)
    wanted = strict or bare or asked & _ABOUT_DOCUMENTS or (asked and best * 2 >= len(asked))
    return sorted(passages, key=overlap, reverse=True)[:PASSAGES] if wanted else []


def _content_words(text: str) -> list[str]:
    words = (raw.strip(".,;:!?()[]\"'“”„«»").lower() for raw in text.split())
    return [word for word in words if (len(word) > 3 or word in _ABOUT_DOCUMENTS) and word not in _EMPTY]


def _quoted(part: PassagePart) -> str:
    text = (
        part.text if len(part.text) <= PASSAGE_CHARACTERS else part.text[:PASSAGE_CHARACTERS].rsplit(" ", 1)[0] + " …"
    )
    lines = "\n".join(f"> {line}" for line in text.strip().splitlines())
    return f"{lines}\n\n{cited(part.source, part.page)}"


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
