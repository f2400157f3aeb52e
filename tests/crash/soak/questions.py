"""Questions and their answers, which a key tells apart from all others of a soak."""

import re
from collections.abc import Mapping
from typing import Any

KEY = re.compile(r"\bK(\d+)\b")
BEGINNING = re.compile(r"answer K(\d+)\b")
LATER = re.compile(r"\b(?:thing R|later K)\d+\b")
"""What somebody wants to be reminded of, or to have asked."""
END = re.compile(r"end K(\d+)\.")
AT_LENGTH, _WORDS_AT_LENGTH = "at length", 150
"""An answer that takes three seconds: it is seen before it is whole, also where previews are put off by other work."""
_WORDS = 12


def keys_of(text: str) -> list[int]:
    """The keys in a text, as they come."""
    return [int(key) for key in KEY.findall(text)]


def reply(body: Mapping[str, Any]) -> str:
    """What the model answers to a request."""
    said = str(body["messages"])
    keys = keys_of(said)
    if not keys:
        return "Welcome."
    words = _WORDS_AT_LENGTH if f"K{keys[-1]} {AT_LENGTH}" in said else _WORDS
    return f"answer K{keys[-1]} {'word ' * words}end K{keys[-1]}."
