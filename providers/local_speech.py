"""Reading aloud and hearing by engines on this machine, where the extra `speech` is installed: in English alone.

Each runs in a process of its own, with what it works on and nothing else; see `bot.voices`.
"""

from collections.abc import Callable
from contextlib import aclosing
from importlib.util import find_spec

from bot.beside import NothingMade
from bot.contracts.provider import Recording, Transcript
from bot.domain.messages import AudioPart
from bot.domain.model_names import HEARER, READER
from bot.domain.provider_errors import (
    ContextTooLong,
    EnglishOnly,
    ModelMissing,
    ProviderError,
    RequestRefused,
    StreamBroken,
)
from bot.voices.engine import Engine, Told, made
from bot.voices.english import is_english

_NICENESS = 10
"""People waiting for an answer in words come before it."""
_LIBRARIES = {READER: "piper", HEARER: "faster_whisper"}


class LocalSpeech:
    """Both engines; a process begins with its first job."""

    def __init__(self) -> None:
        self._reader = Engine("read", niceness=_NICENESS)
        self._hearer = Engine("hear", niceness=_NICENESS)

    async def speak(self, model: str, text: str) -> Recording:
        """A text, read aloud. Raises ProviderError, `EnglishOnly` where it is not English."""
        _check(model, READER)
        if not is_english(text):
            raise EnglishOnly("The voice on this machine reads English only.")
        try:
            return Recording(await made(self._reader, {}, text.encode()))
        except NothingMade as error:
            raise StreamBroken(f"The engine that reads aloud broke: {error}") from error

    async def transcribe(self, model: str, audio: AudioPart, progress: Callable[[float], None]) -> Transcript:
        """What is said in a recording. Raises ProviderError, `EnglishOnly` where it is not English."""
        _check(model, HEARER)
        last = Told({}, b"")
        try:
            async with aclosing(self._hearer.do({}, audio.data)) as told:
                async for each in told:
                    if each.problem is not None:
                        raise _refusal(each.problem)
                    if "done" in each.what:
                        progress(each.what["done"])
                    elif not each.what["ends"]:
                        last = each
        except NothingMade as error:
            raise StreamBroken(f"The engine that hears broke: {error}") from error
        return Transcript(last.data.decode(), seconds=last.what.get("seconds"))

    async def close(self) -> None:
        """End their processes."""
        await self._reader.close()
        await self._hearer.close()


def is_installed(model: str) -> bool:
    """Whether an engine of this name is here."""
    return model in _LIBRARIES and find_spec(_LIBRARIES[model]) is not None


def _check(model: str, wanted: str) -> None:
    if model != wanted:
        raise ModelMissing(f"The built-in provider has no {model!r} for this.")
    if not is_installed(model):
        raise ModelMissing(f"{model!r} is not installed here. Install it with `make speech`.")


def _refusal(problem: str) -> ProviderError:
    match problem:
        case "language":
            return EnglishOnly("What is said is not English, or cannot be made out.")
        case "long":
            return ContextTooLong("The recording is longer than two hours.")
        case _:
            return RequestRefused("The recording cannot be decoded.")
