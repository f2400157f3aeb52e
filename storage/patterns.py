"""Patterns of LIKE."""

_LITERALLY = str.maketrans({special: f"!{special}" for special in "!%_"})


def containing(words: str) -> str:
    """The pattern of a text that has these words in it, taken literally; the statement says `ESCAPE '!'`."""
    return f"%{words.translate(_LITERALLY)}%"
