"""Trees as other products export them: nodes may be in any order, lack their parent, or form cycles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.archive.losses import LOOSE, Losses
from bot.archive.values import ArchivedMessage


@dataclass(frozen=True, slots=True)
class Outline:
    """A tree of nodes: each has exactly one parent, or is a root."""

    roots: tuple[str, ...]
    children: Mapping[str, Sequence[str]]


def outline(parents: Mapping[str, str | None], losses: Losses, order: Mapping[str, int] | None = None) -> Outline:
    """The tree of nodes with the names of their parents, siblings as given or by `order`.

    A node whose parent is missing is a root, and so is the first node of a cycle. Both are counted.
    """
    children: dict[str, list[str]] = {}
    roots = []
    for key, parent in parents.items():
        if parent is not None and parent in parents:
            children.setdefault(parent, []).append(key)
        else:
            roots.append(key)
            losses.add(LOOSE, int(parent is not None))
    if order:
        for below in children.values():
            below.sort(key=lambda key: order.get(key, len(order)))
    reached = set(_below(roots, children))
    for key in parents:
        if key not in reached:  # It is in a cycle, or below one.
            children[str(parents[key])].remove(key)
            roots.append(key)
            losses.add(LOOSE)
            reached.update(_below([key], children))
    return Outline(tuple(roots), children)


def _below(roots: Sequence[str], children: Mapping[str, Sequence[str]]) -> Iterator[str]:
    waiting = list(roots[::-1])
    while waiting:
        key = waiting.pop()
        yield key
        waiting.extend(children.get(key, ())[::-1])


def attached(messages: Sequence[ArchivedMessage], losses: Losses) -> tuple[ArchivedMessage, ...]:
    """Messages with every parent before its children.

    Children of an empty message move to its parent. A message whose key is taken is left out and counted.
    """
    known: dict[str, ArchivedMessage] = {}
    for message in messages:
        if known.setdefault(message.key, message) is not message:
            losses.add(LOOSE)
    tree = outline({key: message.parent for key, message in known.items()}, losses)
    above = {child: parent for parent, below in tree.children.items() for child in below}
    at: dict[str | None, str | None] = {None: None}
    found = []
    for key in _below(tree.roots, tree.children):
        message, parent = known[key], at[above.get(key)]
        at[key] = key if message.text or message.files else parent
        if at[key] == key:
            found.append(message if message.parent == parent else replace(message, parent=parent))
    return tuple(found)
