"""A gateway's bots on all platforms, found by the place where they speak."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.contracts.platform import Platform
from bot.domain.errors import SettingsError
from bot.domain.places import Place


class Bots:
    """All configured bots. A place finds its bot once that bot is open; until then its id is unknown."""

    def __init__(self, bots: Sequence[Platform] = ()) -> None:
        self._all = tuple(bots)
        self._open: dict[tuple[str, str], Platform] = {}

    def __iter__(self) -> Iterator[Platform]:
        return iter(self._all)

    def labelled(self) -> Iterator[tuple[str, Platform]]:
        """Each bot with its platform's name, numbered from the second one on: "telegram", "telegram 2"."""
        count: Counter[str] = Counter()
        for bot in self._all:
            count[bot.name] += 1
            yield bot.name if count[bot.name] == 1 else f"{bot.name} {count[bot.name]}", bot

    def note_open(self, bot: Platform) -> None:
        """Record that a bot has logged in and has an id. Raises SettingsError if another bot has the same id."""
        if self._open.setdefault((bot.name, bot.bot), bot) is not bot:
            raise SettingsError(f"Two tokens are of {bot.shown_name}. Remove one of them.")

    def is_open(self, bot: Platform) -> bool:
        """Whether it has logged in."""
        return self._open.get((bot.name, bot.bot)) is bot

    def find(self, place: Place) -> Platform | None:
        """The bot that speaks at this place; None if there is none, or none yet."""
        return self._open.get((place.platform, place.bot))

    def at(self, place: Place) -> Platform:
        """The bot that speaks at this place. Raises LookupError if there is none, or none yet."""
        return self._open[place.platform, place.bot]

    def may_come(self, place: Place) -> bool:
        """Whether a bot that is not open yet may turn out to be the one for this place."""
        return any(bot.name == place.platform and self._open.get((bot.name, bot.bot)) is not bot for bot in self._all)
