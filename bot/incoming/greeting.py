"""What the bot says when it is added to a chat among several people: what it sees there, and who may use it."""

from collections.abc import Callable, Iterable

from bot.contracts.abilities import Overhears
from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import PlatformError
from bot.domain.incoming import Joined
from bot.domain.people import Access
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.rendering.pages import notice
from bot.texts import Say, said_later, say_in
from storage import inbox, outbox, places
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

SEES_ALL = said_later("I receive every message in this chat, but answer and keep only those meant for me.")
SEES_CALLS = said_later("I see only what is meant for me here: mentions, replies to me and commands.")

_WHO = {
    Access.OPEN: said_later("Everybody here may use me."),
    Access.ALLOWLIST: said_later("The people whom my operator has listed may use me."),
    Access.INVITE: said_later("Anyone with an invitation may use me."),
    Access.APPROVAL: said_later("Anyone one of my admins lets in may use me."),
}


class Greeting:
    """Greets a chat, once each time that the bot is added to it."""

    def __init__(
        self,
        database: Database,
        bots: Bots,
        policy: Policy,
        deliver: Callable[[Iterable[OutboxPage]], None],
        clock: Clock,
    ) -> None:
        self._database = database
        self._bots = bots
        self._policy = policy
        self._deliver = deliver
        self._clock = clock

    async def greet(self, joined: Joined) -> None:
        """Say it in one message. Raises StorageError."""
        if not self._policy.greets:
            return
        words = self._words(say_in(joined.language), joined.place, await self._sight(joined.place))
        self._deliver(await self._database.write(self._said(joined, words)))

    async def _sight(self, place: Place) -> str:
        platform = self._bots.find(place)
        if platform is None or not isinstance(platform, Overhears):
            return ""
        try:
            return SEES_ALL if await platform.hears_all(place) else SEES_CALLS
        except PlatformError:
            return ""

    def _words(self, say: Say, place: Place, sight: str) -> str:
        listed = f"{place.platform}:chat:{place.chat}" in self._policy.allowlist
        who = _WHO[Access.OPEN if listed else self._policy.access]
        how = say("Mention me or reply to me to ask me something; `/help` shows what else there is.")
        admins = say("Admins of this chat choose with `/here` how I answer in it.")
        return " ".join(filter(None, (say("Hello!"), say(who), how, say(sight) if sight else "", admins)))

    def _said(self, joined: Joined, words: str) -> Program[list[OutboxPage]]:
        place, now = joined.place, self._clock.now()
        if not (yield from inbox.note(place.platform, place.bot, joined.event_key, now)):
            return []
        row, _ = yield from places.open_place(place, joined.place_title)
        return [(yield from outbox.add(Target(row, place), notice(words), now))]
