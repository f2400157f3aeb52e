"""Sessions as files: written as Markdown, HTML or JSON, read from Parley's JSON and from ChatGPT's export. No I/O."""

from bot.archive.page import to_html
from bot.archive.parley import to_json
from bot.archive.plain import to_markdown
from bot.archive.read import read
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession, ImportFault

__all__ = [
    "Archive",
    "ArchivedMessage",
    "ArchivedSession",
    "ImportFault",
    "read",
    "to_html",
    "to_json",
    "to_markdown",
]
