"""What the gateway depends on that can fail: vendors, platforms, the disk, the clock. Each is watched here, for
`Alerts`.
"""

from collections.abc import Callable, Mapping
from functools import partial

from bot.contracts.bots import Bots
from bot.contracts.platform import Platform
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError
from bot.domain.places import Place
from bot.domain.provider_errors import (
    BadCredentials,
    NoCredit,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    StreamBroken,
    TurnedAway,
    WrongAddress,
)
from bot.texts import said_later
from bot.watching.alerts import Alerts, Words

LEAST_FREE_BYTES = 500_000_000
"""With less than this on the disk, answers will soon stop."""

LARGEST_JUMP_S = 30.0

LARGEST_SKEW_S = 30.0
"""Further off than this, links expire early, certificates fail, and messages seem to come from the past."""

PATIENCE_S = 180.0
"""How long something must fail that often passes by itself."""

_LOST = said_later("{platform} is switched off until the operator acts: {what}")
_AWAY = said_later(
    "{platform} cannot be reached at the moment. I will answer its messages as soon as it can be reached."
)
_BACK = said_later("{platform} is connected again.")
_HELD = said_later("{platform} cannot deliver to this gateway, and keeps what people say until it can. It says: {what}")
_DELIVERS = said_later("{platform} delivers to this gateway again.")
_REFUSED = said_later(
    "The model vendor {vendor} does not accept the key, so none of its models answer. Put a new key into the "
    "settings and restart."
)
_POOR = said_later(
    "The account with the model vendor {vendor} has no credit left, so none of its models answer. Top it up."
)
_TURNED_AWAY = said_later(
    "The model vendor {vendor} does not serve this country or network. Choose another vendor, or set PROXY."
)
_ASTRAY = said_later("There is no model at the address of {vendor}. Correct the address in the settings.")
_SILENT = said_later("The model vendor {vendor} has not answered for some minutes. Look at its status page.")
_ANSWERS = said_later("The model vendor {vendor} is responding again.")
_FULL = said_later("The disk is nearly full: {megabytes} MB are free. Make room, or answers will stop.")
_ROOM = said_later("The disk has room again: {megabytes} MB are free.")
_JUMPED = said_later(
    "The clock of this machine has jumped by {seconds} seconds, or the machine slept. Limits and "
    "shown times follow the clock: synchronise it with NTP."
)
_AHEAD = said_later(
    "The clock of this machine is {seconds} seconds ahead. Limits and shown times follow the clock: synchronise it "
    "with NTP."
)
_BEHIND = said_later(
    "The clock of this machine is {seconds} seconds behind. Limits and shown times follow the clock: synchronise it "
    "with NTP."
)
_RIGHT = said_later("The clock of this machine is right again.")
_STEADY = said_later("The clock of this machine is steady again.")

_LASTING: Mapping[type[ProviderError], str] = {
    BadCredentials: _REFUSED,
    NoCredit: _POOR,
    TurnedAway: _TURNED_AWAY,
    WrongAddress: _ASTRAY,
}
"""What waiting does not fix: told at once."""

_PASSING = (Overloaded, ProviderTimeout, ProviderUnreachable, StreamBroken)
"""What often passes by itself. A 429 is no trouble: the vendor works, and says when it answers."""


class Watch:
    """Reports to `alerts` how everything is. `free_bytes` returns the space left on the data's disk."""

    def __init__(self, alerts: Alerts, bots: Bots, free_bytes: Callable[[], int], clock: Clock) -> None:
        self._alerts = alerts
        self._bots = bots
        self._free_bytes = free_bytes
        self._clock = clock
        self._offset_s = self._wall_ahead_s()

    def look(self) -> None:
        """Look at everything that nothing else reports. Call it every minute."""
        self._look_at_clock()
        self._compare_clocks()
        self._look_at_disk()
        for label, bot in self._bots.labelled():
            shown = {"platform": beginning(label)}
            if bot.condition().connected:
                self._alerts.resolve(f"platform:{label}", Words(_BACK, shown))
            else:
                skips = partial(self._is_of, bot)
                self._alerts.report(f"platform:{label}", Words(_AWAY, shown), after_s=PATIENCE_S, skips=skips)
            self._look_at_delivery(label, bot)
        self._alerts.look()

    def _look_at_delivery(self, label: str, bot: Platform) -> None:
        shown = {"platform": beginning(label)}
        if failing := bot.condition().failing:
            self._alerts.report(f"delivery:{label}", Words(_HELD, {**shown, "what": failing}))
        else:
            self._alerts.resolve(f"delivery:{label}", Words(_DELIVERS, shown))

    def bot_lost(self, label: str, bot: Platform, error: ParleyError) -> None:
        """A platform has refused this bot, which waiting does not fix. `label` as in `Bots.labelled`."""
        words = Words(_LOST, {"platform": beginning(label), "what": str(error)})
        self._alerts.report(f"platform:{label}", words, skips=partial(self._is_of, bot))

    def _is_of(self, bot: Platform, place: Place) -> bool:
        """Whether this bot may speak there; one that was never open might."""
        return place.platform == bot.name and self._bots.find(place) in (bot, None)

    def _look_at_disk(self) -> None:
        free = self._free_bytes()
        shown = {"megabytes": free // 1_000_000}
        if free < LEAST_FREE_BYTES:
            self._alerts.report("disk", Words(_FULL, shown))
        elif free > LEAST_FREE_BYTES * 3 // 2:
            self._alerts.resolve("disk", Words(_ROOM, shown))

    def _look_at_clock(self) -> None:
        before_s, self._offset_s = self._offset_s, self._wall_ahead_s()
        jump_s = self._offset_s - before_s
        if abs(jump_s) > LARGEST_JUMP_S:
            self._alerts.report("clock", Words(_JUMPED, {"seconds": round(jump_s)}))
        else:
            self._alerts.resolve("clock", Words(_STEADY))

    def _compare_clocks(self) -> None:
        told = [platform.condition().ahead_s for platform in self._bots]
        known = [ahead_s for ahead_s in told if ahead_s is not None]
        if not known:
            return
        # One that agrees with us is believed: a proxy may answer from its cache.
        ahead_s = min(known, key=abs)
        if abs(ahead_s) > LARGEST_SKEW_S:
            sentence = _AHEAD if ahead_s > 0 else _BEHIND
            self._alerts.report("skew", Words(sentence, {"seconds": round(abs(ahead_s))}))
        else:
            self._alerts.resolve("skew", Words(_RIGHT))

    def _wall_ahead_s(self) -> float:
        """How far the wall clock is ahead of the monotonic one; constant unless someone sets the clock."""
        return self._clock.now() / 1000 - self._clock.monotonic()


def beginning(label: str) -> str:
    """What a bot is called, at the beginning of a sentence."""
    return label[:1].upper() + label[1:]


def vendor_heard(alerts: Alerts, vendor: str, error: ProviderError | None) -> None:
    """A vendor has answered (None) or failed."""
    name, shown = f"vendor:{vendor}", {"vendor": vendor}
    if error is None:
        alerts.resolve(name, Words(_ANSWERS, shown))
    elif (sentence := _LASTING.get(type(error))) is not None:
        alerts.report(name, Words(sentence, shown))
    elif isinstance(error, _PASSING):
        alerts.report(name, Words(_SILENT, shown), after_s=PATIENCE_S)
