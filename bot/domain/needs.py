"""What it takes to do something. Commands, modes and things carry it; `bot.people.admission` alone decides by it."""

from dataclasses import dataclass

from bot.domain.ids import PersonId
from bot.domain.people import Role


@dataclass(frozen=True, slots=True)
class Theirs:
    """What one person asked for, began or brought. In a private chat everything that can be reached is one's own."""

    whose: PersonId | None
    """None: no longer known."""
    or_moderators: bool = True
    """Who keeps order in the chat may, too."""
    or_admins: bool = True
    """An admin of ours may, too."""
    or_named: frozenset[str] = frozenset()
    """Who is named so, in the allowlist's words, may, too."""


@dataclass(frozen=True, slots=True)
class Need:
    """What someone must be, and where, to do something; by default: let in."""

    role: Role = Role.MEMBER
    """At least: STRANGER, MEMBER or ADMIN."""
    named: frozenset[str] = frozenset()
    """Whom it is kept for, in the allowlist's words; empty: for no one in particular. Admins need not be named."""
    private: bool = False
    """It is done in a private chat."""
    or_adults: bool = False
    """Or where the platform lets in adults alone."""
    guests: bool = True
    """It can also be done where the bot is a guest."""
    theirs: Theirs | None = None
    """What it is done to, where that may be somebody else's."""

    @property
    def for_admins(self) -> bool:
        """Whether only admins may."""
        return self.role is Role.ADMIN
