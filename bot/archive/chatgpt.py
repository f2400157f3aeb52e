"""ChatGPT's `conversations.json`: a list of conversations, each a tree of nodes in a mapping by id.

Only what people and models said is taken; what hangs between them (tools, hidden system messages, empty nodes) is left
out, and what hung below it hangs below the next one above.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ImportFault, in_order
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_AUTHORS = {"user": Author.USER, "assistant": Author.ASSISTANT}


def from_conversations(data: Sequence[Any]) -> Archive:
    """The archive in the file's JSON. Raises `ImportFault`."""
    found = [_session(conversation, f"conversation {n}") for n, conversation in enumerate(data, 1)]
    return Archive(tuple(session for session in found if session.messages))


def _session(conversation: Any, where: str) -> ArchivedSession:
    if not isinstance(conversation, Mapping) or not isinstance(conversation.get("mapping"), Mapping):
        raise ImportFault("{where}: it has no “mapping”.", where=where)
    title = str(conversation.get("title") or "") or "ChatGPT"
    where = f"{where}, “{title[:40]}”"
    nodes: Mapping[str, Any] = conversation["mapping"]
    messages = {key: message for key, node in nodes.items() if (message := _message(key, node, where)) is not None}
    created = _moment(conversation.get("create_time"))
    kept = [
        ArchivedMessage(
            key=message.key,
            parent=_kept_above(key, nodes, messages, where),
            author=message.author,
            text=message.text,
            files=message.files,
            model=message.model,
            created_at=message.created_at or created,
        )
        for key, message in messages.items()
    ]
    ordered = in_order(kept, where)
    current = conversation.get("current_node")
    tip = current if current in messages else _kept_above(current, nodes, messages, where) if current else None
    if tip is None and ordered:
        tip = ordered[-1].key
    updated = _moment(conversation.get("update_time")) or created
    return ArchivedSession(title=title, messages=ordered, tip=tip, created_at=created, updated_at=updated)


def _kept_above(key: str, nodes: Mapping[str, Any], kept: Mapping[str, ArchivedMessage], where: str) -> str | None:
    """The nearest node above one that is taken over."""
    seen = {key}
    node = nodes.get(key)
    while isinstance(node, Mapping) and (parent := node.get("parent")) is not None:
        if parent in seen:
            raise ImportFault("{where}: some messages are their own ancestors (a cycle).", where=where)
        if not isinstance(parent, str) or parent not in nodes:
            raise ImportFault("{where}: the message “{key}” is missing.", where=where, key=str(parent)[:40])
        if parent in kept:
            return parent
        seen.add(parent)
        node = nodes[parent]
    return None


def _message(key: str, node: Any, where: str) -> ArchivedMessage | None:
    """What a node says; None where it says nothing that people saw."""
    message = node.get("message") if isinstance(node, Mapping) else None
    if message is None:
        return None
    try:
        author = _AUTHORS.get(message["author"]["role"])
        content, metadata = message["content"], message.get("metadata") or {}
        text, files = _words(content)
        if author is None or metadata.get("is_visually_hidden_from_conversation") or not (text or files):
            return None
        model = str(metadata.get("model_slug") or "") if author is Author.ASSISTANT else ""
        return ArchivedMessage(
            key, None, author, text, files, model=model, created_at=_moment(message.get("create_time"))
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ImportFault("{where}: the message “{key}” cannot be read.", where=where, key=key[:40]) from error


def _words(content: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    match content["content_type"]:
        case "text" | "multimodal_text":
            said = [part for part in content["parts"] if isinstance(part, str)]
            files = [str(part.get("content_type", "file")) for part in content["parts"] if isinstance(part, Mapping)]
            return "\n\n".join(filter(None, said)), tuple(files)
        case "code":
            return f"```{content.get('language') or ''}\n{content['text']}\n```", ()
        case _:
            return "", ()


def _moment(seconds: object) -> UnixMs:
    is_time = isinstance(seconds, int | float) and 0 <= seconds < 1e11
    return UnixMs(int(seconds * 1000) if is_time and isinstance(seconds, int | float) else 0)
