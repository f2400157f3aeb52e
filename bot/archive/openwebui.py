"""Open WebUI's export: a list of chats, each with its messages in a mapping by id.

    [{"id", "title", "created_at", "updated_at",
      "chat": {"title", "params": {"system", "temperature"}, "history": {"currentId", "messages": {ID: MESSAGE}}}}]
    MESSAGE  {"id", "parentId", "childrenIds", "role", "content", "model", "timestamp", "files", "sources"}

Moments are seconds. As Open WebUI itself writes and reads it: src/lib/components/chat/Settings/DataControls.svelte,
src/lib/components/layout/Sidebar.svelte (`importChatHandler`), backend/open_webui/models/chats.py.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.archive.fields import effort, line, mapping, moment, number, objects, sequence, words
from bot.archive.losses import CITATIONS, FILES, PICTURES, TOOLS, UNREADABLE, Losses
from bot.archive.markdown import folded, link
from bot.archive.tree import attached
from bot.archive.values import ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_AUTHORS = {"user": Author.USER, "assistant": Author.ASSISTANT}
_DETAILS = re.compile(
    r'<details type="(\w{1,40})"([^<>]*)>\s*(?:<summary>([^<]*)</summary>)?(.*?)</details>', re.DOTALL
)
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
_DATA = re.compile(r"data:([\w/+.-]{1,60});base64,")
_SOURCE = re.compile(r"[ \t]*\[(\d{1,3})\](?!\()")


def session_of(data: Mapping[str, Any], losses: Losses) -> ArchivedSession:
    """A chat. Raises ImportFault if it has no messages."""
    chat = mapping(data.get("chat")) or data
    history, listed = mapping(chat.get("history")), chat.get("messages")
    by_id = history.get("messages")
    if not isinstance(by_id, dict) and not isinstance(listed, list):
        raise ImportFault("It has no messages.")
    given = dict(mapping(by_id)) or {f"#{number}": each for number, each in enumerate(sequence(listed))}
    created = moment(data.get("created_at")) or moment(chat.get("timestamp"))
    order = {child: n for n, child in enumerate(_children(given)) if isinstance(child, str)}
    keys = sorted(given, key=lambda key: order.get(key, -1))
    messages = attached(list(_messages({key: given[key] for key in keys}, created, losses)), losses)
    current = words(history.get("currentId"))
    known = {message.key for message in messages}
    params = mapping(chat.get("params"))
    temperature = number(params.get("temperature"))
    return ArchivedSession(
        title=line(data.get("title")) or line(chat.get("title")) or "Open WebUI",
        messages=messages,
        tip=current if current in known else messages[-1].key if messages else None,
        system_prompt=(words(params.get("system")) or words(chat.get("system"))).strip() or None,
        temperature=temperature if temperature is not None and 0 <= temperature <= 2 else None,
        effort=effort(params.get("reasoning_effort")),
        created_at=created,
        updated_at=moment(data.get("updated_at")) or created,
        origin=line(data.get("id")) or line(chat.get("id")),
    )


def _children(given: Mapping[str, Any]) -> Iterator[Any]:
    for each in given.values():
        yield from sequence(mapping(each).get("childrenIds"))


def _messages(given: Mapping[str, Any], created: UnixMs, losses: Losses) -> Iterator[ArchivedMessage]:
    is_linear = not any("parentId" in mapping(each) for each in given.values())
    before: str | None = None
    for key, each in given.items():
        message = mapping(each)
        author = _AUTHORS.get(words(message.get("role")))
        losses.add(UNREADABLE, int(author is None))
        parent = before if is_linear else words(message.get("parentId")) or None
        before = words(key)
        files, text = tuple(_files(message, losses)), _text(message, losses) if author else ""
        model = line(message.get("model"), 100) if author is Author.ASSISTANT else ""
        at = moment(message.get("timestamp")) or created
        yield ArchivedMessage(before, parent, author or Author.USER, text, files, model=model, created_at=at)


def _text(message: Mapping[str, Any], losses: Losses) -> str:
    content = message.get("content")
    if isinstance(content, str):
        texts = [words(content)]
    else:
        texts = [_part(part, losses) for part in losses.objects_in(content)]
    text = _DETAILS.sub(lambda found: _fold(found, losses), "\n\n".join(filter(None, texts)))
    return _sourced(text, message, losses).strip()


def _part(part: Mapping[str, Any], losses: Losses) -> str:
    if "text" not in part:
        losses.add_unknown(part.get("type"))
    return losses.text_in(part.get("text"))


def _fold(found: re.Match[str], losses: Losses) -> str:
    """Folded parts of an answer: thoughts stay folded, tool calls are left out."""
    if found[1] == "tool_calls":
        losses.add(TOOLS)
        return ""
    return folded(html.unescape(found[3] or "Thoughts"), _QUOTED.sub("", html.unescape(found[4])))


def _sourced(text: str, message: Mapping[str, Any], losses: Losses) -> str:
    """The text with "[1]" as a link, for sources that have an address."""
    sources = objects(message.get("sources")) or objects(message.get("citations"))
    links = [_source(each) for each in sources]
    if not links:
        return text

    def linked(found: re.Match[str]) -> str:
        place = int(found[1]) - 1
        made = links[place] if 0 <= place < len(links) else ""
        losses.add(CITATIONS, int(not made))
        return f" {made}" if made else ""

    return _SOURCE.sub(linked, text)


def _source(given: Mapping[str, Any]) -> str:
    source = mapping(given.get("source"))
    urls = [words(source.get("url")), *(words(each.get("source")) for each in objects(given.get("metadata")))]
    return next(filter(None, (link(words(source.get("name")), url) for url in urls)), "")


def _files(message: Mapping[str, Any], losses: Losses) -> Iterator[ArchivedFile]:
    for each in objects(message.get("files")):
        inner = mapping(each.get("file"))
        name = line(each.get("name"), 100) or line(inner.get("filename"), 100)
        kind, text = words(each.get("type")), words(mapping(inner.get("data")).get("content"))
        if kind == "image":
            made = _picture(words(each.get("url")), name or "picture")
            losses.add(PICTURES, int(made.data is None))
            yield made
        elif name or text:
            losses.add(FILES, int(not text))
            yield ArchivedFile(name or "text", text.encode() or None, is_text=bool(text))
        else:
            losses.add_unknown(kind)


def _picture(url: str, name: str) -> ArchivedFile:
    file = ArchivedFile(name)
    if (head := _DATA.match(url)) is None:
        return file
    try:
        return replace(file, data=base64.b64decode(url[head.end() :], validate=True) or None)
    except (binascii.Error, ValueError):
        return file
