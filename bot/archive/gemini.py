"""Gemini's activities from Google Takeout: `MyActivity.json`, one record per question, the newest first.

    [{"header": "Gemini Apps", "title": "Prompted QUESTION", "time", "products": ["Gemini Apps"],
      "safeHtmlItem": [{"html": ANSWER}, …], "subtitles": [{"name": "-  FILE", "url": ENTRY}], "imageFile": ENTRY}]

There are no conversations in it: the questions of a day become one session. Several answers are versions. The verb in
front of a question is in the account's language: where it is not known, it is what all titles begin with. Records
without a question (feedback, what was made or chosen) are counted. As readers of real exports up to 2026 describe
them (420AI's gemini-export.ts, llm-aggregator's geminiTakeout.ts); for `MyActivity.html` see `bot.archive.takeout`.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot.archive.bundle import Bundle
from bot.archive.fields import line, moment, objects, sequence, words
from bot.archive.hypertext import markdown_of
from bot.archive.losses import ACTIVITIES, FILES, UNREADABLE, Losses
from bot.archive.values import ArchivedFile, ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.ids import UnixMs
from bot.domain.messages import Author

ASKED = ("Prompted with: ", "Asked Gemini: ", "Asked Bard: ", "Prompted ", "Asked ", "Said ")
_NOT_ASKED = (
    "Created ", "Used ", "Added ", "Gave ", "Selected ", "Shared ", "Deleted ", "Viewed ", "Visited ", "Edited ",
)  # fmt: skip
_ATTACHED = re.compile(r"^-\s+(\S.*)$")
_SURE = 3
"""Answered records needed to recognise the verb of an account's language."""


@dataclass(frozen=True, slots=True)
class Record:
    """A question with its answers, as Markdown."""

    at: UnixMs
    question: str
    answers: tuple[str, ...]
    files: tuple[str, ...] = ()
    """The entries of what was attached, or only its name."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was asked on one day, in order."""

    day: str
    records: tuple[Record, ...]


def is_activity(each: Mapping[str, Any]) -> bool:
    """Whether a record is one of Gemini's."""
    labels = [words(each.get("header")), *(words(label) for label in sequence(each.get("products")))]
    known = any(name in label for label in labels for name in ("Gemini", "Bard"))
    return known and "title" in each and "time" in each


def _is_record(each: Any) -> bool:
    """Whether it is one of any product's: Takeout can put several into a file."""
    return isinstance(each, dict) and "header" in each and "title" in each


def days(data: Any, zone: tzinfo, losses: Losses) -> list[Day]:
    """The questions of a file's JSON, by the days of a time zone; those without a time form one more day."""
    if not any(map(is_activity, objects(data))):
        return []
    losses.add(UNREADABLE, sum(not _is_record(each) for each in sequence(data)))
    records = [each for each in objects(data) if is_activity(each)]
    verb = _verb([words(each.get("title")) for each in records if sequence(each.get("safeHtmlItem"))])
    return by_day([found for each in records if (found := _record(each, verb, losses)) is not None], zone)


def by_day(records: Sequence[Record], zone: tzinfo) -> list[Day]:
    """Records, given the newest first, by days."""
    found: dict[str, list[Record]] = {}
    ordered = list(records[::-1])
    ordered.sort(key=lambda record: record.at)
    for record in ordered:
        day = datetime.fromtimestamp(record.at / 1000, zone).date().isoformat() if record.at else "?"
        found.setdefault(day, []).append(record)
    return [Day(day, tuple(records)) for day, records in found.items()]


def _verb(titles: Sequence[str]) -> str:
    """The words that an account's language puts before questions; "" if they cannot be recognised."""
    if len(titles) < _SURE:
        return ""
    first, last = min(titles), max(titles)
    same = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    common = first[:same]
    end = max(common.rfind(" "), common.rfind(":"), common.rfind("\N{NO-BREAK SPACE}"))
    return common[: end + 1]


def _record(each: Mapping[str, Any], verb: str, losses: Losses) -> Record | None:
    title = losses.text_in(each.get("title")).replace("\N{NO-BREAK SPACE}", " ").strip()
    items = losses.objects_in(each.get("safeHtmlItem"))
    losses.add(UNREADABLE, sum("html" not in item for item in items))
    answers = [markdown_of(losses.text_in(item.get("html"))) for item in items]
    known = next((begins for begins in (*ASKED, verb) if begins and title.startswith(begins)), None)
    if title.startswith(_NOT_ASKED) or (known is None and not answers):
        losses.add(ACTIVITIES)
        return None
    files = dict.fromkeys(filter(None, (_attached(item) for item in objects(each.get("subtitles")))))
    if not files and words(each.get("imageFile")):
        files = {line(each.get("imageFile"), 200): None}
    question = title.removeprefix(known or "").strip()
    return Record(moment(each.get("time")), question, tuple(filter(None, answers)), tuple(files))


def _attached(item: Mapping[str, Any]) -> str:
    found = _ATTACHED.match(words(item.get("name")).replace("\N{NO-BREAK SPACE}", " "))
    return (line(item.get("url"), 200) or line(found[1], 200)) if found is not None else ""


def session_of(data: Any, bundle: Bundle, losses: Losses) -> ArchivedSession:
    """The session of a day."""
    if not isinstance(data, Day):
        raise ImportFault("It has no messages.")
    messages = list(_messages(data, bundle, losses))
    return ArchivedSession(
        title=f"Gemini {data.day}" if data.day != "?" else "Gemini",
        messages=tuple(messages),
        tip=messages[-1].key if messages else None,
        created_at=data.records[0].at,
        updated_at=data.records[-1].at,
        origin=f"day {data.day}",
    )


def _messages(day: Day, bundle: Bundle, losses: Losses) -> Iterator[ArchivedMessage]:
    parent, seen = None, set[str]()
    for record in day.records:
        key = hashlib.sha256(repr((record.at, record.question)).encode()).hexdigest()[:20]
        if key in seen or not (record.question or record.files or record.answers):
            continue
        seen.add(key)
        if record.question or record.files:
            files = tuple(_file(name, bundle, losses) for name in record.files)
            yield ArchivedMessage(key, parent, Author.USER, record.question, files, created_at=record.at)
            parent = key
        below = parent
        for number, answer in enumerate(record.answers):
            parent = f"{key}/{number}"
            yield ArchivedMessage(parent, below, Author.ASSISTANT, answer, model="gemini", created_at=record.at)


def _file(name: str, bundle: Bundle, losses: Losses) -> ArchivedFile:
    entry = bundle.entry(name)
    losses.add(FILES, int(not entry))
    return ArchivedFile(name.rpartition("/")[2][:100], entry=entry)
