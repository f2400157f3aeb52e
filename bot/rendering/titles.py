"""Titles: the first words that name a session."""

_TITLE_WORDS = 5
_TITLE_LENGTH = 60


def shorten_title(text: str) -> str:
    """At most five words, at most 60 characters, on one line."""
    return " ".join(text.split()[:_TITLE_WORDS])[:_TITLE_LENGTH].strip()
