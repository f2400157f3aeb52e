"""The tools that are always there: they read what the asker could open themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.contracts.passages import shown
from bot.contracts.provider import ToolOffer
from bot.domain.messages import PassagePart
from bot.people import callers
from bot.texts import moments
from bot.tools.tool import MATERIAL, Asker, Tool, ToolFailed
from storage import attachments, documents, search
from storage.database import Database
from storage.documents import DocumentPage
from storage.programs import Program

MOST_HITS = 8
EXCERPT = 400
"""Characters of a message that was found."""
MOST_CHARACTERS = 20_000
"""Of a document, in one call."""

_SEARCH = ToolOffer(
    "search_sessions",
    "Searches the earlier conversations of the person you speak with, by words that titles and messages hold. Use it "
    f"when they refer to something that was said elsewhere. {MATERIAL}",
    {
        "type": "object",
        "properties": {"words": {"type": "string", "description": "A few words, all of which must occur."}},
        "required": ["words"],
    },
)
_READ = ToolOffer(
    "read_document",
    "Reads the text of a file that was sent in this conversation, page by page. Use it for what the passages you were "
    f"given do not hold. {MATERIAL}",
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "The file's name; without it the files are listed."},
            "from_page": {"type": "integer", "description": "The first page to read, from 1."},
        },
        "required": [],
    },
)


def reading_tools(database: Database) -> tuple[Tool, ...]:
    """What needs no server and has no effect."""

    async def search_sessions(asker: Asker, arguments: Mapping[str, Any]) -> str:
        words = arguments.get("words")
        if not isinstance(words, str) or not words.strip():
            raise ToolFailed("`words` is missing: name a few words to search for.")
        await database.write(search.index_pending())
        hits = await database.read(search.find(callers.reach_alone(asker.person), words, MOST_HITS))
        zone = moments.zone_of(asker.person.time_zone)
        lines = [
            f"- “{hit.title}”, {moments.shown(hit.at, zone)}"
            + (f", {hit.author}: {_excerpt(hit.text)}" if hit.message is not None else "")
            for hit in hits
        ]
        return "\n".join(lines) or "Nothing was found. Other words, or fewer, may find more."

    async def read_document(asker: Asker, arguments: Mapping[str, Any]) -> str:
        name, first = arguments.get("name"), arguments.get("from_page")
        first = first if isinstance(first, int) and first > 0 else 1
        found = await database.read(_pages_of(asker, name if isinstance(name, str) else ""))
        if isinstance(found, str):
            return found
        return as_read(*found, first)

    return (
        Tool(_SEARCH, reads=True, suits=lambda where: where.is_alone, call=search_sessions),
        Tool(_READ, reads=True, suits=lambda where: where.has_files, call=read_document),
    )


def _excerpt(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= EXCERPT else f"{plain[:EXCERPT]} …"


def _pages_of(asker: Asker, name: str) -> Program[tuple[str, list[DocumentPage]] | str]:
    """The file of this name with its pages; words where there is none, or nothing of it was read."""
    files = [file for file in (yield from attachments.of_session(asker.session.id)) if file.sha256]
    named = [file for file in files if file.name == name] or (files if len(files) == 1 and not name else [])
    if not named:
        return "The files here: " + (", ".join(dict.fromkeys(file.name for file in files)) or "none") + "."
    # Of two of one name the newer one is meant.
    file = named[-1]
    document = yield from documents.of_bytes(file.sha256 or "")
    pages = (yield from documents.pages(document.id)) if document is not None else []
    return (file.name, pages) if any(page.text.strip() for page in pages) else f"{file.name} holds no readable text."


def as_read(name: str, pages: Sequence[DocumentPage], first: int) -> str:
    """A document from a page on: as many pages as one result may hold, the first of them in any case."""
    taken: list[str] = []
    characters = 0
    for page in pages:
        if page.number < first and len(pages) > 1:
            continue
        if taken and characters + len(page.text) > MOST_CHARACTERS:
            taken.append(f"(Goes on at page {page.number} of {pages[-1].number}.)")
            break
        taken.append(shown(PassagePart(name, page.number if len(pages) > 1 else 0, page.text)))
        characters += len(page.text)
    return "\n\n".join(taken) or f"{name} has {len(pages)} pages."
