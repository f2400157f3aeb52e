"""Telling admins what servers of tools do that nobody expected."""

from collections.abc import Sequence

from bot.domain.servers import ServerRules
from bot.texts import said_later
from bot.watching.alerts import Alerts, Words

_CHANGED = said_later(
    "The server {server} now says something else about these tools: {tools}. They are not used until an admin has "
    "looked at them with `/tools`."
)
_TRUSTED = said_later("The tools of the server {server} have been looked at and are used again.")


def server_changed(alerts: Alerts, server: ServerRules, tools: Sequence[str]) -> None:
    """Some tools of a server are new, or other than what is trusted; none, if somebody trusts them now."""
    if tools:
        alerts.report(f"server:{server.name}", Words(_CHANGED, {"server": server.name, "tools": ", ".join(tools)}))
    else:
        alerts.resolve(f"server:{server.name}", Words(_TRUSTED, {"server": server.name}))
