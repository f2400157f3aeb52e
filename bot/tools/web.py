"""What models find in the web: pages by a few words, and a page by its address, which becomes one of the session.

Pages are opened only by addresses that stand in the conversation or were found: an address that a model makes up could
carry away what it has read.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import structlog

from bot.contracts.provider import ToolOffer
from bot.contracts.web import Fetch, Fetched, WebFailed
from bot.domain.calls import ResultPart
from bot.domain.messages import FilePart, QuotedPart, TextPart
from bot.domain.turns import Turn
from bot.tools.reading import as_read
from bot.tools.searching import WebSearch
from bot.tools.tool import MATERIAL, Asker, TakeIn, Tool, ToolFailed
from bot.tools.transcripts import track_in, transcript
from storage import documents, messages, tool_calls
from storage.database import Database
from storage.programs import Program

MOST_READ = 50
"""Messages in which an address may stand."""
LONGEST_NAME = 200
PAGES = ("text/html", "application/xhtml+xml")
_NO_TEXT = "There is nothing there that can be read as text."
_NO_WORDS = "That page shows nothing before its scripts have run, which they are not here. Look for another one."

log = structlog.get_logger(__name__)

_SEARCH = ToolOffer(
    "web_search",
    "Searches the web. Use it for what is newer than you, or what you are not sure of; then cite the addresses of the "
    f"pages that you used. {MATERIAL}",
    {
        "type": "object",
        "properties": {"words": {"type": "string", "description": "What to search for."}},
        "required": ["words"],
    },
)
_READ = ToolOffer(
    "read_link",
    "Reads the page or document at an address that stands in the conversation or was found by a search. It is then a "
    f"document of this conversation. What is said in a video comes with its times if its page has captions. {MATERIAL}",
    {
        "type": "object",
        "properties": {"address": {"type": "string", "description": "Its address, letter by letter."}},
        "required": ["address"],
    },
)


def web_tools(
    database: Database, fetch: Fetch, search: WebSearch, take_in: TakeIn, vendor_of: Callable[[Asker], str]
) -> tuple[Tool, ...]:
    """What the web takes. `vendor_of`: whose model answers somebody."""

    async def web_search(asker: Asker, arguments: Mapping[str, Any]) -> str:
        words = arguments.get("words")
        if not isinstance(words, str) or not words.strip():
            raise ToolFailed("`words` is missing: say what to search for.")
        return await search.ask(words, vendor_of(asker))

    async def read_link(asker: Asker, arguments: Mapping[str, Any]) -> str:
        address = arguments.get("address")
        if not isinstance(address, str) or not await database.read(_is_known(asker.turn, address.strip())):
            raise ToolFailed("This address stands neither in the conversation nor among what was found.")
        try:
            fetched = await fetch(address.strip())
        except WebFailed as error:
            raise ToolFailed(str(error)) from error
        name, said = _name_of(fetched), transcript(fetched.data)
        read = [await kept(asker, name, fetched.media_type, fetched.data)] if not said else []
        if said or (said := await said_in(fetched)):
            # Its times stand in it, so that they can be cited.
            read.append(await kept(asker, f"{name} (transcript).txt", "text/plain", said.encode(errors="replace")))
        if not any(read):
            raise ToolFailed(_NO_WORDS if fetched.media_type in PAGES else _NO_TEXT)
        return "\n\n".join(filter(None, read))

    async def kept(asker: Asker, name: str, media_type: str, data: bytes) -> str:
        """What was fetched, as a document of the session and as a model reads it; "" if it is no text."""
        sha256 = await take_in(asker.turn, FilePart("", name, media_type, len(data)), data)
        document = await database.read(documents.of_bytes(sha256)) if sha256 is not None else None
        pages = await database.read(documents.pages(document.id)) if document is not None else []
        return as_read(name, pages, 1) if any(page.text.strip() for page in pages) else ""

    async def said_in(page: Fetched) -> str:
        """What is said in the video of a page; "" where there is none, or it has no captions that can be had."""
        track = track_in(page.data, page.url) if page.media_type in PAGES else None
        if track is None:
            return ""
        try:
            return transcript((await fetch(track)).data)
        except WebFailed as error:
            log.info("captions_not_read", error=error)
            return ""

    return (
        Tool(_SEARCH, reads=True, suits=lambda _: bool(search.by), call=web_search, by=lambda: search.by),
        Tool(_READ, reads=True, suits=lambda _: True, call=read_link),
    )


def _name_of(fetched: Fetched) -> str:
    """The address, as people write it: what the page goes by among documents, and when it is cited."""
    parts = urlsplit(fetched.url)
    return f"{parts.netloc}{parts.path.rstrip('/')}{'?' if parts.query else ''}{parts.query}"[:LONGEST_NAME]


def _is_known(turn: Turn, address: str) -> Program[bool]:
    """Whether an address stands in what was said, or in what tools have brought."""
    said = yield from messages.path(turn.question, MOST_READ)
    made = yield from tool_calls.of_turn(turn.id)
    texts = [
        part.text for message in said for part in message.parts if isinstance(part, TextPart | QuotedPart | ResultPart)
    ]
    texts += [kept.result.text for kept in made if kept.result is not None]
    # People leave the scheme out.
    bare = address.partition("://")[2]
    return bool(bare) and any(bare in text for text in texts)
