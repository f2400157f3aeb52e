"""Sessions as Markdown: the open branch, for people to read."""

import re
from datetime import UTC, datetime

from bot.archive.rounds import parts_of
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ArchivedSummary
from bot.domain.ids import UnixMs
from bot.domain.messages import GO_ON, Author
from bot.domain.sources import Source, pages_behind, suggested_in

_BRACKET, _ESCAPED = re.compile(r"([\[\]\\])"), r"\\\1"
SEARCHES = "Search suggestions"
SUMMED_UP = "Summary of what comes before"


def to_markdown(archive: Archive) -> bytes:
    """One document, the sessions one after the other."""
    return "\n\n---\n\n".join(map(_session, archive.sessions)).encode("utf-8", "replace") + b"\n"


def _session(session: ArchivedSession) -> str:
    about = f"{when(session.created_at)} – {when(session.updated_at)} · {session.mode}"
    return "\n\n".join((f"# {session.title}", f"*{about}*", *map(_message, session.branch())))


def _message(message: ArchivedMessage) -> str:
    files = "".join(f"\n- 📎 {file.name}" for file in message.files)
    used = f"\n\n*Used: {message.used}*{_sources(message)}" if message.rounds else ""
    said = f"## {who(message)} · {when(message.created_at)}\n\n{words(message)}{used}{files}".rstrip()
    return f"{said}\n\n{_summary(message.summary)}" if message.summary is not None else said


def _sources(message: ArchivedMessage) -> str:
    listed = {"Sources": sources(message), SEARCHES: searches(message)}
    return "".join(f"\n\n{head}:{_links(found)}" for head, found in listed.items() if found)


def _links(found: list[Source]) -> str:
    return "".join(f"\n- [{_BRACKET.sub(_ESCAPED, each.title)}]({each.url})" for each in found)


def _summary(summary: ArchivedSummary) -> str:
    """A quotation: it stands between messages, and is none of them."""
    lines = (f"**{heading(summary)}**", "", *summary.text.splitlines())
    return "\n".join(f"> {line}".rstrip() for line in lines)


def heading(summary: ArchivedSummary) -> str:
    """What stands above the summary of all that was said before."""
    return " · ".join(filter(None, (SUMMED_UP, summary.model, when(summary.created_at))))


def words(message: ArchivedMessage) -> str:
    """What a message says to people."""
    return "Continue" if message.text == GO_ON.text and message.author is Author.USER else message.text


def sources(message: ArchivedMessage) -> list[Source]:
    """The pages that an answer draws on."""
    return pages_behind(message.text, [*parts_of(message)])


def searches(message: ArchivedMessage) -> list[Source]:
    """The searches that whoever searched for an answer wants to be shown with it, wherever it is shown."""
    return suggested_in([*parts_of(message)])


def who(message: ArchivedMessage) -> str:
    """The heading that names the author."""
    if message.author is Author.ASSISTANT:
        return message.model or "Assistant"
    return message.speaker or ("Note" if message.author is Author.SYSTEM else "User")


def when(moment: UnixMs) -> str:
    """Day and minute, UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M") if moment else "—"
