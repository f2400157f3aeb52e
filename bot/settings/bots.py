"""`[[bots]]` of `parley.toml`: more bots beside those of the environment, each with rules of its own."""

import re
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.contracts.bots import BotPlan
from bot.contracts.platform_kind import PlatformKind
from bot.contracts.setting_values import Key, LowerCase, WrongValue
from bot.domain.bots import BotRules
from bot.domain.errors import SettingsError
from bot.domain.people import Access
from bot.settings.explain import sentences
from bot.settings.values import Entries, check_listed
from bot.texts import LANGUAGES

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
_STRAIGHT = str.maketrans("“”„‟«»‘’", '""""""\'\'')


class RulesTable(BaseModel):
    """What holds for one bot alone: in `[[bots]]` of `parley.toml`, and for a bot that was added in a chat.

    The docstring of a field is also its line in `docs/parley-toml.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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

    def rules(self) -> BotRules:
        """The same for the engine."""
        return BotRules(
            modes=self.modes,
            default_mode=self.default_mode or "",
            access=self.access,
            allow=frozenset(map(str, self.allow)),
            language=self.language or "",
            welcome=self.welcome or "",
            refusal=self.refusal or "",
        )


class _NamedTable(BaseModel):
    """Which bot it is."""

    name: str
    """What you call it: in logs, alerts, `/admin bots`. A letter, then up to 23 of a-z, 0-9, `_` and `-`."""
    platform: Annotated[str, LowerCase]
    """Where it is: "telegram" or "discord"."""
    token: Key | None = None
    """Its token, if this file is to hold it."""
    token_env: str | None = None
    """The environment variable (or line of `.env`) that holds it, to keep it out of this file."""


class BotTable(RulesTable, _NamedTable):
    """`[[bots]]` of `parley.toml`: a bot with rules of its own. Any number of them can stand there."""

    def plan(self) -> BotPlan:
        """The same for the engine."""
        return BotPlan(
            platform=self.platform,
            token=self.token.get_secret_value() if self.token is not None else "",
            name=self.name,
            token_in=f"`{self.token_env}`" if self.token_env else f"`token` of the bot {self.name!r} in parley.toml",
            rules=self.rules(),
        )


class _Sent(BaseModel):
    """Rules that an admin has sent, below a name by which what is wrong with them is told."""

    bot_tables: RulesTable


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the gateway has and lets, beyond which no bot's rules go."""

    platforms: Sequence[PlatformKind[Any]]
    modes: Collection[str]
    access: Access

    def check(self, table: RulesTable, where: str = "") -> None:
        """Rules name what there is, and admit no one else. `where`: what stands before a field's name.

        Raises:
            WrongValue: they do not.
        """
        for mode in (*table.modes, *filter(None, (table.default_mode,))):
            if mode not in self.modes:
                raise WrongValue(
                    f"names {mode!r}, which is not a mode.",
                    f"Choose among {', '.join(self.modes)}.",
                    name=f"{where}modes",
                )
        if table.default_mode is not None and table.modes and table.default_mode not in table.modes:
            raise WrongValue(
                f"is {table.default_mode!r}, which the bot does not offer.",
                f"Choose among {', '.join(table.modes)}.",
                name=f"{where}default_mode",
            )
        if table.access is Access.OPEN and self.access is not Access.OPEN:
            raise WrongValue(
                f"is open, but ACCESS is {self.access.value}.",
                "Set ACCESS=open and narrow the other bots, or leave this line out.",
                name=f"{where}access",
            )
        if table.language is not None and table.language not in LANGUAGES:
            raise WrongValue(
                f"is {table.language!r}, which the bot does not speak.",
                f"Choose among {', '.join(LANGUAGES)}.",
                name=f"{where}language",
            )
        check_listed(table.allow, self.platforms, f"{where}allow")

    def read(self, text: str) -> BotRules:
        """Rules as an admin writes them in a chat: the lines that may stand below `[[bots]]`.

        Raises:
            SettingsError: they say what is wrong with them.
        """
        try:
            table = _Sent.model_validate({"bot_tables": _parsed(text)}).bot_tables
            self.check(table)
        except ValidationError as error:
            raise SettingsError(" ".join(each.removeprefix("bots.") for each in sentences(error, _Sent))) from None
        except WrongValue as error:
            raise SettingsError(f"{error.name} {error.what} {error.cure}") from None
        return table.rules()


def _parsed(text: str) -> dict[str, Any]:
    """Raises SettingsError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # Phones write other quotation marks than were typed.
        text = text.translate(_STRAIGHT)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{error}.") from None


def check_bot(bot: BotTable, bounds: Bounds) -> None:
    """A bot is on a platform that there is, has a token, and offers what the gateway has. Raises WrongValue."""
    where, known = f"bots.{bot.name}", [one.name for one in bounds.platforms]
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
    bounds.check(bot, f"{where}.")


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
