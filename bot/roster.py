"""Which bots there are: those of the settings and those that admins have added in a chat, some of them stopped.

What admins want is kept in the database; every process sees it there and follows, see `bot.supervisor.receiving`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from bot.contracts.abilities import MakesBots
from bot.contracts.bots import BotPlan, Bots
from bot.contracts.news import News
from bot.contracts.platform import Platform
from bot.domain.bots import NO_RULES, BotRules
from bot.domain.errors import PersonError, PlatformError, Rejected, SettingsError
from bot.people.administering import By
from bot.texts import said_later
from bot.vault import Vault
from storage import bots as kept_bots
from storage.acts import ActKind
from storage.bots import KeptBot
from storage.database import Database
from storage.programs import Program

NEWS = "bots"
"""What processes tell each other of it under."""

_AGAIN = "`/admin bots`, where you add the bot once more"
"""Where a token is written that came by a chat."""

_LOG_IN_S = 20.0
"""How long a platform may take to say whose a token is."""


log = structlog.get_logger(__name__)


class State(StrEnum):
    """What a bot is doing."""

    RUNS = "runs"
    AWAY = "away"
    """It is to run, and is not connected."""
    LOST = "lost"
    """It is to run, and its platform refuses it."""
    STOPPED = "stopped"


STATES = {
    State.RUNS: said_later("running"),
    State.AWAY: said_later("not connected"),
    State.LOST: said_later("refused"),
    State.STOPPED: said_later("stopped"),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A bot, as admins see it."""

    platform: str
    remote: str
    """Its own id there; "" while that is unknown: it has never logged in."""
    label: str
    name: str
    """As people there see it; "" while that is unknown."""
    state: State
    trouble: str
    added: bool
    """Whether an admin has added it in a chat."""
    rules: str = ""
    """What holds for it alone, if it was: as below `[[bots]]` of parley.toml."""


