"""`[[bots]]` of `parley.toml`: more bots beside those of the environment, each with rules of its own."""

import re
import stat
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from bot.contracts.bots import BotPlan
from bot.contracts.platform_kind import PlatformKind
from bot.contracts.setting_values import Key, LowerCase, WrongValue
from bot.domain.bots import BotRules
from bot.domain.people import Access
from bot.settings.values import Entries
from bot.texts import LANGUAGES

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")


class BotTable(BaseModel):
    """`[[bots]]` of `parley.toml`: a bot with rules of its own. Any number of them can stand there.

    The docstring of a field is also its line in `docs/parley-toml.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    """What you call it: in logs, alerts, `/admin bots`. A letter, then up to 23 of a-z, 0-9, `_` and `-`."""
    platform: Annotated[str, LowerCase]
    """Where it is: "telegram" or "discord"."""
    token: Key | None = None
    """Its token, if this file is to hold it."""
    token_env: str | None = None
    """The environment variable (or line of `.env`) that holds it, to keep it out of this file."""
    modes: tuple[str, ...] = ()
    """The modes that it offers; without it, all."""
    default_mode: str | None = None
    """The mode in which sessions begin with it; without it, DEFAULT_MODE, or the first of `modes`."""
    access: Annotated[Access | None, LowerCase] = None
    """How strangers come to be let in, as in ACCESS. "open" needs ACCESS=open: a bot admits no one whom the gateway
    does not."""
    allow: Entries = ()
    """Who of those who are let in may use it, as in ALLOWLIST: `["discord:role:99"]`; without it, all of them. Admins
    always may."""
    language: str | None = None
    """In which it speaks to everybody, such as "de"; without it, each person's own."""
    welcome: str | None = None
    """What `/start` says, in Markdown, in place of its examples; `{name}` is who reads it."""
    refusal: str | None = None
    """What people read who may not use it, in Markdown."""

    def plan(self) -> BotPlan:
        """The same for the engine."""
        return BotPlan(
            platform=self.platform,
            token=self.token.get_secret_value() if self.token is not None else "",
            name=self.name,
            token_in=f"`{self.token_env}`" if self.token_env else f"`token` of the bot {self.name!r} in parley.toml",
            rules=BotRules(
                modes=self.modes,
                default_mode=self.default_mode or "",
                access=self.access,
                allow=frozenset(map(str, self.allow)),
                language=self.language or "",
                welcome=self.welcome or "",
                refusal=self.refusal or "",
            ),
        )


def check_bot(bot: BotTable, platforms: Sequence[PlatformKind[Any]], modes: Collection[str], access: Access) -> None:
    """A bot is on a platform that there is, has a token, and offers what the gateway has. Raises WrongValue."""
    where, known = f"bots.{bot.name}", [one.name for one in platforms]
    if not _NAME.fullmatch(bot.name) or bot.name in known:
        raise WrongValue(
            "is not a name for a bot.",
            "Use a letter, then up to 23 of a-z, 0-9, _ and -; but no platform's name.",
            name=where,
        )
    if bot.platform not in known:
        raise WrongValue(
            f"is {bot.platform!r}, which is not a platform.", f"Choose {' or '.join(known)}.", name=f"{where}.platform"
        )
    if bot.token is None:
        raise WrongValue("is missing.", "Write `token_env` with the variable that holds it.", name=f"{where}.token")
    for mode in (*bot.modes, *filter(None, (bot.default_mode,))):
        if mode not in modes:
            raise WrongValue(
                f"names {mode!r}, which is not a mode.", f"Choose among {', '.join(modes)}.", name=f"{where}.modes"
            )
    if bot.default_mode is not None and bot.modes and bot.default_mode not in bot.modes:
        raise WrongValue(
            f"is {bot.default_mode!r}, which the bot does not offer.",
            f"Choose among {', '.join(bot.modes)}.",
            name=f"{where}.default_mode",
        )
    if bot.access is Access.OPEN and access is not Access.OPEN:
        raise WrongValue(
            f"is open, but ACCESS is {access.value}.",
            "Set ACCESS=open and narrow the other bots, or leave this line out.",
            name=f"{where}.access",
        )
    if bot.language is not None and bot.language not in LANGUAGES:
        raise WrongValue(
            f"is {bot.language!r}, which the bot does not speak.",
            f"Choose among {', '.join(LANGUAGES)}.",
            name=f"{where}.language",
        )


def check_each_once(plans: Iterable[BotPlan]) -> None:
    """No two bots have one name or one token. Raises WrongValue."""
    names: set[str] = set()
    tokens: set[str] = set()
    for plan in plans:
        if plan.name in names:
            raise WrongValue(f"names two bots {plan.name!r}.", "Give each its own name.", name="bots")
        if plan.token in tokens:
            raise WrongValue(
                "holds a token that another bot has, too.",
                "Write the token of each bot once.",
                name=f"bots.{plan.name}",
            )
        names |= {plan.name} - {""}
        tokens.add(plan.token)


def readable_tokens(tables: Iterable[BotTable], files: Iterable[Path]) -> list[Path]:
    """The files among these that hold a bot's token and that other users of this machine can read."""
    if not any(table.token is not None and table.token_env is None for table in tables):
        return []
    return [path for path in files if path.suffix == ".toml" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)]
