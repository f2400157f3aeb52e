"""What the operator has decided for one of several bots alone."""

from dataclasses import dataclass

from bot.domain.people import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRules:
    """How a bot differs from the others. Empty means: what holds for all."""

    modes: tuple[str, ...] = ()
    """Those that it offers, by their names."""
    default_mode: str = ""
    """In which sessions begin with it."""
    access: Access | None = None
    """Who may talk to it before an admin has said anything about them; never wider than what holds for all."""
    allow: frozenset[str] = frozenset()
    """Who may use it, in the allowlist's words, of those who are let in. Admins need not be named."""
    language: str = ""
    """In which it speaks to everybody: an IETF tag."""
    welcome: str = ""
    """What `/start` says first, in Markdown."""
    refusal: str = ""
    """What those read who may not use it, in Markdown."""


NO_RULES = BotRules()
