"""Telling admins that one of several processes has died."""

from bot.texts import said_later
from bot.watching.alerts import Alerts, Words

_DIED = said_later(
    "The process `{label}` no longer responds. Its work has been taken over; processes still running: {count}. Its "
    "log says why."
)
_AGAIN = said_later("All processes are running again: {count}.")


class ProcessWatch:
    """Counts the processes on one database, as one of them sees them."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._missed: dict[str, int] = {}
        """By what admins were told of: how many processes there were before."""

    def died(self, label: str, left: int) -> None:
        """One is dead, and this process has shared out its work among the `left`, itself among them."""
        name = f"process:{label}"
        self._missed[name] = left + 1
        self._alerts.report(name, Words(_DIED, {"label": label, "count": left}))

    def look(self, count: int) -> None:
        """There are so many now."""
        for name, before in list(self._missed.items()):
            if count >= before:
                del self._missed[name]
                self._alerts.resolve(name, Words(_AGAIN, {"count": count}), surely=True)
