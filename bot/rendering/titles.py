"""A name of a few words for a text, if no model suggests one."""

import re

from bot.rendering import markup
from bot.rendering.layout.places import Graphemes

_WORDS = 5
_LENGTH = 60
"""Code points, with the ellipsis."""
_READ = 1_000
"""A name comes from this beginning of the text."""
_LEFT_OUT = "…"
_QUOTED = re.compile("[\"'“”„‚‘«»‹›「『《](.*)[\"'“”„‘’«»‹›」』》]")


def shorten_title(text: str) -> str:
    """At most five words of what is read in `text`, at most 60 code points, on one line; "…" where that is not all."""
    return _of_words(_first_words(text))


def written_title(text: str) -> str:
    """The title that a model wrote, shortened: what is read in its first block, where models explain it in a second.

    The quotation marks and the full stop that models put around a title, whatever they are asked for, are left out;
    those inside it (`"Hamlet" in short`, `C#`) are its own.
    """
    shown = next((block.text for block in markup.parse(text[:_READ]) if block.text.strip()), "")
    title = " ".join(shown.split()).removesuffix(".")
    if (quoted := _QUOTED.fullmatch(title)) is not None and not set(quoted[1]) & {title[0], title[-1]}:
        title = quoted[1].removesuffix(".").strip()
    return _of_words(title.split())


def cut_title(title: str, limit: int) -> str:
    """A name on one line, at most `limit` code points; cut between words, with "…", where it is longer."""
    title = " ".join(title.split())
    return title if len(title) <= limit else _beginning(title, limit - 1)


def _of_words(words: list[str]) -> str:
    title = " ".join(words[:_WORDS])
    return cut_title(title, _LENGTH) if len(words) <= _WORDS else _beginning(title, _LENGTH - 1)


def _beginning(title: str, end: int) -> str:
    """Whole words of a title up to a place in it, and the sign that something is left out."""
    end = min(len(title), end)
    whole = title[: Graphemes(title).last(0, end) or end]
    # A word that is cut off says less than none, unless it is the only one.
    if end < len(title) and not title[end].isspace() and " " in whole:
        whole = whole.rpartition(" ")[0]
    return whole.rstrip(" .,:;-–—…") + _LEFT_OUT


def _first_words(text: str) -> list[str]:
    beginning = "\n".join(text[:_READ].splitlines())
    shown = [word for block in markup.parse(beginning) for word in block.text.split()]
    # What shows nothing (an address in brackets, a rule) is still what was said.
    return shown or beginning.split()
