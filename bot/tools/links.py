"""A link that is read: what stands at its address becomes a document of the session, and is told to the model.

Beside it come the transcript of its video, its frames where it says hardly anything itself, and where it leads: which
no document holds, since the same bytes lead elsewhere when they stand elsewhere.
"""

from urllib.parse import urlsplit

import structlog

from bot.contracts.passages import shown
from bot.contracts.web import PAGES, Fetch, Fetched, Leads, LeadsOf, WebFailed
from bot.domain.messages import FilePart, PassagePart
from bot.domain.sources import LINKS_OF
from bot.domain.turns import Turn
from bot.tools.reading import as_read
from bot.tools.tool import TakeIn, ToolFailed
from bot.tools.transcripts import track_in, transcript
from storage import documents
from storage.database import Database

LONGEST_NAME = 200
MOST_FRAMES = 3
FEW_WORDS = 30
"""Of a page that holds its words in frames: its title, and what it says where they cannot be shown."""
_NO_TEXT = "There is nothing there that can be read as text."
_NO_WORDS = "That page shows nothing before its scripts have run, which they are not here. Look for another one."

log = structlog.get_logger(__name__)


class Links:
    """Reads links. `take_in` makes what was fetched a document; `leads_of` finds where it leads."""

    def __init__(self, database: Database, fetch: Fetch, take_in: TakeIn, leads_of: LeadsOf) -> None:
        self._database = database
        self._fetch = fetch
        self._take_in = take_in
        self._leads_of = leads_of

    async def read(self, turn: Turn, address: str) -> str:
        """What stands at an address, as a model reads it. Raises ToolFailed."""
        try:
            fetched = await self._fetch(address)
        except WebFailed as error:
            raise ToolFailed(str(error)) from error
        name, said = _name_of(fetched), transcript(fetched.data)
        leads = await self._leads_of(fetched) if fetched.media_type in PAGES else Leads()
        read = [await self._kept(turn, name, fetched)] if not said else []
        if said or (said := await self._said_in(fetched)):
            # Its times stand in it, so that they can be cited.
            spoken = Fetched(fetched.url, "text/plain", said.encode(errors="replace"))
            read.append(await self._kept(turn, f"{name} (transcript).txt", spoken))
        if fetched.media_type in PAGES and len(" ".join(read).split()) <= FEW_WORDS:
            read += [await self._framed(turn, address) for address in leads.frames[:MOST_FRAMES]]
        if not any(read):
            raise ToolFailed(_NO_WORDS if fetched.media_type in PAGES else _NO_TEXT)
        return "\n\n".join(filter(None, (*read, _told(name, leads))))

    async def _kept(self, turn: Turn, name: str, fetched: Fetched) -> str:
        """What was fetched, as a document of the session and as a model reads it; "" if it is no text."""
        part = FilePart("", name, fetched.media_type, len(fetched.data))
        sha256 = await self._take_in(turn, part, fetched.data)
        document = await self._database.read(documents.of_bytes(sha256)) if sha256 is not None else None
        pages = await self._database.read(documents.pages(document.id)) if document is not None else []
        return as_read(name, pages, 1) if any(page.text.strip() for page in pages) else ""

    async def _said_in(self, page: Fetched) -> str:
        """What is said in the video of a page; "" where there is none, or it has no captions that can be had."""
        track = track_in(page.data, page.url) if page.media_type in PAGES else None
        found = await self._beside(track) if track is not None else None
        return transcript(found.data) if found is not None else ""

    async def _framed(self, turn: Turn, address: str) -> str:
        """What a frame says, and where it leads; "" if it is no text."""
        if (frame := await self._beside(address)) is None or not (
            read := await self._kept(turn, _name_of(frame), frame)
        ):
            return ""
        leads = await self._leads_of(frame) if frame.media_type in PAGES else Leads()
        return "\n\n".join(filter(None, (read, _told(_name_of(frame), leads))))

    async def _beside(self, address: str) -> Fetched | None:
        """What a page shows from elsewhere; None where that cannot be had."""
        try:
            return await self._fetch(address)
        except WebFailed as error:
            log.info("beside_a_page_not_read", error=error)
            return None


def _name_of(fetched: Fetched) -> str:
    """The address, as people write it: what the page goes by among documents, and when it is cited."""
    parts = urlsplit(fetched.url)
    return f"{parts.netloc}{parts.path.rstrip('/')}{'?' if parts.query else ''}{parts.query}"[:LONGEST_NAME]


def _told(name: str, leads: Leads) -> str:
    """The links of a page, as a model reads them; "" without any."""
    lines = [f"{words}: {address}" for words, address in leads.links]
    if leads.more:
        lines.append(f"({leads.more} more are left out.)")
    return shown(PassagePart(f"{LINKS_OF}{name}", 0, "\n".join(lines))) if leads.links else ""
