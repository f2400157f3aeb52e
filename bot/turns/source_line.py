"""The pages below an answer that it draws on: numbered, few, and only such as were found or read; and the searches that
who has found them wants to be offered.
"""

from collections.abc import Sequence

from bot.domain.sources import Source
from bot.rendering.pages import escaped
from bot.texts import Say

MOST = 5
"""Sources that are shown; the others are counted. Also of searches, of which one answer seldom has three."""
LONGEST = 60
"""Characters of a title."""


def below(sources: Sequence[Source], say: Say) -> str:
    """The line of sources, as Markdown; "" without any."""
    if not sources:
        return ""
    listed = " · ".join(f"{number}. {_link(source)}" for number, source in enumerate(sources[:MOST], 1))
    if (more := len(sources) - MOST) > 0:
        return say("Sources: {sources} and {count} more", sources=listed, count=more)
    return say("Sources: {sources}", sources=listed)


def offered(suggested: Sequence[Source], say: Say) -> str:
    """The line of searches, as Markdown; "" without any."""
    if not suggested:
        return ""
    return say("Search suggestions: {searches}", searches=" · ".join(map(_link, suggested[:MOST])))


def _link(source: Source) -> str:
    title = " ".join(source.title.split())
    shown = title if len(title) <= LONGEST else f"{title[:LONGEST].rstrip()}…"
    return f"[{escaped(shown)}]({source.url})"
