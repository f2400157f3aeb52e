"""What became of each file: read or refused, kept with the session, and said to the person once."""

from collections.abc import Callable, Mapping

import structlog

from bot.domain.clock import Clock
from bot.domain.incoming import MessageRef
from bot.files.reader.trouble import Trouble
from bot.files.troubles import FIRST_PICTURE, PARTLY, PARTLY_SCANS, problem
from bot.rendering.pages import escaped, filled, notice
from bot.texts import say_in
from storage import attachments, documents, messages, outbox, places
from storage.attachments import Attachment
from storage.database import Database
from storage.documents import Document, DocumentPage
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

SAID = "said"
"""The method of a page that is what was said in a recording, before the model's name."""


class Outcomes:
    """Stores what became of files. `deliver` gets the sentences about them."""

    def __init__(self, database: Database, clock: Clock, deliver: Callable[[list[OutboxPage]], None]) -> None:
        self._database = database
        self._clock = clock
        self._deliver = deliver

    async def note_read(
        self, attachment: Attachment, document: Document | None, origin: MessageRef, frames: int
    ) -> None:
        """Record that a file is read, and its text as a message of the session, once."""

        def note() -> Program[list[OutboxPage]]:
            if not (yield from attachments.note_read(attachment.id)):
                return []
            pages: list[DocumentPage] = []
            tell: tuple[str, Mapping[str, object]] | None = None
            if document is not None:
                pages = yield from documents.pages(document.id)
                yield from messages.add_note(attachment.message, attachment.name, pages, self._clock.now())
                tell = _left_out(document, {page.number for page in pages})
            if frames > (document.pages if document is not None else 1):
                tell = FIRST_PICTURE, {"frames": frames}
            if pages and pages[0].method.startswith(SAID):
                tell = ("🎤 {text}", {"text": escaped(pages[0].text)})
            if tell is None:
                return []
            template, values = tell
            values = {"name": escaped(attachment.name), **values}
            return [(yield from self._say(attachment, origin, template, values))]

        self._deliver(await self._database.write(note()))

    async def refuse(self, attachment: Attachment, trouble: Trouble, origin: MessageRef) -> None:
        """Record that a file cannot be read, and say why, once."""
        told = problem(attachment.name, trouble)
        log.info("file_refused", attachment=attachment.id, problem=trouble.name)

        def refuse() -> Program[list[OutboxPage]]:
            if not (yield from attachments.refuse(attachment.id, told)):
                return []
            return [(yield from self._say(attachment, origin, told.tell, told.values))]

        self._deliver(await self._database.write(refuse()))

    async def say(
        self, attachment: Attachment, origin: MessageRef, template: str, values: Mapping[str, object]
    ) -> None:
        """Say a sentence about a file in reply to its message."""
        self._deliver([await self._database.write(self._say(attachment, origin, template, values))])

    def _say(
        self, attachment: Attachment, origin: MessageRef, template: str, values: Mapping[str, object]
    ) -> Program[OutboxPage]:
        place_row, _ = yield from places.open_place(origin.place, "")
        page = notice(filled(say_in(origin.language), template, values))
        target = Target(place_row, origin.place, reply_to=origin.remote_id)
        # Whose file it is hears of it in private where nothing more can be said beside their message.
        return (yield from outbox.add(target, page, self._clock.now(), person=attachment.person))


def _left_out(document: Document, read: set[int]) -> tuple[str, Mapping[str, object]] | None:
    """What to say about pages that were not read."""
    missing = [number for number in range(1, document.most + 1) if number not in read]
    if missing:
        return PARTLY_SCANS, {"numbers": ", ".join(map(str, missing[:20])) + (" …" if len(missing) > 20 else "")}
    if document.pages > document.most:
        return PARTLY, {"read": document.most, "pages": document.pages, "most": document.most}
    return None
