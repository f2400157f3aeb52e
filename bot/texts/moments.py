"""Moments as a person reads them: in their own time zone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache

from bot.domain.ids import UnixMs
from bot.texts import said_later, zones

DAY_MS = 24 * 3_600_000

GROUPS = (said_later("Today"), said_later("Yesterday"), said_later("Previous 7 days"), said_later("Older"))
"""What lists are grouped into, the newest first; to be said in the person's language."""


def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for "" and for one that no longer exists."""
    try:
        return zones.zone(name)
    except LookupError:
        return UTC


@cache
def zone_names() -> Sequence[str]:
    """Every zone that can be chosen, by name."""
    return sorted(name for name in zones.names() if "/" in name or name == "UTC")


def find_zone(typed: str) -> str | None:
    """The name of a zone as someone wrote it ("berlin", "europe/berlin"); None if none or several are meant."""
    wanted = "_".join(typed.lower().split())
    names = [name for name in zone_names() if wanted in (name.lower(), name.lower().rpartition("/")[2])]
    return names[0] if names else None


def group_of(moment: UnixMs, now: UnixMs, zone: tzinfo) -> str:
    """Which of `GROUPS` a moment belongs to."""
    today, day = local(now, zone).date(), local(moment, zone).date()
    if day >= today:
        return GROUPS[0]
    if day == today - timedelta(days=1):
        return GROUPS[1]
    return GROUPS[2] if day >= today - timedelta(days=7) else GROUPS[3]


def shown(moment: UnixMs, zone: tzinfo) -> str:
    """Day and minute."""
    return local(moment, zone).strftime("%Y-%m-%d %H:%M")


def shown_in_list(moment: UnixMs, now: UnixMs, zone: tzinfo) -> str:
    """The minute where the group says the day, the day where it does not."""
    recent = group_of(moment, now, zone) in GROUPS[:2]
    return local(moment, zone).strftime("%H:%M" if recent else "%Y-%m-%d")


def local(moment: UnixMs, zone: tzinfo) -> datetime:
    """What the clocks of a zone show at a moment."""
    return datetime.fromtimestamp(moment / 1000, zone)


def midnight(now: UnixMs) -> UnixMs:
    """When this day began, in UTC: days of limits are everybody's."""
    return UnixMs(now - now % DAY_MS)
