"""How much a model reads, as its vendor says it when a conversation is too long."""

import re
from typing import Any

SMALLEST, LARGEST = 256, 100_000_000
"""Tokens. No model reads less or more: such a number is another one."""

_NUMBER = r"(?P<number>\d[\d,_]*(?:\.\d+)?)\s?(?P<unit>[km](?![a-z]))?"
_NOT_THE_ANSWERS = r"(?![a-z])(?!_(?:new_|completion_|output_)?tokens| (?:output|completion))"
_MOST = rf"(?:max(?:imum)?{_NOT_THE_ANSWERS}|available|allowed|supported)"
_SIZE = r"(?:context|model|prompt|input|sequence|token)[ _-]*(?:length|len|window|size|limit|budget)s?(?: limit)?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:>|<=|≤)\s*{_NUMBER}",
        rf"\[\s*\d+\s*,\s*{_NUMBER}\s*\]",
        rf"{_NUMBER} (?:tokens )?max(?:imum)?\b",
        rf"less than {_NUMBER} tokens",
        rf"{_MOST}[^.\d]{{0,60}}?{_NUMBER}",
        rf"(?:exceed\w*|than|with|of)\b[^.\d]{{0,40}}{_SIZE}(?: (?:is|of|only))*\W{{0,3}}{_NUMBER}",
        rf"{_SIZE}(?: (?:is|of|only))*\W{{0,3}}{_NUMBER}",
        # Not in brackets: "exceeds limit (2013)" is MiniMax's, and the number is that of the error.
        rf"\blimit(?: is| of|:)? {_NUMBER}",
        rf"(?:最大|限制|上限)[^\d]{{0,12}}{_NUMBER}",
    )
)
"""The surest first: which of the numbers is the limit, and which is what was asked for."""


def limit_in(words: str, data: Any) -> int | None:
    """The most tokens by the vendor's own account; None if it does not say. `data` is the JSON of its refusal."""
    error = data.get("error", data) if isinstance(data, dict) else None
    if isinstance(error, dict) and type(told := error.get("n_ctx")) is int and SMALLEST <= told <= LARGEST:
        # llama.cpp has it as a field.
        return told
    for pattern in _PATTERNS:
        for match in pattern.finditer(words):
            if (found := _tokens(match)) is not None:
                return found
    return None


def _tokens(match: re.Match[str]) -> int | None:
    number = re.sub("[,_]", "", match["number"])
    factor = {"k": 1_000, "m": 1_000_000}.get((match["unit"] or "").lower(), 1)
    try:
        found = int(float(number) * factor)
    except (ValueError, OverflowError):
        return None
    return found if SMALLEST <= found <= LARGEST else None
