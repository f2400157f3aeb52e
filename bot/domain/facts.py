"""What a person chose to have remembered across sessions: short facts, in their own words."""

import re
from dataclasses import dataclass
from unicodedata import normalize

from bot.domain.ids import FactId

LONGEST = 300
"""Characters of one fact."""

MOST_FACTS = 100
"""Of one person, who may have more only by joining accounts."""

# The words with which people ask for it, in every language that the bot speaks; what is behind them is the fact.
_ASKED = re.compile(
    r"(?:please|bitte|por favor|пожалуйста|будь ласка|请|請)?[,\s]*"
    r"(?:remember|keep in mind|don['’]t forget|merke? dir|denk daran|vergiss nicht|recuerda|acuérdate de|no olvides"
    r"|запомни(?:те)?|помни(?:те)?|не забудь(?:те)?|запам['’ʼ]ятай(?:те)?|пам['’ʼ]ятай(?:те)?|记住|請記住|記住|别忘了)"
    r"(?:[,:，：]*\s*(?:that|dass|que|что|що)(?!\w)|[,:，：]|(?<=[记記]住)|(?<=别忘了))"
    r"[,:，：\s]*(?P<fact>\S.*)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. It never changes: an edited one is another, with another id."""

    id: FactId
    text: str
    pinned: bool = False
    """Told to models before all that are not."""


def clean(text: str) -> str:
    """A fact as it is kept: on one line, so that it cannot be taken for more than one."""
    return " ".join(text.replace("\0", " ").split())


def folded(text: str) -> str:
    """What two facts that say the same in the same words have in common."""
    return normalize("NFKC", clean(text)).casefold().rstrip(".!。！ ")


def asked_for(text: str) -> str:
    """What a message asks to have remembered ("Remember that I live in Bonn"); "" where it asks for nothing of that."""
    found = _ASKED.fullmatch(text.strip())
    # "Remember that film?" asks whether it is known.
    return clean(found["fact"]) if found is not None and not text.rstrip().endswith(("?", "？")) else ""
