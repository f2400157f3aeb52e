"""Claude's export: `conversations.json`, a list of conversations with flat lists of messages.

    CONVERSATION  {"uuid", "name", "created_at", "updated_at", "chat_messages": [MESSAGE, …]}
    MESSAGE       {"uuid", "parent_message_uuid", "sender": "human" | "assistant", "text", "content": [BLOCK, …],
                   "attachments": [{"file_name", "extracted_content"}], "files": [{"file_name"}], "created_at"}
    BLOCK         {"type": "text" | "thinking" | "tool_use" | "tool_result" | "voice_note" | …}

`text` is empty, or says that a block is not supported, where an answer has blocks; older exports have only `text` and
no parents: then each message is a child of the one before. Artifacts are calls of a tool of that name. As
claude-export-viewer (models.py, loader.py) and ProtonMail's WebClients (aiPaperTrail/parsers/claude.ts) read real
exports of 2025 and 2026.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.archive.artifacts import Artifacts
from bot.archive.fields import line, mapping, moment, objects, sequence, words
from bot.archive.losses import FILES, HIDDEN, TOOLS, UNREADABLE, Losses
from bot.archive.markdown import folded, link
from bot.archive.tree import attached
from bot.archive.values import ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_AUTHORS = {"human": Author.USER, "assistant": Author.ASSISTANT}
_NO_PARENT = "00000000-0000-4000-8000-000000000000"
_QUIET = ("token_budget", "flag")
"""Blocks without anything that someone wrote."""


def session_of(data: Mapping[str, Any], losses: Losses) -> ArchivedSession:
    """A conversation. Raises ImportFault if it has no messages."""
    given = data.get("chat_messages")
    if not isinstance(given, list):
        raise ImportFault("It has no messages.")
    created = moment(data.get("created_at"))
    messages = attached(list(_messages(given, created, losses)), losses)
    leaf = words(data.get("current_leaf_message_uuid"))
    # Of those that were written at one time the last: an answer may have none of its own.
    last = max(reversed(messages), key=lambda message: message.created_at, default=None)
    tip = leaf if leaf in {message.key for message in messages} else last.key if last is not None else None
    return ArchivedSession(
        title=line(data.get("name")) or "Claude",
        messages=messages,
        tip=tip,
        created_at=created,
        updated_at=moment(data.get("updated_at")) or created,
        origin=line(data.get("uuid")),
    )


def _messages(given: list[Any], created: UnixMs, losses: Losses) -> Iterator[ArchivedMessage]:
    artifacts = Artifacts(losses)
    has_parents = any("parent_message_uuid" in each for each in objects(given))
    before: str | None = None
    for number, each in enumerate(given):
        message = mapping(each)
        key = words(message.get("uuid")) or f"#{number}"
        said = words(message.get("parent_message_uuid"))
        parent = (None if said in ("", _NO_PARENT) else said) if has_parents else before
        author = _AUTHORS.get(words(message.get("sender")))
        before = key
        if author is None:
            losses.add(UNREADABLE)
        text, files = _text(message, artifacts, losses) if author else "", tuple(_files(message, losses))
        at = moment(message.get("created_at")) or created
        yield ArchivedMessage(key, parent, author or Author.USER, text, files, created_at=at)


def _text(message: Mapping[str, Any], artifacts: Artifacts, losses: Losses) -> str:
    blocks = [_block(block, artifacts, losses) for block in losses.objects_in(message.get("content"))]
    text = "\n\n".join(filter(None, blocks))
    return (text or losses.text_in(message.get("text"))).strip()


def _block(block: Mapping[str, Any], artifacts: Artifacts, losses: Losses) -> str:
    kind = words(block.get("type"))
    if kind in ("text", "voice_note"):
        return _cited(losses.text_in(block.get("text")), block)
    if kind == "thinking":
        summaries = [words(each.get("summary")) for each in objects(block.get("summaries"))]
        return folded(next(filter(None, summaries), "Thoughts"), losses.text_in(block.get("thinking")))
    if kind == "tool_use":
        return artifacts.called(words(block.get("name")), mapping(block.get("input")))
    if kind == "tool_result":
        losses.add(TOOLS, int(words(block.get("name")) not in artifacts.shown))
    elif kind not in _QUIET:
        losses.add_unknown(kind)
    return ""


def _cited(text: str, block: Mapping[str, Any]) -> str:
    """The text with its sources as links, each after the words it belongs to."""
    ends: dict[int, str] = {}
    for each in objects(block.get("citations")):
        end = each.get("end_index")
        url = words(each.get("url")) or words(mapping(each.get("details")).get("url"))
        made = link(words(each.get("title")), url)
        if made and isinstance(end, int) and 0 < end <= len(text) and made not in ends.get(end, ""):
            ends[end] = f"{ends.get(end, '')} {made}"
    for end in sorted(ends, reverse=True):
        text = text[:end] + ends[end] + text[end:]
    return text.strip()


def _files(message: Mapping[str, Any], losses: Losses) -> Iterator[ArchivedFile]:
    for each in objects(message.get("attachments")):
        text = words(each.get("extracted_content"))
        losses.add(FILES, int(not text))
        yield ArchivedFile(line(each.get("file_name"), 100) or "text", text.encode() or None, is_text=bool(text))
    given = sequence(message.get("files")) or sequence(message.get("files_v2"))
    for each in given:
        name = line(mapping(each).get("file_name"), 100)
        losses.add(FILES if name else HIDDEN)
        if name:
            yield ArchivedFile(name)
