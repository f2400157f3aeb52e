"""Sessions as files: written for people and for other products, read from their exports, with a count of what could not
be kept.
"""

from bot.archive.bundle import Bundle
from bot.archive.for_others import to_librechat, to_openwebui
from bot.archive.page import to_html
from bot.archive.parley import to_json
from bot.archive.plain import to_markdown
from bot.archive.read import read
from bot.archive.values import Archive, ArchivedFile, ArchivedMessage, ArchivedSession, Brought, ImportFault

__all__ = [
    "Archive",
    "ArchivedFile",
    "ArchivedMessage",
    "ArchivedSession",
    "Brought",
    "Bundle",
    "ImportFault",
    "read",
    "to_html",
    "to_json",
    "to_librechat",
    "to_markdown",
    "to_openwebui",
]
