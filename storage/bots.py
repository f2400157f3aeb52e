"""Bots as admins have them: added in a chat, stopped and started there. Tokens are kept sealed, see `bot.vault`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from storage.programs import Program


@dataclass(frozen=True, slots=True)
class KeptBot:
    """What is kept of a bot."""

    platform: str
    remote: str
    """Its own id there."""
    name: str
    """As people there see it."""
    token: str | None = field(repr=False)
    """Sealed; None where the settings hold it, or an admin has taken the bot away."""
    stopped: bool
    rules: str = ""
    """What holds for it alone, as it stands below `[[bots]]` of parley.toml; of one that was added."""

    def runs_as(self, other: "KeptBot") -> bool:
        """Whether one that runs as `other` says need not begin anew."""
        return (self.token, self.rules) == (other.token, other.rules)

    @property
    def bound_to(self) -> str:
        """What its token is sealed for."""
        return bound_to(self.platform, self.remote)


def bound_to(platform: str, remote: str) -> str:
    """What the token of the bot with this id is sealed for."""
    return f"bot {platform} {remote}"


def every() -> Program[list[KeptBot]]:
    """All of them."""
    rows = yield (
        """
        SELECT platform, remote, name, token, stopped, rules
        FROM bot
        ORDER BY platform, name, remote
        """,
        (),
    )
    return [
        KeptBot(platform, remote, name, token, bool(stopped), rules)
        for platform, remote, name, token, stopped, rules in rows
    ]


def add(platform: str, remote: str, name: str, token: str) -> Program[None]:
    """Have one more run; of one that is there already, or was, have it run with this token, by the rules it has."""
    yield (
        """
        INSERT INTO bot (platform, remote, name, token)
        VALUES (?, ?, ?, ?)
        ON CONFLICT (platform, remote) DO UPDATE
        SET name = excluded.name,
            token = excluded.token,
            stopped = FALSE
        """,
        (platform, remote, name, token),
    )


def renew(platform: str, remote: str, token: str) -> Program[KeptBot | None]:
    """Give one that was added another token; None if there is none."""
    rows = yield (
        """
        UPDATE bot
        SET token = ?
        WHERE platform = ?
          AND remote = ?
          AND token IS NOT NULL
        RETURNING name, stopped
        """,
        (token, platform, remote),
    )
    return next((KeptBot(platform, remote, name, token, bool(stopped)) for name, stopped in rows), None)


def rule(platform: str, remote: str, rules: str) -> Program[bool]:
    """Have these hold for one that was added; whether others did."""
    rows = yield (
        """
        UPDATE bot
        SET rules = ?
        WHERE platform = ?
          AND remote = ?
          AND token IS NOT NULL
          AND rules <> ?
        RETURNING remote
        """,
        (rules, platform, remote, rules),
    )
    return bool(rows)


def stop(platform: str, remote: str, name: str) -> Program[bool]:
    """Have one stay still; whether it was to run."""
    rows = yield (
        """
        INSERT INTO bot (platform, remote, name, stopped)
        VALUES (?, ?, ?, TRUE)
        ON CONFLICT (platform, remote) DO UPDATE
        SET stopped = TRUE
        WHERE NOT bot.stopped
        RETURNING remote
        """,
        (platform, remote, name),
    )
    return bool(rows)


def start(platform: str, remote: str) -> Program[bool]:
    """Have one run again; whether it stayed still."""
    rows = yield (
        """
        UPDATE bot
        SET stopped = FALSE
        WHERE platform = ?
          AND remote = ?
          AND stopped
        RETURNING remote
        """,
        (platform, remote),
    )
    return bool(rows)


def remove(platform: str, remote: str) -> Program[bool]:
    """Take one away that was added, with its token; whether there was one. That it was here is remembered."""
    rows = yield (
        """
        UPDATE bot
        SET token = NULL,
            stopped = FALSE
        WHERE platform = ?
          AND remote = ?
          AND token IS NOT NULL
        RETURNING remote
        """,
        (platform, remote),
    )
    return bool(rows)


def reencrypt(reseal: Callable[[str, str], str]) -> Program[int]:
    """Re-encrypt every token, all or none; returns how many. `reseal` is given what is sealed, and what it is for."""
    sealed = [(kept, kept.token) for kept in (yield from every()) if kept.token is not None]
    for kept, token in sealed:
        yield (
            "UPDATE bot SET token = ? WHERE platform = ? AND remote = ?",
            (reseal(token, kept.bound_to), kept.platform, kept.remote),
        )
    return len(sealed)
