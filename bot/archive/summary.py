"""The summary of an import: what was added, what was here already, and what could not be imported."""

from collections.abc import Collection, Iterator

from bot.archive.importer import Outcome
from bot.archive.values import Brought
from bot.rendering.pages import escaped, filled
from bot.texts import Say

_MOST_NAMED = 10


def summary(say: Say, brought: Brought, outcome: Outcome, closed: Collection[str]) -> str:
    """In Markdown. `closed`: sentences of ours for what these sessions name and this person may not choose."""
    return "\n\n".join(_paragraphs(say, brought, outcome, closed))


def _paragraphs(say: Say, brought: Brought, outcome: Outcome, closed: Collection[str]) -> Iterator[str]:
    yield say(
        "Imported: sessions {sessions}, messages {messages}. `/sessions` lists them.",
        sessions=outcome.sessions,
        messages=outcome.messages,
    )
    if outcome.grown:
        yield say("Existing sessions that got new messages: {count}", count=outcome.grown)
    if outcome.unchanged:
        yield say("Sessions that were already here, unchanged: {count}", count=outcome.unchanged)
    if outcome.remembered:
        yield say("New things I remember about you: {count}. `/memory` lists them.", count=outcome.remembered)
    for note in brought.notes:
        yield say(note)
    if closed:
        yield say("Not open to you here, so left out: {what}.", what=", ".join(sorted(map(say, closed))))
    if brought.broken:
        reasons = (
            f"“{escaped(each.title)}”: {filled(say, each.fault.tell, each.fault.values)}" for each in brought.broken
        )
        yield _listed(say("Left out because it is broken:"), list(reasons))
    if brought.damaged:
        yield _listed(say("Something is missing from:"), [f"“{escaped(title)}”" for title in brought.damaged])
    lost = [say(kind, count=count) for kind, count in brought.losses.kinds.items()]
    if brought.losses.unknown:
        lost.append(say("of unknown kinds: {names}", names=escaped(brought.losses.unknown_names())))
    if lost:
        yield _listed(say("What could not be kept:"), lost)


def _listed(head: str, lines: list[str]) -> str:
    more = [f"… (+{len(lines) - _MOST_NAMED})"] if len(lines) > _MOST_NAMED + 1 else []
    shown = lines[:_MOST_NAMED] + more if more else lines
    return "\n".join((head, *(f"- {line}" for line in shown)))
