"""Sessions as one HTML page that needs nothing else: no script, no picture, no address is loaded."""

from collections.abc import Iterable, Sequence
from html import escape

from bot.archive.plain import SEARCHES, heading, searches, sources, when, who, words
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ArchivedSummary
from bot.domain.messages import Author
from bot.domain.sources import Source
from bot.rendering.hypertext import html_of

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-top: 3rem; } header p, .who { color: #888; font-size: .85rem; }
article { border-top: 1px solid var(--line); padding: .6rem 0; }
article.user { background: var(--soft); padding: .6rem 1rem; border-radius: .6rem; border: 0; margin: 1rem 0; }
.summary { border-left: 3px solid var(--line); padding: .2rem 1rem; margin: 1rem 0; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: .4rem; } code { font-size: .9em; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 1rem; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .2rem .6rem; }
.spoiler { background: currentColor; } .spoiler:hover { background: none; }
.center { text-align: center; } .right { text-align: right; }
.in1 { margin-left: 1.2rem; } .in2 { margin-left: 2.4rem; } .in3 { margin-left: 3.6rem; } nav li { margin: .2rem 0; }
"""


def to_html(archive: Archive) -> bytes:
    """The page: a list of the sessions, then each of them with its open branch and the other versions folded."""
    titles = "".join(f'<li><a href="#s{n}">{escape(s.title)}</a></li>' for n, s in enumerate(archive.sessions))
    listed = f"<nav><ol>{titles}</ol></nav>" if len(archive.sessions) > 1 else ""
    body = "".join(_session(number, session) for number, session in enumerate(archive.sessions))
    page = (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Parley</title><style>{_STYLE}</style></head><body>{listed}{body}</body></html>"
    )
    return page.encode("utf-8", "replace")


def _session(number: int, session: ArchivedSession) -> str:
    about = f"{when(session.created_at)} – {when(session.updated_at)} · {escape(session.mode)}"
    siblings: dict[tuple[str | None, Author], list[ArchivedMessage]] = {}
    for message in session.messages:
        siblings.setdefault((message.parent, message.author), []).append(message)
    said = "".join(
        # The text of a file has no other versions.
        _message(message, siblings[message.parent, message.author] if message.author is not Author.SYSTEM else ())
        for message in session.branch()
    )
    return f'<section id="s{number}"><header><h1>{escape(session.title)}</h1><p>{about}</p></header>{said}</section>'


def _message(message: ArchivedMessage, versions: Iterable[ArchivedMessage]) -> str:
    others = "".join(
        f"<details><summary>{escape(who(other))} · {when(other.created_at)}</summary>{html_of(words(other))}</details>"
        for other in versions
        if other is not message
    )
    files = "".join(f"<p>📎 {escape(file.name)}</p>" for file in message.files)
    head = f'<p class="who">{escape(who(message))} · {when(message.created_at)}</p>'
    said = f"{html_of(words(message))}{_rounds(message)}{files}"
    summary = _summary(message.summary) if message.summary is not None else ""
    return f'<article class="{message.author.value}">{head}{said}{others}</article>{summary}'


def _summary(summary: ArchivedSummary) -> str:
    """Between messages, as it is read in the place of all above it."""
    head = f'<p class="who">📝 {escape(heading(summary))}</p>'
    return f'<aside class="summary">{head}{html_of(summary.text)}</aside>'


def _links(found: Sequence[Source]) -> str:
    return "".join(f'<li><a href="{escape(each.url)}">{escape(each.title)}</a></li>' for each in found)


def _rounds(message: ArchivedMessage) -> str:
    """What an answer had done on its way, folded."""
    if not message.rounds:
        return ""
    calls = "".join(
        f"<p><b>{escape(call.tool)}</b> {call.outcome.value}</p><pre><code>{escape(call.arguments)}</code></pre>"
        f"<pre><code>{escape(call.result)}</code></pre>"
        for made in message.rounds
        for call in made.calls
    )
    pages, offered = _links(sources(message)), _links(searches(message))
    listed = f"<ol>{pages}</ol>" if pages else ""
    listed += f"<p>{SEARCHES}:</p><ul>{offered}</ul>" if offered else ""
    return f"{listed}<details><summary>Used: {escape(message.used)}</summary>{calls}</details>"
