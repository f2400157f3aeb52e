"""Bots that people make to be managed by another bot, which is told of them and may ask for their tokens."""

import random
import re
import string

_LONGEST_NAME = 32
"""Of a username."""
_NUMBER_LETTERS = 4


def link_to_make(manager: str, rng: random.Random) -> str:
    """Opens a dialogue in Telegram's apps that makes a bot for this one, with a name to begin with that is free."""
    ending = "".join(rng.choices(string.ascii_lowercase, k=_NUMBER_LETTERS)) + "_bot"
    stem = re.sub("_?bot$", "", manager, flags=re.IGNORECASE)
    return f"https://t.me/newbot/{manager}/{stem[: _LONGEST_NAME - len(ending) - 1]}_{ending}"
