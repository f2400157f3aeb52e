"""A link that is read: what stands at its address becomes a document of the session, and is told to the model.

Beside it come the transcript of its video, and its frames where it says hardly anything itself.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog

from bot.contracts.web import PAGES, Fetch, Fetched, WebFailed
from bot.domain.messages import FilePart
from bot.domain.turns import Turn
from bot.tools.frames import frames_in
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
    """Reads links. `take_in` makes what was fetched a document."""

    def __init__(self, database: Database, fetch: Fetch, take_in: TakeIn) -> None:
        self._database = database
        self._fetch = fetch
        self._take_in = take_in

    async def read(self, turn: Turn, address: str) -> str:
        """What stands at an address, as a model reads it. Raises ToolFailed."""
        try:
            fetched = await self._fetch(address)
        except WebFailed as error:
            raise ToolFailed(str(error)) from error
        name, said = _name_of(fetched), transcript(fetched.data)
        read = [await self._kept(turn, name, fetched)] if not said else []
        if said or (said := await self._said_in(fetched)):
            # Its times stand in it, so that they can be cited.
            spoken = Fetched(fetched.url, "text/plain", said.encode(errors="replace"))
            read.append(await self._kept(turn, f"{name} (transcript).txt", spoken))
        read += await self._framed(turn, fetched, read)
        if not any(read):
            raise ToolFailed(_NO_WORDS if fetched.media_type in PAGES else _NO_TEXT)
        return "\n\n".join(filter(None, read))

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

    async def _framed(self, turn: Turn, page: Fetched, read: Sequence[str]) -> list[str]:
        """What the frames of a page say, where it says hardly anything itself."""
        if page.media_type not in PAGES or len(" ".join(read).split()) > FEW_WORDS:
            return []
        frames = [await self._beside(address) for address in frames_in(page.data, page.url)[:MOST_FRAMES]]
        return [await self._kept(turn, _name_of(frame), frame) for frame in frames if frame is not None]

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
