"""What came of a soak: what was done and seen, and what went wrong."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What can go wrong, as the report calls it."""

    LOST = "lost"
    DOUBLED = "doubled without a mark"
    ORDER = "answered in the wrong order"
    ACCOUNTS = "ledger, tree, index or files that do not add up"
    CONFLICT = "two polled at once (status 409)"
    SHARD = "shards that two heard"
    HALF = "half an answer left standing"
    STUCK = "stuck"
    PROGRAM = "a process or a person broke"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong, with what is known of it."""

    kind: Kind
    story: str


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    blows: Counter[str] = field(default_factory=Counter)
    """By what was done."""
    acts: Counter[str] = field(default_factory=Counter)
    """What people did beside asking, by its name."""
    said: int = 0
    answered: int = 0
    """Of those that people left as they were: answered once, and shown for good."""
    apologies: int = 0
    stopped: int = 0
    """Answers that were stopped: by then they were there as far as they had come, or whole, or not at all."""
    marked: int = 0
    """Answers, broadcasts and reminders that came again and said so."""
    told: int = 0
    """Of broadcasts: people who were told one, each counted once for each."""
    broadcasts: int = 0
    amid: int = 0
    """Blows that fell while a broadcast went on."""
    reminded: int = 0
    """Reminders that were given."""
    asked: int = 0
    """Questions that were asked for people later, and answered."""
    left_over: int = 0
    """Previews in groups of a platform without nonces that were sent in the very moment of a kill."""
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many blows there were, of whatever kind."""
        return self.blows.total()

    def went_wrong(self, kind: Kind, story: object) -> None:
        """Note a trouble."""
        self.troubles.append(Trouble(kind, str(story)))

    def report(self) -> Iterator[str]:
        """A table of it, a line each, and every trouble below."""
        wrong = Counter(trouble.kind for trouble in self.troubles)
        rows: list[tuple[str, int]] = [
            ("blows", self.kills),
            *((f"  {name}", count) for name, count in self.blows.items()),
            ("messages", self.said),
            ("what people did besides", self.acts.total()),
            *((f"  {name}", count) for name, count in self.acts.most_common()),
            ("answers to what was left as it was, shown once", self.answered),
            ("  of them to questions asked for somebody later", self.asked),
            ("  stopped, and there as far as they had come", self.stopped),
            ("  apologies in place of an answer", self.apologies),
            ("  previews of a killed moment left over in groups", self.left_over),
            ("broadcasts", self.broadcasts),
            ("  told to somebody", self.told),
            ("  blows that fell while one went on", self.amid),
            ("reminders given", self.reminded),
            ("whatever was marked as sent again", self.marked),
            *((kind.value, wrong[kind]) for kind in Kind),
        ]
        width = max(len(name) for name, _ in rows)
        yield from (f"{name:{width}} {count:>6}" for name, count in rows)
        yield from (f"✗ {trouble.kind.value}: {trouble.story}" for trouble in self.troubles)
