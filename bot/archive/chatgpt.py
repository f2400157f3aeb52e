"""ChatGPT's export: conversations, each a tree of nodes in a mapping by id.

    conversations.json, or conversations-000.json, -001, … since 2026: [CONVERSATION, …]
    CONVERSATION  {"id", "title", "create_time", "update_time", "current_node", "mapping": {KEY: NODE}}
    NODE          {"parent", "children", "message": null | MESSAGE}
    MESSAGE       {"author": {"role"}, "recipient", "create_time", "content": {"content_type", …}, "metadata"}

Content is `text` and `multimodal_text` (parts: words and pointers to assets), `code`, `execution_output`, `thoughts`,
`reasoning_recap`, `user_editable_context` (custom instructions), and what tools give back. Assets are in the .zip as
`file-ID-NAME`, `file_ID-sanitized.png` or `file-ID.dat`; `conversation_asset_file_names.json` names the last.

Between a question and its answer stand nodes that are neither: code and its output, canvases, thoughts, pictures of a
tool. They go into the answer that follows. What nobody saw is left out and counted; what was below it is now below the
next one above. OpenAI documents none of this; it is as convoviz (docs/dev/chatgpt-spec.md) and chatgpt-export-parser
(docs/chatgpt-data-export-format.md) describe real exports up to February 2026.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.archive.bundle import Bundle
from bot.archive.canvas import Canvas
from bot.archive.chatgpt_pieces import Piece, Pieces, joined
from bot.archive.fields import line, mapping, moment, sequence, words
from bot.archive.losses import UNREADABLE, Losses
from bot.archive.tree import outline
from bot.archive.values import ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.ids import UnixMs
from bot.domain.messages import Author


def session_of(data: Mapping[str, Any], bundle: Bundle, names: Mapping[str, str], losses: Losses) -> ArchivedSession:
    """A conversation, possibly without messages. `names`: names of assets. Raises ImportFault if it has no tree."""
    nodes = data.get("mapping")
    if not isinstance(nodes, dict):
        raise ImportFault("It has no “mapping”.")
    losses.add(UNREADABLE, sum(not isinstance(node, dict) for node in nodes.values()))
    walk = _Walk({words(key): mapping(node) for key, node in nodes.items()}, Pieces(bundle, names, losses), losses)
    messages = walk.messages(moment(data.get("create_time")))
    created, updated = moment(data.get("create_time")), moment(data.get("update_time"))
    tip = walk.at.get(words(data.get("current_node"))) or (messages[-1].key if messages else None)
    return ArchivedSession(
        title=line(data.get("title")) or "ChatGPT",
        messages=tuple(messages),
        tip=tip,
        created_at=created,
        updated_at=updated or created,
        origin=line(data.get("id")) or line(data.get("conversation_id")),
        instructions=walk.pieces.instructions,
    )


MOST_WAITING = 200
"""The most pieces that precede one answer; real ones have a few dozen."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a node is reached: below which message, with which pieces still waiting for their answer."""

    node: str
    parent: str | None
    waiting: tuple[Piece, ...] = ()
    last: str = ""
    """The node of the last waiting piece."""
    canvas: Canvas | None = None


class _Walk:
    """Walks a tree from its roots and collects messages."""

    def __init__(self, nodes: Mapping[str, Mapping[str, Any]], pieces: Pieces, losses: Losses) -> None:
        self._nodes = nodes
        self._losses = losses
        self._found: list[ArchivedMessage] = []
        self.pieces = pieces
        self.at: dict[str, str | None] = {}
        """The message that each node belongs to, or the one above it."""

    def messages(self, created: UnixMs) -> list[ArchivedMessage]:
        """All of them, parents before children, versions in their order."""
        parents = {key: _parent(node) for key, node in self._nodes.items()}
        listed = (child for node in self._nodes.values() for child in sequence(node.get("children")))
        order = {child: place for place, child in enumerate(listed) if isinstance(child, str)}
        tree = outline(parents, self._losses, order)
        ways = [_Way(root, None) for root in tree.roots[::-1]]
        while ways:
            way = self._step(ways.pop(), tree.children, created)
            ways += [
                _Way(child, way.parent, way.waiting, way.last, way.canvas)
                for child in tree.children.get(way.node, ())[::-1]
            ]
        return self._found

    def _step(self, way: _Way, children: Mapping[str, Sequence[str]], created: UnixMs) -> _Way:
        """Add one node; returns how those below it are reached."""
        message = self._message(way.node)
        piece = self.pieces.of(message, way.canvas) if message is not None else None
        at, open_ = moment(mapping(message).get("create_time")) or created, way.canvas
        waiting, last, parent = way.waiting, way.last, way.parent
        self.at[way.node] = parent
        if piece is not None and piece.canvas is not None:
            open_ = piece.canvas
        if piece is not None and piece.author is None:
            waiting, last = (*waiting, piece), way.node
        elif piece is not None and piece.author is Author.ASSISTANT:
            parent = self._add(way.node, parent, (*waiting, piece), at, _model(mapping(message)))
            waiting = ()
        # Waiting pieces end with the person's next message, at a fork, or at the end of a branch.
        ends = len(children.get(way.node, ())) != 1 or len(waiting) >= MOST_WAITING
        if waiting and (ends or (piece is not None and piece.author is Author.USER)):
            parent = self._add(last, parent, waiting, at, "")
            waiting = ()
        if piece is not None and piece.author is Author.USER:
            parent = self._add(way.node, parent, (piece,), at, "")
        return _Way(way.node, parent, waiting, last, open_)

    def _message(self, node: str) -> Mapping[str, Any] | None:
        message = self._nodes[node].get("message")
        if message is not None and not isinstance(message, dict):
            self._losses.add(UNREADABLE)
            return None
        return message

    def _add(self, node: str, parent: str | None, pieces: Sequence[Piece], at: UnixMs, model: str) -> str:
        text, files = joined(pieces)
        author = pieces[-1].author or Author.ASSISTANT
        self._found.append(ArchivedMessage(node, parent, author, text, files, model=model, created_at=at))
        self.at[node] = node
        return node


def _parent(node: Mapping[str, Any]) -> str | None:
    parent = node.get("parent")
    return words(parent) if isinstance(parent, str) else None


def _model(message: Mapping[str, Any]) -> str:
    return line(mapping(message.get("metadata")).get("model_slug"), 100)
