"""The daily limits for everyone together: admins hear when one is nearly used up, and when it is."""

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.policy import Policy
from bot.texts import moments, said_later
from bot.watching.alerts import Alerts, Words
from storage import ledger, spending
from storage.database import Database
from storage.programs import Program

NEAR_PERCENT = 80
"""Used to this extent, a limit is nearly used up."""

_DOLLARS = "budget:dollars"
_TOKENS = "budget:tokens"

_NEAR = said_later(
    "{percent} % of the daily limit for everyone together is used: {spent} of {cap}. Once it is used up, no one gets "
    "answers until midnight (UTC)."
)
_USED_UP = said_later(
    "The daily limit for everyone together is used up: {spent} of {cap}. No one gets answers until midnight (UTC), "
    "unless you raise the limit in the settings and restart."
)
_TOO_LITTLE = said_later(
    "A request was refused because too little is left of the ${cap} that models may cost today. The limit is reset at "
    "midnight (UTC)."
)
_ANEW = said_later("The daily limit for everyone together has been reset.")


class BudgetWatch:
    """Compares what was used today with the operator's limits. Days are of UTC, as the limits are."""

    def __init__(self, alerts: Alerts, database: Database, policy: Policy, clock: Clock) -> None:
        self._alerts = alerts
        self._database = database
        self._policy = policy
        self._clock = clock
        self._day: UnixMs | None = None
        """When the day began that was looked at last."""

    async def look(self) -> None:
        """Report how far today's limits are used. Call it every minute, in one process. Raises StorageError."""
        policy = self._policy
        if not policy.tokens_per_day and not policy.usd_per_day:
            return
        midnight = moments.midnight(self._clock.now())
        tokens, microusd = await self._database.read(_spent_since(midnight))
        # Within a day nothing is given back but what was held, and refused requests show nowhere.
        begins, self._day = midnight != self._day, midnight
        price = policy.tokens_held if policy.metered else policy.tokens_per_request
        self._compare(_TOKENS, tokens, policy.tokens_per_day, price, begins)
        self._compare(_DOLLARS, round(microusd / 1_000_000, 2), policy.usd_per_day, 0, begins)

    def _compare(self, name: str, spent: float, cap: float, price: int, begins: bool) -> None:
        """`price`: of the next answer. With less than that left, nobody gets one. `begins`: the day does."""
        if not cap:
            return
        sign = "$" if name == _DOLLARS else ""
        percent = int(100 * spent / cap)
        values = {"percent": percent, "spent": f"{sign}{spent:,g}", "cap": f"{sign}{cap:,g}"}
        if spent >= cap or spent + price > cap:
            self._alerts.report(f"{name}:used", Words(_USED_UP, values))
        elif percent >= NEAR_PERCENT:
            self._alerts.report(f"{name}:near", Words(_NEAR, values))
        elif begins:
            for each in ("near", "used"):
                self._alerts.resolve(f"{name}:{each}", Words(_ANEW), surely=True)


def _spent_since(midnight: UnixMs) -> Program[tuple[int, int]]:
    """Tokens, and millionths of a dollar."""
    return (yield from ledger.spent_since(midnight)), (yield from spending.spent_since(midnight))


def dollars_refused(alerts: Alerts, cap: float) -> None:
    """A request was refused because it could have cost more than what is left of today's dollars."""
    alerts.report(f"{_DOLLARS}:used", Words(_TOO_LITTLE, {"cap": f"{cap:g}"}))
