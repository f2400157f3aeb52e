"""Sessions as one HTML page that needs nothing else: no script, no picture, no address is loaded."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise

from bot.archive.plain import heading, sources, when, who, words
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ArchivedSummary
from bot.domain.blocks import Block, BlockKind, SpanKind
from bot.domain.messages import Author
from bot.rendering import markup

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
.spoiler { background: currentColor; } .spoiler:hover { background: none; } nav li { margin: .2rem 0; }
"""
_SIDES = {"^": ' style="text-align:center"', ">": ' style="text-align:right"'}
_TAGS = {
    SpanKind.BOLD: "b",
    SpanKind.ITALIC: "i",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKE: "s",
    SpanKind.CODE: "code",
    SpanKind.MATH: "code",
}


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
        f"<details><summary>{escape(who(other))} · {when(other.created_at)}</summary>{_text(words(other))}</details>"
        for other in versions
        if other is not message
    )
    files = "".join(f"<p>📎 {escape(file.name)}</p>" for file in message.files)
    head = f'<p class="who">{escape(who(message))} · {when(message.created_at)}</p>'
    said = f"{_text(words(message))}{_rounds(message)}{files}"
    summary = _summary(message.summary) if message.summary is not None else ""
    return f'<article class="{message.author.value}">{head}{said}{others}</article>{summary}'


def _summary(summary: ArchivedSummary) -> str:
    """Between messages, as it is read in the place of all above it."""
    head = f'<p class="who">📝 {escape(heading(summary))}</p>'
    return f'<aside class="summary">{head}{_text(summary.text)}</aside>'


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
    links = "".join(f'<li><a href="{escape(each.url)}">{escape(each.title)}</a></li>' for each in sources(message))
    listed = f"<ol>{links}</ol>" if links else ""
    return f"{listed}<details><summary>Used: {escape(message.used)}</summary>{calls}</details>"


def _text(text: str) -> str:
    return "".join(map(_block, markup.parse(text)))


def _block(block: Block) -> str:
    inner = _spans(block)
    match block.kind:
        case BlockKind.HEADING:
            made = f"<h{min(6, block.level + 1)}>{inner}</h{min(6, block.level + 1)}>"
        case BlockKind.ITEM:
            made = f'<p style="margin:.2rem 0 .2rem {block.indent * 1.2:.1f}rem">{escape(block.marker)} {inner}</p>'
        case BlockKind.CODE | BlockKind.MATH:
            made = f"<pre><code>{escape(block.text)}</code></pre>"
        case BlockKind.TABLE:
            sides = [_SIDES.get(side, "") for side in block.aligns or "-" * len(block.rows[0])]
            rows = (
                "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in zip(row, sides, strict=False))
                for row in block.rows
            )
            made = "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
        case BlockKind.RULE:
            made = "<hr>"
        case BlockKind.SUMMARY:
            made = f"<p><b>{inner}</b></p>"
        case BlockKind.PARAGRAPH:
            made = f"<p>{inner}</p>"
    return "<blockquote>" * block.quote + made + "</blockquote>" * block.quote


def _spans(block: Block) -> str:
    """The text with its formatting: cut at every start and end of a span, each piece inside all its tags."""
    edges = sorted({0, len(block.text), *(edge for span in block.spans for edge in (span.start, span.end))})
    pieces = []
    for start, end in pairwise(edges):
        piece = escape(block.text[start:end]).replace("\n", "<br>")
        for span in block.spans:
            if span.start <= start and end <= span.end:
                piece = _wrapped(piece, span.kind, span.data)
        pieces.append(piece)
    return "".join(pieces)


def _wrapped(piece: str, kind: SpanKind, data: str) -> str:
    if kind is SpanKind.LINK:
        safe = data.lower().startswith(("https://", "http://", "mailto:"))
        return f'<a href="{escape(data)}" rel="noopener noreferrer">{piece}</a>' if safe else piece
    if kind is SpanKind.SPOILER:
        return f'<span class="spoiler">{piece}</span>'
    return f"<{_TAGS[kind]}>{piece}</{_TAGS[kind]}>"