class Roster:
    """The bots, and what admins do with them."""

    def __init__(
        self,
        bots: Bots,
        make: Callable[[BotPlan], Platform],
        titles: Mapping[str, str],
        database: Database,
        vault: Vault,
        news: News,
        hide: Callable[[str], None],
        read_rules: Callable[[str], BotRules],
    ) -> None:
        """`make` creates the client of a bot; `titles`: of the platforms, by their names; `hide` keeps a secret out of
        the log; `read_rules` raises SettingsError."""
        self.titles = titles
        self.changed = asyncio.Event()
        """Set when something else is wanted."""
        self._bots = bots
        self._make = make
        self._database = database
        self._vault = vault
        self._news = news
        self._hide = hide
        self._read_rules = read_rules
        news.heed(NEWS, self.changed.set)

    def make(self, plan: BotPlan) -> Platform:
        """A client that has not logged in. Raises SettingsError if the token is malformed."""
        return self._make(plan)

    async def kept(self) -> list[KeptBot]:
        """What admins want. Raises StorageError."""
        return await self._database.read(kept_bots.every())

    def plan_of(self, kept: KeptBot) -> BotPlan | None:
        """How to run a bot that an admin has added; None for one of the settings.

        Raises:
            PersonError: its token can no longer be decrypted.
            SettingsError: its rules make no sense any longer; without them it might admit more.
        """
        plan = plan_of(kept, self._vault, self._read_rules)
        if plan is not None:
            self._hide(plan.token)
        return plan

    async def every(self) -> list[Listed]:
        """All of them: those that are to run, then those that are not."""
        kept = {(one.platform, one.remote): one for one in await self.kept()}
        listed = [self._listed(label, bot, kept) for label, bot in self._bots.labelled()]
        running = {(one.platform, one.remote) for one in listed}
        still = [one for key, one in kept.items() if key not in running and (one.stopped or one.token is not None)]
        return [
            *listed,
            *map(self._resting, still),
        ]

    async def names(self) -> dict[tuple[str, str], str]:
        """What each bot is called that runs here, or that admins had to do with, by its platform and its id there."""
        known = {(one.platform, one.remote): one.name for one in await self.kept()}
        known |= {(one.platform, one.remote): one.name or one.label for one in await self.every() if one.remote}
        return {
            (platform, remote): f"{self.titles.get(platform, platform)} · {name}"
            for (platform, remote), name in known.items()
        }

    def _listed(self, label: str, bot: Platform, kept: Mapping[tuple[str, str], KeptBot]) -> Listed:
        plan, trouble, known = self._bots.plan_of(bot), self._bots.trouble_of(bot), self._bots.is_open(bot)
        state = State.LOST if trouble else State.RUNS if known and bot.condition().connected else State.AWAY
        remote = plan.remote or bot.bot
        return Listed(
            bot.name,
            remote,
            label,
            bot.shown_name if known else "",
            state,
            trouble or bot.condition().why,
            added=plan.added,
            rules=kept[bot.name, remote].rules if plan.added and (bot.name, remote) in kept else "",
        )

    def _resting(self, kept: KeptBot) -> Listed:
        """A bot that does not run, or not yet."""
        state, added, trouble = State.STOPPED if kept.stopped else State.AWAY, kept.token is not None, ""
        try:
            self._read_rules(kept.rules)
        except SettingsError as error:
            trouble = str(error)
        return Listed(kept.platform, kept.remote, kept.name, kept.name, state, trouble, added=added, rules=kept.rules)

    async def add(self, by: By, platform: str, token: str) -> Listed:
        """Have one more run.

        Raises:
            PersonError: the platform does not know the token, or cannot be asked; or the settings have that bot.
        """
        self._hide(token)
        remote, name = await self._whose(platform, token)
        if any(one.remote == remote and one.platform == platform and not one.added for one in await self.every()):
            raise PersonError("{name} is one of the bots here already.", name=name)
        added = Listed(platform, remote, name, name, State.AWAY, "", added=True)
        if await self._is_to_run(platform, remote, token):
            return added
        sealed = self._vault.seal(token, kept_bots.bound_to(platform, remote))

        def add() -> Program[None]:
            yield from kept_bots.add(platform, remote, name, sealed)
            yield from by.note(ActKind.ADD_BOT, words=name)

        await self._database.write(add())
        self._tell("bot_added", by, name)
        return added

    async def _is_to_run(self, platform: str, remote: str, token: str) -> bool:
        """Whether a bot was added with this very token, and is not stopped."""
        for one in await self.kept():
            if (one.platform, one.remote, one.stopped) == (platform, remote, False) and one.token is not None:
                with contextlib.suppress(PersonError):
                    return self._vault.open(one.token, one.bound_to) == token
        return False

    async def was_removed(self, platform: str, remote: str) -> str:
        """The name of a bot that an admin has taken away; "" if this one was not."""
        kept = next((one for one in await self.kept() if (one.platform, one.remote) == (platform, remote)), None)
        gone = kept is not None and kept.token is None and not kept.stopped
        listed = any((one.platform, one.remote) == (platform, remote) for one in await self.every())
        return kept.name if kept is not None and gone and not listed else ""

    async def take_on(self, by: By, manager: Platform, remote: str) -> Listed:
        """Have a bot run that somebody has made for `manager`; of one that runs here, with the token that it has now.

        Raises:
            PersonError: the platform does not give its token, or cannot be asked; or the settings have that bot.
        """
        token = await self._token_of(manager, remote)
        self._hide(token)
        sealed = self._vault.seal(token, kept_bots.bound_to(manager.name, remote))
        kept = await self._database.write(kept_bots.renew(manager.name, remote, sealed))
        if kept is None:
            return await self.add(by, manager.name, token)
        self._tell("bot_token_renewed", by, kept.name)
        return self._resting(kept)

    async def _token_of(self, manager: Platform, remote: str) -> str:
        title = self.titles[manager.name]
        if not isinstance(manager, MakesBots) or not manager.way_to_make():
            raise PersonError(
                "I cannot take on new bots here: the operator or {platform} does not allow it.", platform=title
            )
        try:
            async with asyncio.timeout(_LOG_IN_S):
                return await manager.token_of(remote)
        except Rejected as error:
            raise PersonError(
                "{platform} does not give me the token of that bot: {why}", platform=title, why=str(error)
            ) from error
        except (PlatformError, TimeoutError) as error:
            raise PersonError("{platform} cannot be reached at the moment. Try again later.", platform=title) from error

    async def rule(self, by: By, bot: Listed, rules: str) -> Listed:
        """Have these hold for one alone that was added, as they stand below `[[bots]]` of parley.toml; "" for none.

        Raises:
            PersonError: they make no sense.
        """
        try:
            self._read_rules(rules)
        except SettingsError as error:
            raise PersonError("These rules cannot be used: {why}", why=str(error)) from error

        def rule() -> Program[None]:
            if (yield from kept_bots.rule(bot.platform, bot.remote, rules)):
                yield from by.note(ActKind.RULE_BOT, words=bot.label)

        await self._database.write(rule())
        self._tell("bot_ruled", by, bot.label)
        return replace(bot, rules=rules)

    async def stop(self, by: By, bot: Listed) -> None:
        """Have one stay still, from now on and after each start."""

        def stop() -> Program[None]:
            if (yield from kept_bots.stop(bot.platform, bot.remote, bot.name or bot.label)):
                yield from by.note(ActKind.STOP_BOT, words=bot.label)

        await self._database.write(stop())
        self._tell("bot_stopped", by, bot.label)

    async def start(self, by: By, bot: Listed) -> None:
        """Have one run again."""

        def start() -> Program[None]:
            if (yield from kept_bots.start(bot.platform, bot.remote)):
                yield from by.note(ActKind.START_BOT, words=bot.label)

        await self._database.write(start())
        self._tell("bot_started", by, bot.label)

    async def remove(self, by: By, bot: Listed) -> None:
        """Take one away that an admin has added, with its token."""

        def remove() -> Program[None]:
            if (yield from kept_bots.remove(bot.platform, bot.remote)):
                yield from by.note(ActKind.REMOVE_BOT, words=bot.label)

        await self._database.write(remove())
        self._tell("bot_removed", by, bot.label)

    def _tell(self, event: str, by: By, bot: str) -> None:
        """Say in the log what was done, and have every process follow."""
        log.info(event, bot=bot, admin=by.admin.id)
        self.changed.set()
        self._news.tell(NEWS)

    async def _whose(self, platform: str, token: str) -> tuple[str, str]:
        """The id and the name of the bot with this token. Raises PersonError."""
        title = self.titles[platform]
        refused = PersonError("{platform} does not accept this token. Copy it again, all of it.", platform=title)
        try:
            bot = self._make(_plan(platform, token, "", ""))
        except SettingsError as error:
            raise refused from error
        try:
            async with asyncio.timeout(_LOG_IN_S):
                await bot.open()
        except SettingsError as error:
            raise refused from error
        except (PlatformError, TimeoutError) as error:
            raise PersonError("{platform} cannot be reached at the moment. Try again later.", platform=title) from error
        else:
            return bot.bot, bot.shown_name
        finally:
            await bot.close()


def plan_of(kept: KeptBot, vault: Vault, read_rules: Callable[[str], BotRules]) -> BotPlan | None:
    """The same as `Roster.plan_of`, also beside a gateway."""
    if kept.token is None:
        return None
    token = vault.open(kept.token, kept.bound_to)
    return _plan(kept.platform, token, kept.remote, kept.name, read_rules(kept.rules))


def _plan(platform: str, token: str, remote: str, name: str, rules: BotRules = NO_RULES) -> BotPlan:
    return BotPlan(platform=platform, token=token, name=name, token_in=_AGAIN, remote=remote, added=True, rules=rules)
