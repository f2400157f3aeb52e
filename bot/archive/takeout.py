"""`MyActivity.html`, Google Takeout's default format for Gemini's activities.

    <div class="outer-cell …">…<p class="mdl-typography--title">Gemini Apps</p>…
      <div class="content-cell … mdl-typography--body-1">Prompted&nbsp;QUESTION<br>DATE<br><p>ANSWER</p>…</div>

The date is in the account's language and in the time zone of the one who asked for it, e.g. "Jan 2, 2026, 9:05:00
PM CET", "02.01.2026, 21:05:00 MEZ", "2026年1月2日 21:05:00 JST"; it is read as far as its figures and the English names
of months tell. As seen by the readers named in `bot.archive.gemini`.
"""

import html
import re
from collections.abc import Iterator
from datetime import datetime, tzinfo

from bot.archive.gemini import ASKED, Day, Record, by_day
from bot.archive.hypertext import markdown_of
from bot.archive.losses import ACTIVITIES, Losses
from bot.domain.ids import UnixMs

MARK = "mdl-typography--body-1"
_CELL = re.compile(r'<div class="outer-cell')
_BODY = re.compile(r'<div class="content-cell[^"]{0,120}mdl-typography--body-1">')
_NEXT = '<div class="content-cell'
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\s*([AaPp])\.?[Mm])?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST_DATE = 80


def days(text: str, zone: tzinfo, losses: Losses) -> list[Day]:
    """The questions of a page, by day; none if it is another page."""
    if MARK not in text or ("Gemini" not in text and "Bard" not in text):
        return []
    return by_day(list(_records(text, zone, losses)), zone)


def _records(text: str, zone: tzinfo, losses: Losses) -> Iterator[Record]:
    for cell in _CELL.split(text)[1:]:
        head, *bodies = _BODY.split(cell, maxsplit=1)
        if not bodies or not ("Gemini" in head or "Bard" in head):
            continue
        record = _record(bodies[0].partition(_NEXT)[0].rpartition("</div>")[0], zone)
        losses.add(ACTIVITIES, int(record is None))
        if record is not None:
            yield record


def _record(body: str, zone: tzinfo) -> Record | None:
    parts = _BREAK.split(body)
    place = next((n for n, part in enumerate(parts) if _TIME.search(part) and len(part) <= _LONGEST_DATE), None)
    if place is None:
        return None
    said = [markdown_of(part) for part in parts[:place]]
    files = tuple(part.removeprefix("- ")[:200] for part in said[1:] if part.startswith("- "))
    title = said[0] if said else ""
    known = next((begins for begins in ASKED if title.startswith(begins)), None)
    answer = markdown_of("<br>".join(parts[place + 1 :]))
    if known is None and not answer:
        return None
    question = "\n".join((title.removeprefix(known or ""), *_rest(said[1:])))
    return Record(_moment(html.unescape(parts[place]), zone), question, (answer,) if answer else (), files)


def _rest(lines: list[str]) -> list[str]:
    """The further lines of a question, without those about attachments."""
    return [each for each in lines if not each.startswith(("- ", "Attached "))]


def _moment(text: str, zone: tzinfo) -> UnixMs:
    clock = _TIME.search(text)
    day = text[: clock.start()] if clock is not None else text
    figures = [int(each) for each in re.findall(r"\d{1,4}", day)]
    month = next((n for n, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name}", day, re.IGNORECASE)), None)
    if month is not None and len(figures) == 2:
        figures = [figures[1], month, figures[0]]
    elif len(figures) == 3 and figures[0] < 1000:
        # With dots the day comes first; with slashes the month, unless it cannot be a month.
        first, second, year = figures
        swapped = "." in day or first > 12
        figures = [year, second, first] if swapped else [year, first, second]
    if clock is None or len(figures) != 3:
        return UnixMs(0)
    hour = int(clock[1]) % 12 + 12 * (clock[4].lower() == "p") if clock[4] else int(clock[1])
    try:
        year, month, date = figures
        seconds = datetime(year, month, date, hour, int(clock[2]), int(clock[3]), tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return UnixMs(0)
    return UnixMs(max(0, int(seconds * 1000)))
