"""Our own sentences in several languages: the English sentence in the code is the key, a catalogue has the others.

A sentence is a whole thought with named places, `say("You have {balance} tokens.", balance=3900)`: never put together
from halves, because other languages order them otherwise, and worded so that it needs no plural ("Messages: {count}").
A catalogue is `LANGUAGE.toml` beside this file, one `"English" = "translation"` a line; a test holds that each has
every sentence that the code says, with the same places, and nothing else.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "ru": "Русский",
    "uk": "Українська",
    "zh": "中文",
}
"""Every language there is a catalogue for, with its own name. English needs none: it is what the code says."""

_GROUPING: Mapping[str, str] = {"en": ",", "de": ".", "es": ".", "ru": "\u00a0", "uk": "\u00a0", "zh": ","}


class Say:
    """Says sentences in one language. What no catalogue has is said in English."""

    def __init__(self, language: str, sentences: Mapping[str, str]) -> None:
        self.language = language
        self._sentences = sentences

    def __call__(self, sentence: str, /, **values: object) -> str:
        """The sentence with its values; whole numbers are grouped as the language does it."""
        words = self._sentences.get(sentence, sentence)
        return words.format(**{name: self._shown(value) for name, value in values.items()}) if values else words

    def number(self, value: int) -> str:
        """A whole number with its thousands grouped."""
        return f"{value:,}".replace(",", _GROUPING[self.language])

    def _shown(self, value: object) -> object:
        return self.number(value) if type(value) is int else value


def said_later(sentence: str) -> str:
    """Marks a sentence for the catalogues that is said elsewhere, where it stands in a variable."""
    return sentence


def language_of(tag: str) -> str:
    """The language to use for an IETF tag such as "de-AT"; English for one that has no catalogue."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


@cache
def say_in(tag: str) -> Say:
    """Who says things in the language of that tag. A catalogue is read when it is first needed."""
    language = language_of(tag)
    file = resources.files("bot.texts").joinpath(f"{language}.toml")
    return Say(language, {} if language == "en" else tomllib.loads(file.read_text(encoding="utf-8")))
