"""LibreChat's export: one conversation in a file, its messages in a list or nested below each other.

    {"conversationId", "title", "endpoint", "options": {"promptPrefix", "temperature"}, "branches", "recursive",
     "messages" | "messagesTree": [MESSAGE, …]}
    MESSAGE  {"messageId", "parentMessageId", "isCreatedByUser", "sender", "text", "content": [PART, …], "children",
              "model", "files": [{"filename"}], "createdAt"}
    PART     {"type": "text" | "think" | "tool_call" | …, "text": str | {"value"}, "think"}

As LibreChat writes and reads it: client/src/hooks/Conversations/useExportConversation.ts, packages/data-provider
(`ContentTypes`), api/server/utils/import/importers.js.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.archive.fields import effort, line, mapping, moment, number, sequence, words
from bot.archive.losses import FILES, TOOLS, Losses
from bot.archive.markdown import folded
from bot.archive.tree import attached
from bot.archive.values import ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.messages import Author

NO_PARENT = "00000000-0000-0000-0000-000000000000"


def session_of(data: Mapping[str, Any], losses: Losses) -> ArchivedSession:
    """The conversation of a file. Raises ImportFault if it has no messages."""
    given = data.get("messagesTree", data.get("messages"))
    if not isinstance(given, list):
        raise ImportFault("It has no messages.")
    messages = attached([_message(key, parent, each, losses) for key, parent, each in _flat(given, losses)], losses)
    options = mapping(data.get("options"))
    temperature = number(options.get("temperature"))
    newest = max(reversed(messages), key=lambda message: message.created_at, default=None)
    moments = [message.created_at for message in messages if message.created_at]
    return ArchivedSession(
        title=line(data.get("title")) or "LibreChat",
        messages=messages,
        tip=newest.key if newest is not None and newest.created_at else messages[-1].key if messages else None,
        system_prompt=(words(options.get("promptPrefix")) or words(options.get("system"))).strip() or None,
        temperature=temperature if temperature is not None and 0 <= temperature <= 2 else None,
        effort=effort(options.get("reasoning_effort")),
        created_at=min(moments, default=moment(data.get("exportAt"))),
        updated_at=max(moments, default=moment(data.get("exportAt"))),
        origin=line(data.get("conversationId")),
    )


def _flat(given: list[Any], losses: Losses) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """Every message with its key and its parent's key; nested messages get theirs from their position."""
    waiting = [(each, None) for each in losses.objects_in(given)[::-1]]
    pending: list[tuple[Mapping[str, Any], str | None]] = list(waiting)
    count = 0
    while pending:
        each, above = pending.pop()
        count += 1
        key = words(each.get("messageId")) or f"#{count}"
        said = words(each.get("parentMessageId"))
        yield key, above or (None if said in ("", NO_PARENT) else said), each
        pending += [(child, key) for child in losses.objects_in(each.get("children"))[::-1]]


def _message(key: str, parent: str | None, each: Mapping[str, Any], losses: Losses) -> ArchivedMessage:
    is_user = each.get("isCreatedByUser") is True or words(each.get("sender")).lower() == "user"
    return ArchivedMessage(
        key,
        parent,
        Author.USER if is_user else Author.ASSISTANT,
        _text(each, losses),
        tuple(_files(each, losses)),
        model="" if is_user else line(each.get("model"), 100),
        created_at=moment(each.get("createdAt")),
    )


def _text(message: Mapping[str, Any], losses: Losses) -> str:
    parts = [_part(part, losses) for part in losses.objects_in(message.get("content"))]
    return ("\n\n".join(filter(None, parts)) or losses.text_in(message.get("text"))).strip()


def _part(part: Mapping[str, Any], losses: Losses) -> str:
    kind = words(part.get("type"))
    if kind in ("text", "error", "think"):
        said = part.get(kind)
        text = losses.text_in(said["value"] if isinstance(said, dict) and "value" in said else said)
        return folded("Thoughts", text) if kind == "think" else text
    if kind == "tool_call":
        losses.add(TOOLS)
    else:
        losses.add_unknown(kind)
    return ""


def _files(message: Mapping[str, Any], losses: Losses) -> Iterator[ArchivedFile]:
    for each in (*sequence(message.get("files")), *sequence(message.get("attachments"))):
        if name := line(mapping(each).get("filename"), 100):
            losses.add(FILES)
            yield ArchivedFile(name)
