"""A gateway's bots on all platforms, found by the place where they speak."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.contracts.platform import Platform
from bot.domain.bots import NO_RULES, BotRules
from bot.domain.errors import SettingsError
from bot.domain.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class BotPlan:
    """A bot that is to run."""

    platform: str
    token: str = field(repr=False)
    name: str = ""
    """What the operator calls it; "" for one that is called after its platform."""
    token_in: str
    """Where its token is written, as sentences name it: "`TELEGRAM_BOT_TOKEN`"."""
    rules: BotRules = NO_RULES
    remote: str = ""
    """Its own id on its platform, where that is known before it logs in."""
    added: bool = False
    """Whether an admin has added it in a chat, and no setting names it."""


@dataclass(slots=True)
class _Bot:
    """A bot that is to run, and what is known of it."""

    platform: Platform
    label: str
    plan: BotPlan
    trouble: str = ""


class Bots:
    """All bots that are to run. A place finds its bot once that bot is open; until then its id is unknown."""

    def __init__(self, bots: Sequence[Platform] = ()) -> None:
        self._all: list[_Bot] = []
        self._open: dict[tuple[str, str], Platform] = {}
        self._known: dict[tuple[str, str], Platform] = {}
        """The last that was open under each id: what is under way there ends, also when it is to run no longer."""
        self._rules: dict[tuple[str, str], BotRules] = {}
        self._away: set[tuple[str, str]] = set()
        """Those that were open, are not, and may be again."""
        self._leaving: list[Platform] = []
        """Those that are to run no longer, and have not been closed."""
        for bot in bots:
            self.enlist(bot)

    def __iter__(self) -> Iterator[Platform]:
        return (one.platform for one in self._all)

    @property
    def rules(self) -> Mapping[tuple[str, str], BotRules]:
        """What holds for one bot alone, by its platform and its id there; of those that are or were open."""
        return self._rules

    def labelled(self) -> Iterator[tuple[str, Platform]]:
        """Each bot with what it is called: its own name, or its platform's, numbered from the second one on."""
        return ((one.label, one.platform) for one in self._all)

    def label_of(self, bot: Platform) -> str:
        """What a bot is called. Raises LookupError if it is none of these."""
        return self._find(bot).label

    def plan_of(self, bot: Platform) -> BotPlan:
        """What a bot was made from. Raises LookupError if it is none of these."""
        return self._find(bot).plan

    def enlist(self, bot: Platform, plan: BotPlan | None = None) -> None:
        """One more is to run. A name that another one has gets a number."""
        plan = plan if plan is not None else BotPlan(platform=bot.name, token="", token_in="")
        taken, wanted = {one.label for one in self._all}, plan.name or bot.name
        label, number = wanted, 1
        while label in taken:
            number += 1
            label = f"{wanted} {number}"
        self._all.append(_Bot(bot, label, plan))

    def replace(self, bot: Platform, other: Platform) -> None:
        """The same bot, connected anew. Raises LookupError if `bot` is none of these."""
        self._find(bot).platform = other

    def dismiss(self, bot: Platform) -> None:
        """It is to run no longer: nothing new is begun there, and what waits for it waits on."""
        self.note_lost(bot)
        self._all = [one for one in self._all if one.platform is not bot]
        self._leaving.append(bot)

    async def close(self, bot: Platform) -> None:
        """Close one that is to run no longer, once nothing is under way there."""
        self._leaving = [one for one in self._leaving if one is not bot]
        await bot.close()

    async def close_all(self) -> None:
        """Close every connection."""
        for bot in (*self, *self._leaving):
            await bot.close()

    def note_open(self, bot: Platform) -> None:
        """Record that a bot has logged in and has an id. Raises SettingsError if another bot has the same id."""
        key, mine = (bot.name, bot.bot), self._find(bot)
        if self._open.setdefault(key, bot) is not bot:
            raise SettingsError(f"Two tokens are of {bot.shown_name}. Remove one of them.")
        self._known[key] = bot
        self._rules[key] = mine.plan.rules
        self._away.discard(key)
        mine.trouble = ""

    def note_lost(self, bot: Platform, trouble: str = "") -> None:
        """Record that a bot can do nothing more, and why. What waits for it waits until it is open again."""
        key = (bot.name, bot.bot)
        if self._open.get(key) is bot:
            del self._open[key]
            self._away.add(key)
        self._find(bot).trouble = trouble

    def forget(self, platform: str, bot: str) -> None:
        """The bot of this id will not come back: nothing needs to wait for it."""
        self._away.discard((platform, bot))

    def trouble_of(self, bot: Platform) -> str:
        """Why a bot was lost, as a sentence; "" if it was not."""
        return self._find(bot).trouble

    def is_open(self, bot: Platform) -> bool:
        """Whether it has logged in."""
        return self._open.get((bot.name, bot.bot)) is bot

    def find(self, place: Place) -> Platform | None:
        """The bot that speaks at this place; None if there is none, or none yet."""
        return self._open.get((place.platform, place.bot))

    def at(self, place: Place) -> Platform:
        """The bot at this place, for what is under way there. Raises LookupError if there has been none yet."""
        return self._known[place.platform, place.bot]

    def may_come(self, place: Place) -> bool:
        """Whether a bot that is not open now may turn out to be the one for this place."""
        key = (place.platform, place.bot)
        return key in self._away or any(
            one.platform.name == place.platform and not self.is_open(one.platform) for one in self._all
        )

    def _find(self, bot: Platform) -> _Bot:
        found = next((one for one in self._all if one.platform is bot), None)
        if found is None:
            raise LookupError(f"{bot.name} is no bot of this gateway.")
        return found
