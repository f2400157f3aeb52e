"""The next best form of a page that a platform has refused for good: an ordered ladder.

Each rung says which refusals it answers and what it makes of the page. A rung that would change nothing is passed
over, and none leads back up, so every page ends: shown in some form, or given up when no rung is left.
"""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.contracts.bots import Bots
from bot.contracts.platform import Platform
from bot.domain.blocks import Page, paragraph
from bot.domain.clock import Clock
from bot.domain.errors import (
    FileRefused,
    MessageGone,
    NotAlone,
    PlatformError,
    ReferenceRefused,
    Rejected,
    RichRefused,
    ThreadNotOpened,
    ThreadRefused,
    Unreachable,
)
from bot.domain.ids import PersonId
from bot.domain.places import Place
from bot.rendering.pages import AS_WORDS, ELSEWHERE, OTHER_PLATFORM, notice, paginate, plain
from bot.texts import Say, said_later, say_in
from storage import outbox, places, private_chats
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program

MOST_WORD_PAGES = 100
"""A file whose words take more is not shown as words."""

NO_FILE = said_later("The file “{name}” cannot be sent here. Ask an admin of this chat to let me send files.")
NOT_HERE = said_later("That is for you alone, and I cannot message you yet. Write to me in private, and ask there.")


@dataclass(frozen=True, slots=True)
class Form:
    """What a refused page becomes: another page, or several of the same message at the same place."""

    page: OutboxPage
    contents: tuple[Page, ...] = ()
    """The text on them, if there are several."""
    lost: bool = False
    """Whether something of the page is not shown by it."""
    opens: bool = False
    """Whether its place is kept with it: nothing refers to that before, and what nothing refers to is forgotten."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """A page, and why it is not taken."""

    page: OutboxPage
    error: PlatformError
    platform: Platform
    say: Say


@dataclass(frozen=True, slots=True)
class _Rung:
    refusals: tuple[type[PlatformError], ...]
    take: "Callable[[Ladder, _Refused], Awaitable[Form | None]]"


class Ladder:
    """Finds what becomes of refused pages."""

    def __init__(self, database: Database, bots: Bots, clock: Clock) -> None:
        self._database = database
        self._bots = bots
        self._clock = clock

    async def below(self, page: OutboxPage, error: PlatformError) -> Form | None:
        """The next form of a page; None if there is none."""
        if isinstance(error, MessageGone):
            # The one message that a page names beside itself is what it replies to.
            error = (ReferenceRefused if page.reply_to is not None else Rejected)(str(error))
        say = say_in(await self._database.read(outbox.language_of(page)))
        refused = _Refused(page, error, self._bots.at(page.place), say)
        for rung in _RUNGS:
            if isinstance(error, rung.refusals) and (form := await rung.take(self, refused)) is not None:
                return form
        return None

    # The form

    async def without_reference(self, refused: _Refused) -> Form | None:
        page = refused.page
        return Form(replace(page, reply_to=None)) if page.reply_to is not None else None

    async def plain_pages(self, refused: _Refused) -> Form | None:
        page = refused.page
        if not page.page.rich:
            return None
        await self._database.write(places.note_rich_refused(page.place_row, self._clock.now()))
        return Form(page, tuple(plain(refused.platform, page.place, page.page)))

    async def file_apart(self, refused: _Refused) -> Form | None:
        """The words of a page, and behind them its file: each is shown even where the other is not."""
        content = refused.page.page
        if content.file is None or not content.blocks:
            return None
        return Form(refused.page, (replace(content, file=None), Page((), file=content.file, silent=content.silent)))

    async def words_of_file(self, refused: _Refused) -> Form | None:
        page, file = refused.page, refused.page.page.file
        if file is None or not (file.media_type.startswith("text/") or file.media_type == "application/json"):
            return None
        text = file.data.decode(errors="replace")
        if len(text) > MOST_WORD_PAGES * refused.platform.capabilities(page.place).text_limit:
            return None
        if file.media_type != "text/markdown":
            text = f"````\n{text}\n````"
        head, *rest = paginate(refused.platform, page.place, text)
        note = paragraph(refused.say(AS_WORDS))
        return Form(page, (replace(head, blocks=(note, *head.blocks)), *rest))

    async def plain_words(self, refused: _Refused) -> Form | None:
        return _changed(refused.page, replace(_in_plain_words(refused.page.page), buttons=refused.page.page.buttons))

    async def without_buttons(self, refused: _Refused) -> Form | None:
        return _changed(refused.page, replace(refused.page.page, buttons=()))

    async def as_new_message(self, refused: _Refused) -> Form | None:
        page = refused.page
        if page.remote_id is None:
            return None
        if page.turn is not None:
            # What has grown there would stay half an answer with a Stop button.
            with contextlib.suppress(PlatformError):
                await refused.platform.delete(page.place, page.remote_id)
        return Form(replace(page, remote_id=None))

    # The place

    async def in_chat(self, refused: _Refused) -> Form | None:
        """In the chat that the thread is in, which replaces a thread that could not be opened."""
        page = refused.page
        if not page.place.thread:
            return None
        never = isinstance(refused.error, ThreadNotOpened)
        program = places.let_stand_in(page.place_row) if never else places.chat_of(page.place)
        row, chat = await self._database.write(program)
        # A question in the thread cannot be replied to elsewhere.
        reply_to = page.reply_to if never else None
        return Form(replace(page, place_row=row, place=chat, remote_id=None, reply_to=reply_to))

    async def to_known_person(self, refused: _Refused) -> Form | None:
        """To whom it is for, where they have written in private before."""
        return await self._to_person(refused, opened=False)

    async def to_person(self, refused: _Refused) -> Form | None:
        """To whom it is for, in a private chat that is opened for it where the platform lets a bot do that."""
        return await self._to_person(refused, opened=True)

    async def _to_person(self, refused: _Refused, *, opened: bool) -> Form | None:
        page = refused.page
        person = None if page.place.kind.private else await self._database.read(outbox.asker_of(page))
        found = await self._private_place(page.place, person, opened=opened) if person is not None else None
        if found is None:
            return None
        row, place = found
        blocks = page.page.blocks
        if not page.private and page.number == 0:
            blocks = (paragraph(refused.say(ELSEWHERE)), *blocks)
        # What its buttons do belongs to where it was asked.
        content = replace(page.page, blocks=blocks, buttons=page.page.buttons if page.turn is None else ())
        moved = replace(page, place_row=row or 0, place=place, page=content)
        moved = replace(moved, remote_id=None, reply_to=None, receipt="", private=False, reader="")
        return Form(moved, opens=row is None)

    async def on_other_platform(self, refused: _Refused) -> Form | None:
        """To whom it is for, where they write in private on another platform."""
        page = refused.page
        if page.broadcast is not None:
            return None  # They did not ask for it, and took it in no form where they are told such things.
        refused_by = (*page.refused_by, page.place.platform)
        person = await self._database.read(outbox.asker_of(page))
        for row in await self._database.read(private_chats.of(person)) if person is not None else ():
            place = await self._database.read(places.get(row))
            platform = self._bots.find(place)
            if platform is None or place.platform in refused_by:
                continue
            note = paragraph(refused.say(OTHER_PLATFORM, platform=page.place.platform.capitalize()))
            # What its buttons do belongs to where it was asked.
            buttons = page.page.buttons if page.turn is None else ()
            content = Page((note, *page.page.blocks), buttons, page.page.file)
            moved = replace(page, place_row=row, place=place, page=content, remote_id=None, reply_to=None)
            moved = replace(moved, receipt="", private=False, reader="", refused_by=refused_by)
            return Form(moved, () if content.file is not None else tuple(plain(platform, place, content)))
        return None

    async def _private_place(self, place: Place, person: PersonId, *, opened: bool) -> tuple[int | None, Place] | None:
        accounts = await self._database.read(private_chats.accounts_on(person, place.platform))
        for _, known in accounts:
            if known is not None and (found := await self._database.read(places.get(known))).bot == place.bot:
                return known, found
        for user, _ in accounts if opened else ():
            with contextlib.suppress(PlatformError):
                return None, await self._bots.at(place).private_place(user)
        return None

    async def sentence(self, refused: _Refused) -> Form | None:
        """A word about what cannot be shown here."""
        page, file = refused.page, refused.page.page.file
        if file is None and not (page.private and not page.place.kind.private):
            return None
        text = refused.say(NOT_HERE) if file is None else refused.say(NO_FILE, name=file.name)
        # It names nothing that would have to be private.
        return Form(replace(page, page=notice(text), receipt="", private=False), lost=True)


def keep(form: Form, behind: list[OutboxPage]) -> Program[list[OutboxPage]]:
    """Keep what a page has become; returns it with the pages behind it, in their new order."""
    page = form.page
    if form.opens:
        row, _ = yield from places.open_place(page.place, "")
        page = replace(page, place_row=row)
    if form.contents:
        return (yield from outbox.recast(page, form.contents, behind))
    changed = yield from outbox.change(page)
    return [changed, *behind] if changed is not None else behind


def _changed(page: OutboxPage, content: Page) -> Form | None:
    return Form(replace(page, page=content)) if content != page.page and page.page.file is None else None


def _in_plain_words(page: Page) -> Page:
    """The same words without any form."""
    return Page(tuple(paragraph(block.text) for block in page.blocks if block.text) or (paragraph("…"),))


_RUNGS = (
    _Rung((ReferenceRefused,), Ladder.without_reference),
    _Rung((RichRefused,), Ladder.plain_pages),
    _Rung((Rejected,), Ladder.file_apart),
    _Rung((Rejected,), Ladder.words_of_file),
    _Rung((Rejected,), Ladder.plain_words),
    _Rung((Rejected,), Ladder.without_buttons),
    _Rung((Rejected,), Ladder.without_reference),
    _Rung((Rejected, Unreachable), Ladder.as_new_message),
    _Rung((ThreadRefused,), Ladder.in_chat),
    _Rung((Unreachable, Rejected, NotAlone), Ladder.to_known_person),
    _Rung((Unreachable, Rejected), Ladder.in_chat),
    _Rung((Unreachable, Rejected, NotAlone), Ladder.to_person),
    _Rung((Unreachable, Rejected, NotAlone), Ladder.on_other_platform),
    _Rung((FileRefused, Rejected, NotAlone), Ladder.sentence),
)
