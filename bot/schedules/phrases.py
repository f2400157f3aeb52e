"""What somebody meant by a time: "in 20 minutes", "tomorrow at 9", "every weekday at 8", five fields of cron.

No library was good enough (findings/ has some of what they make of such words: "at 8" is August, the hour of "tomorrow
at 9" is dropped, "every day at 7" is in the evening). This reads a closed list of forms and refuses everything else,
because a reminder at a guessed time comes at a wrong one; what was understood is shown as moments.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.ids import UnixMs
from bot.domain.schedules import Cron, Rule
from bot.schedules.lexicon import Lexicon, Token, folded, lexicons
from bot.schedules.meaning import Meaning
from bot.schedules.parts import Reader
from bot.schedules.times import NoSuchTime, next_moment

_CRON = re.compile(r"\s*((?:[-*/,0-9]+\s+){2}[-*/,0-9]+\s+[-*/,0-9a-z]+\s+[-*/,0-9a-z]+)(?=\s|$)", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_LEFT = re.compile(r"[\s,]*(?P<word>[^\d\s]*\s*)\d{1,4}(?P<minutes>[:：]\d{2}(?!\d))?")


@dataclass(frozen=True, slots=True)
class Understood:
    """A time that was found in a text."""

    rule: Rule
    rest: str
    """The words beside it."""


def understand(text: str, now: UnixMs, zone: tzinfo, language: str) -> Understood | None:
    """The time that a text begins or ends with; None if it does neither.

    Raises:
        Passed: the moment that it names is over.
    """
    if (found := _CRON.match(text)) is not None:
        return _of_cron(found, text, now, zone)
    low = folded(text)
    here = datetime.fromtimestamp(now / 1000, zone)
    for lexicon in lexicons(language):
        if (understood := _at_the_start(lexicon, low, text, here)) is not None:
            return understood
    for lexicon in lexicons(language):
        if (understood := _at_the_end(lexicon, low, text, here)) is not None:
            return understood
    return None


def _of_cron(found: re.Match[str], text: str, now: UnixMs, zone: tzinfo) -> Understood | None:
    rule = Cron(" ".join(found[1].lower().split()))
    try:
        if next_moment(rule, now, zone) is None:
            return None
    except NoSuchTime:
        return None
    return Understood(rule, text[found.end() :].strip())


def _at_the_start(lexicon: Lexicon, low: str, text: str, here: datetime) -> Understood | None:
    tokens = lexicon.tokens(low, lexicon.begin(low))
    for count in range(len(tokens), 0, -1):
        whole = tokens[count - 1].ends >= len(low.rstrip(" .!"))
        rule = _rule_of(tokens[:count], lexicon, here, whole=whole, left=low[tokens[count - 1].ends :])
        if rule is not None:
            return Understood(rule, text[tokens[count - 1].ends :].lstrip(" ,:.–-").strip())
    return None


def _at_the_end(lexicon: Lexicon, low: str, text: str, here: datetime) -> Understood | None:
    ends = len(low.rstrip(" .!?"))
    starts = [match.start() for match in _WORD.finditer(low)] if lexicon.language != "zh" else range(1, ends)
    for start in starts:
        tokens = lexicon.tokens(low[:ends], start)
        if tokens and tokens[-1].ends == ends and (rule := _rule_of(tokens, lexicon, here, whole=True)) is not None:
            return Understood(rule, text[:start].rstrip(" ,:–-").strip())
    return None


def _rule_of(tokens: Sequence[Token], lexicon: Lexicon, here: datetime, *, whole: bool, left: str = "") -> Rule | None:
    """`left`: what stands behind."""
    said = Reader([token.means for token in tokens], whole=whole).read()
    if said is not None and not said.names_time and _is_hour(left, lexicon):
        return None  # "tomorrow at 25:00": not at nine, which nobody has said.
    return Meaning(said, lexicon.language, here).rule() if said is not None else None


def _is_hour(text: str, lexicon: Lexicon) -> bool:
    """Whether a text begins with what can only be meant as a time of day, and is none."""
    begins = _LEFT.match(text)
    if begins is None:
        return False
    word = begins["word"].strip()
    return lexicon.is_at(word) or (not word and begins["minutes"] is not None)
