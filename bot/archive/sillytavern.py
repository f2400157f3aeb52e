"""SillyTavern's chats: a file of JSON lines for each, the older ones with a head that names both speakers.

    HEAD     {"user_name", "character_name", "create_date", "chat_metadata": {"integrity", …}}
    MESSAGE  {"name", "is_user", "is_system", "send_date", "mes", "swipes": [str, …], "swipe_id",
              "swipe_info": [{"extra"}, …], "extra": {"model", "reasoning", "image", "file": {"name"}}}

The swipes of an answer are its versions; the one that is shown is `mes`, edited or not. `is_system` marks what is
hidden from the model. As SillyTavern writes it: public/script.js (`saveChat`, `saveReply`), public/scripts/utils.js
(`timestampToMoment`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from bot.archive.fields import line, mapping, moment, number, objects, words
from bot.archive.losses import FILES, HIDDEN, PICTURES, UNREADABLE, Losses
from bot.archive.markdown import folded
from bot.archive.values import UNKNOWN, ArchivedFile, ArchivedMessage, ArchivedSession
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

_MOST_SWIPES = 100
_CLOCK = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\s*@\s*(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s")
_ENGLISH = "%B %d, %Y %I:%M%p"


def is_chat(data: Any) -> bool:
    """Whether the lines of a document are a chat's."""
    return isinstance(data, list) and any("mes" in each and "is_user" in each for each in objects(data[:3]))


def session_of(data: Sequence[Any], zone: tzinfo, losses: Losses) -> ArchivedSession:
    """The chat of a file; its clock times are those of `zone`."""
    lines = losses.objects_in(data)
    head = lines[0] if lines and "mes" not in lines[0] else {}
    said = [each for each in lines if each is not head]
    messages: list[ArchivedMessage] = []
    parent: str | None = None
    for place, each in enumerate(said):
        if each.get("is_system") is True or "mes" not in each:
            losses.add(HIDDEN if "mes" in each else UNREADABLE)
            continue
        versions = list(_versions(each, f"{place}", parent, zone, losses))
        messages += versions
        # The last one is shown, and goes on.
        parent = versions[-1].key if versions else parent
    moments = [message.created_at for message in messages if message.created_at]
    began = _moment(head.get("create_date"), zone)
    named = next((each.get("name") for each in said if not (each.get("is_user") or each.get("is_system"))), None)
    return ArchivedSession(
        title=line(named) or line(head.get("character_name")) or "SillyTavern",
        messages=tuple(messages),
        tip=parent,
        created_at=min(moments, default=began),
        updated_at=max(moments, default=began),
        origin=line(mapping(head.get("chat_metadata")).get("integrity")),
    )


def _versions(
    each: Mapping[str, Any], key: str, parent: str | None, zone: tzinfo, losses: Losses
) -> Iterator[ArchivedMessage]:
    """The versions of a message that say anything, the one that is shown last."""
    whole = _message(each, zone)
    about, shown = losses.list_in(each.get("swipe_info")), number(each.get("swipe_id"))
    text, extra = losses.text_in(each.get("mes")).strip(), mapping(each.get("extra"))
    for place, swipe in enumerate(losses.list_in(each.get("swipes"))[:_MOST_SWIPES]):
        if place != shown and (other := losses.text_in(swipe).strip()) not in ("", text):
            its = mapping(mapping(about[place] if place < len(about) else None).get("extra"))
            yield replace(whole, key=f"{key}.{place}", parent=parent, text=_thought(its) + other, model=_model(its))
    files = tuple(_files(extra, losses))
    if text or files:
        said = _thought(extra) + text
        yield replace(whole, key=key, parent=parent, text=said, files=files, model=_model(extra))


def _message(each: Mapping[str, Any], zone: tzinfo) -> ArchivedMessage:
    """What all versions of a message have in common."""
    author = Author.USER if each.get("is_user") is True else Author.ASSISTANT
    return ArchivedMessage("", None, author, "", created_at=_moment(each.get("send_date"), zone))


def _model(extra: Mapping[str, Any]) -> str:
    return line(extra.get("model"), 100)


def _thought(extra: Mapping[str, Any]) -> str:
    thought = words(extra.get("reasoning")).strip()
    return f"{folded('Thoughts', thought)}\n\n" if thought else ""


def _files(extra: Mapping[str, Any], losses: Losses) -> Iterator[ArchivedFile]:
    """What was attached, by name: the chat does not hold it."""
    if words(extra.get("image")):
        losses.add(PICTURES)
    for each in (extra.get("file"), *objects(extra.get("files"))):
        if name := line(mapping(each).get("name"), 100):
            losses.add(FILES)
            yield ArchivedFile(name)


def _moment(value: object, zone: tzinfo) -> UnixMs:
    """A moment as any version wrote one: milliseconds, ISO 8601, "2023-6-1 @14h 5m 33s", "June 1, 2023 2:05pm"."""
    if at := moment(value):
        return at
    text = words(value)[:60].strip()
    clock = _CLOCK.match(text)
    try:
        if clock is not None:
            year, month, day, hour, minute, second = map(int, clock.groups())
            read = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        else:
            read = datetime.strptime(text, _ENGLISH).replace(tzinfo=zone)
        return moment(read.timestamp())
    except (ValueError, OverflowError):
        return UNKNOWN
