"""Which setting a wrong name was meant for."""

import difflib
import re
from collections.abc import Iterable

_NEAR = 0.8

FOREIGN = frozenset(
    (
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL_S3",
        "AWS_SESSION_TOKEN",
        "LOGNAME",
        "OLLAMA_HOST",
        "OLLAMA_MODELS",
        "OPENAI_API_BASE",
        "GOOGLE_CLOUD_PROJECT",
        "TZ",
    )
)
"""Other programs' names that look like ours."""


def meant(name: str, known: Iterable[str]) -> list[str]:
    """The settings that `name` may stand for, the nearest first: at most two; none if it is somebody else's.

    Similar names differ by a character or two, or contain all its words and more (BOT_TOKEN).
    """
    if name.upper() in FOREIGN:
        return []
    candidates = {_plain(each): each for each in known}
    near = difflib.get_close_matches(_plain(name), candidates, n=1, cutoff=_NEAR)
    if near:
        return [candidates[near[0]]]
    words = _words(name)
    if len(words) < 2:
        return []
    return [each for each in candidates.values() if words < _words(each)][:2]


def question(name: str, known: Iterable[str]) -> str | None:
    """ "Did you mean …?"; None if nothing is near."""
    found = meant(name, known)
    return f"Did you mean {' or '.join(map(repr, found))}?" if found else None


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _words(name: str) -> frozenset[str]:
    return frozenset(filter(None, re.split(r"[^A-Z0-9]+", name.upper())))
