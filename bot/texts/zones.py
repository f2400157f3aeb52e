"""Time zones by the rules of the `tzdata` that is installed with Parley, whatever this machine brings along.

Python asks the system first, and what systems bring is as old as they are: by the files of 2025 it is an hour off
today in Vancouver, Edmonton, Winnipeg and Casablanca. So every zone comes from here. Nothing of Python's own search
is changed, which is the whole process's.
"""

import difflib
import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import tzlocal

_PACKAGE = "tzdata"
_NEAR = 3
_LIKENESS = 0.6
"""From 0 to 1; `difflib`'s own measure for what somebody may have meant."""
_OFFSET = re.compile(r"(?:utc|gmt)?_?(?P<sign>[+-])_?(?P<hours>\d{1,2})(?::?00)?")
"""As people write it: UTC+2 is ahead of Greenwich."""


@cache
def names() -> Sequence[str]:
    """Every zone there is, in order."""
    return sorted(resources.files(_PACKAGE).joinpath("zones").read_text(encoding="utf-8").split())


@cache
def zone(name: str) -> tzinfo:
    """The zone of an IANA name such as "Europe/Berlin"; UTC for "".

    Raises:
        LookupError: there is no such zone; the message is for the operator, with the names that are like it.
    """
    if not name:
        return UTC
    if name not in names():
        alike = ", ".join(near(name)) or "Europe/Berlin"
        raise LookupError(f"There is no time zone {name!r}. Use an IANA name, such as {alike}.")
    with resources.files(_PACKAGE).joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def of_this_machine() -> str:
    """The name of the zone that this machine keeps; "" where it has none that we know."""
    try:
        name = tzlocal.get_localzone_name()
    except (LookupError, OSError, ValueError):
        return ""
    return name if name in names() else ""


def near(typed: str) -> Sequence[str]:
    """The zones that somebody may have meant, the likeliest first; at most three."""
    wanted = "_".join(typed.casefold().split())
    if (offset := _OFFSET.fullmatch(wanted)) is not None:
        # In the names of these zones a sign says how far Greenwich is ahead, as POSIX has it.
        name = f"Etc/GMT{'-' if offset['sign'] == '+' else '+'}{int(offset['hours'])}"
        return [name] if name in names() else []
    by_place = {name.casefold().rpartition("/")[2]: name for name in names()}
    by_name = {name.casefold(): name for name in names()}
    within = [name for place, name in by_place.items() if len(wanted) > _NEAR and wanted in place]
    like = difflib.get_close_matches(wanted.rpartition("/")[2], by_place, _NEAR, _LIKENESS)
    whole = difflib.get_close_matches(wanted, by_name, _NEAR, _LIKENESS)
    found = [*(by_place[place] for place in like), *within, *(by_name[name] for name in whole)]
    return list(dict.fromkeys(found))[:_NEAR]


def rules() -> str:
    """Which rules these are, as their publisher numbers them: "2026f"."""
    text = resources.files(_PACKAGE).joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8")
    return text.split(maxsplit=3)[2]  # It begins with "# version 2026f".
