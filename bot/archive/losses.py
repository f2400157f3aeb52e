"""What could not be imported from a file: counted by kind, so that the person is told of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.archive.fields import line, objects, sequence, words
from bot.texts import said_later

PICTURES = said_later("pictures that are not in the file: {count}")
RECORDINGS = said_later("recordings that are not in the file: {count}")
FILES = said_later("files that are not in the file, by name only: {count}")
LARGE = said_later("files that are too large, by name only: {count}")
QUOTA = said_later("files that there was no room for, by name only: {count}")
TOOLS = said_later("tool calls and their results: {count}")
HIDDEN = said_later("the program's internal notes: {count}")
CANVAS = said_later("canvas edits that could not be replayed: {count}")
CITATIONS = said_later("citations without an address: {count}")
UNREADABLE = said_later("messages that could not be read: {count}")
LOOSE = said_later("messages whose place in the conversation was lost: {count}")
CUT = said_later("messages that were too long, cut: {count}")
EMPTY = said_later("conversations without a message: {count}")
ACTIVITIES = said_later("activities that are not questions: {count}")
LOREBOOK = said_later("entries of a character's lorebook: {count}")
ASSETS = said_later("pictures and sounds of a character: {count}")
EXAMPLES = said_later("example dialogues that there was no room for: {count}")
PERSONA = said_later("descriptions that were cut short: {count}")
GREETINGS = said_later("greetings for groups: {count}")
FACTS = said_later("things to remember that are not text, or too long: {count}")
FULL = said_later("things to remember that there was no room for: {count}")
MAKER = said_later("notes of a character's maker: {count}")

_MOST_NAMES = 6


def _members(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else (value,)


@dataclass(slots=True)
class Losses:
    """Counts by kind. Kinds are sentences of ours; `unknown` are the file's own names of unknown things."""

    kinds: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, count: int = 1) -> None:
        """Count some of this kind that were not imported."""
        if count:
            self.kinds[kind] += count

    def add_unknown(self, name: object) -> None:
        """Count something of an unknown kind."""
        self.unknown[line(name, 40) or "?"] += 1

    def text_in(self, value: object) -> str:
        """The text in a field that people read; anything else that stands there counts as unreadable."""
        self.add(UNREADABLE, int(bool(value) and not isinstance(value, str)))
        return words(value)

    def list_in(self, value: object) -> Sequence[Any]:
        """A list of what people read; anything else in its place counts as unreadable."""
        self.add(UNREADABLE, int(bool(value) and not isinstance(value, list)))
        return sequence(value)

    def objects_in(self, value: object) -> list[Mapping[str, Any]]:
        """The objects of a list of what people read; anything else in it, or in its place, counts as unreadable."""
        found = objects(value)
        self.add(UNREADABLE, sum(map(bool, _members(value))) - sum(map(bool, found)))
        return found

    def merge(self, other: "Losses") -> None:
        """Add another's counts."""
        self.kinds.update(other.kinds)
        self.unknown.update(other.unknown)

    @property
    def damaged(self) -> bool:
        """Whether something was broken, rather than not usable here."""
        return any(self.kinds[kind] for kind in (UNREADABLE, LOOSE, CUT))

    def unknown_names(self) -> str:
        """The unknown kinds, the most frequent first, for people."""
        shown = [f"{name} × {count}" for name, count in self.unknown.most_common(_MOST_NAMES)]
        return ", ".join(shown) + (", …" if len(self.unknown) > _MOST_NAMES else "")
