"""Whether platforms can be reached, as those find out who wait to show something there.

A wait between two attempts grows to a minute, which is right for one message that a platform does not take, and long
for a platform that is back. Where it was out of reach, those who wait ask it now and then for what has no effect that
stays, and all go on as soon as it answers anybody, whatever it says.
"""

from collections import Counter

from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import NotSent, OutcomeUnknown, PlatformError
from bot.domain.places import Place

ASK_EVERY_S = 5.0
"""How often a platform is asked; so much later at most than it is back do those who wait go on."""

_Bot = tuple[str, str]


class Lines:
    """The lines to all bots' platforms."""

    def __init__(self, bots: Bots, clock: Clock) -> None:
        self._bots = bots
        self._clock = clock
        self._cut: set[_Bot] = set()
        self._restored: Counter[_Bot] = Counter()
        self._asked_at_s: dict[_Bot, float] = {}

    def is_cut(self, place: Place) -> None:
        """No connection was made."""
        self._cut.add(_bot(place))

    def answers(self, place: Place) -> None:
        """The platform has said something."""
        bot = _bot(place)
        if bot in self._cut:
            self._cut.discard(bot)
            self._restored[bot] += 1

    async def wait(self, place: Place, wait_s: float) -> None:
        """Wait so long, or until the platform of this place, which was out of reach meanwhile, is back."""
        bot = _bot(place)
        before = self._restored[bot]
        while wait_s > 0:
            step_s = min(wait_s, ASK_EVERY_S)
            await self._clock.sleep(step_s)
            wait_s -= step_s
            if wait_s > 0 and self._restored[bot] == before:
                await self._ask(place)
            if self._restored[bot] != before:
                return

    async def _ask(self, place: Place) -> None:
        """Show that something is about to come, unless another has just asked."""
        bot, now_s = _bot(place), self._clock.monotonic()
        platform = self._bots.find(place)
        if platform is None:
            return  # It runs no longer, or not yet: there is nobody to ask.
        if now_s - self._asked_at_s.get(bot, float("-inf")) < ASK_EVERY_S:
            return
        self._asked_at_s[bot] = now_s
        try:
            await platform.typing(place)
        except NotSent:
            self.is_cut(place)
        except OutcomeUnknown:
            return  # A server in between may say so.
        except PlatformError:
            self.answers(place)
        else:
            self.answers(place)


def _bot(place: Place) -> _Bot:
    return place.platform, place.bot
