"""What a model calls the tools of a turn: each by a name of its own, whatever their servers call them.

Ours keep their names, and no server's tool gets one of those, offered or not: some mean more than a name. A server's
tool has its server's name before its own, unless its own begins with that already, and no other tool could be called
so. Vendors take 64 characters of one alphabet; what becomes the same by that is numbered.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.sources import READ, SEARCH
from bot.tools.tool import OWN_WORDS, Tool

LONGEST_NAME = 64
OURS = OWN_WORDS | {SEARCH, READ, "search_sessions", "read_document"}
_NOT_TAKEN = re.compile(r"[^A-Za-z0-9_-]")


def names_of(server: str, tool: str) -> tuple[str, str]:
    """The name that a server's tool goes by where no other does, and the one with its server's name before it."""
    whole = _spelled(f"{server}_{tool}")
    own = _spelled(tool)
    return own if own.startswith((f"{_spelled(server)}_", f"{_spelled(server)}-")) else whole, whole


def _spelled(name: str) -> str:
    return _NOT_TAKEN.sub("_", name)[:LONGEST_NAME]


class NamedTools:
    """Tools by their names. Those of servers may be called by the name with their server's before it as well."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.by_name: Mapping[str, Tool] = _named(tools)
        self._by_whole = {tool.whole_name: tool for tool in self.by_name.values() if tool.whole_name}

    def get(self, name: str) -> Tool | None:
        """The tool that is called so; None if there is none."""
        return self.by_name.get(name) or self._by_whole.get(name)

    def name(self, name: str) -> str:
        """The name by which a tool is offered that is called so; the same if there is none."""
        tool = self.get(name)
        return tool.offer.name if tool is not None else name


def _named(tools: Sequence[Tool]) -> dict[str, Tool]:
    """Tools by their names, in their order."""
    wanted = Counter(name for tool in tools for name in {tool.offer.name, tool.whole_name or tool.offer.name})
    found: dict[str, Tool] = {}
    for tool in tools:
        name = tool.offer.name
        if tool.whole_name and (wanted[name] > 1 or name in OURS):
            name = tool.whole_name
        if name in found or (tool.whole_name and name in OURS):
            # By its whole name goes another.
            name, tool = _numbered(name, wanted, found), replace(tool, whole_name="")
        found[name] = tool if name == tool.offer.name else replace(tool, offer=replace(tool.offer, name=name))
    return found


def _numbered(name: str, wanted: Mapping[str, int], found: Mapping[str, Tool]) -> str:
    """The first name of this kind that no other tool has or wants."""
    number = 2
    while True:
        end = f"_{number}"
        numbered = f"{name[: LONGEST_NAME - len(end)]}{end}"
        if numbered not in wanted and numbered not in found:
            return numbered
        number += 1
