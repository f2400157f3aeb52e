"""From Markdown to the pages that one place of one platform takes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.contracts.abilities import RichPages
from bot.contracts.platform import Platform
from bot.domain.blocks import Block, Button, ButtonRows, OutFile, Page, paragraph
from bot.domain.people import RichUse
from bot.domain.places import Place
from bot.rendering import layout, markup, rich
from bot.rendering.layout.cut import is_blank
from bot.texts import Say, said_later

SEPARATOR = 2
"""What parts two blocks on every platform: an empty line."""


SENT_AGAIN = said_later("↻ Sent again: I could not see whether the first one had arrived.")
"""Stands above a page whose first sending has an unknown outcome."""

MOVED = said_later("The older message can no longer be changed, so here is a new one:")
"""Stands above a page that was to take the place of a message, and cannot."""

OTHER_PLATFORM = said_later("I cannot reach you on {platform}, so this comes here:")
ELSEWHERE = said_later("I cannot write where you asked, so I am answering here:")
"""Stands above a page that is shown to somebody in private instead."""

AS_WORDS = said_later("Files cannot be sent here, so here are its contents:")
"""Stands above the words of a file."""

NOTE_ROOM = 120
"""Every page leaves room for one of these, in any language."""

# A letter or digit before anything that could hide it: a fence, a link, an element, an escape. Most texts begin so.
_BEGINS_SHOWN = re.compile(r"[^`~\[<&\\$]*?(?![\u115f\u1160\u3164\uffa0])[^\W_]")

AS_PLAIN = "as_plain"
"""The command of the button that shows an answer in the plain form: on a plain page it has nothing to do."""

_ROOM = NOTE_ROOM + SEPARATOR
# A note's letters may be several bytes each, and its block has a form around it.
_RICH_ROOM = 1_000


def shows(text: str) -> bool:
    """Whether anything of `text` would be seen on its pages. An answer that shows nothing is none.

    Decided by what the pages hold, so that there is an answer exactly where there is a page of it.
    """
    return _BEGINS_SHOWN.match(text) is not None or any(not is_blank(block) for block in markup.parse(text))


def escaped(words: str) -> str:
    """A title, a name or other text of people's, put literally into one of our sentences."""
    return markup.opaque(words)


def filled(say: Say, sentence: str, values: Mapping[str, object]) -> str:
    """A sentence with values that somebody may have written: none of them is read as Markdown."""
    return say(sentence, **{name: escaped(one) if isinstance(one, str) else one for name, one in values.items()})


def notice(text: str, buttons: ButtonRows = (), *, silent: bool = False) -> Page:
    """A sentence or two of our own, in Markdown: short enough for one page anywhere."""
    return Page(markup.parse(text), buttons, silent=silent)


def paginate(
    platform: Platform,
    place: Place,
    text: str,
    buttons: ButtonRows = (),
    notes: Sequence[str] = (),
    *,
    use: RichUse = RichUse.NEVER,
    plainly: Button | None = None,
) -> list[Page]:
    """Everything in `text`, in order, on as many pages as it takes; notes and buttons are below the last one.

    `plainly` stands there as well where the pages are of the richer form.
    """
    blocks = (*markup.parse(text), *_notes(notes))
    if use is RichUse.NEVER or not isinstance(platform, RichPages):
        return _plain_pages(platform, place, blocks, buttons)
    offering = (*buttons, (plainly,)) if plainly is not None else buttons
    if use is RichUse.ALWAYS:
        return _rich_pages(platform, blocks, offering)
    pages = _plain_pages(platform, place, blocks, buttons)
    if len(pages) == 1 and not rich.needed(blocks):
        return pages
    return _rich_pages(platform, blocks, offering) if _fits_one(platform, blocks) else pages


def captioned(
    platform: Platform, place: Place, text: str, buttons: ButtonRows, notes: Sequence[str], files: Sequence[OutFile]
) -> Page | None:
    """A picture with everything in `text`, notes and buttons below it, as one page.

    None where that does not fit, or `files` are not one picture.
    """
    if len(files) != 1 or not files[0].media_type.startswith("image/"):
        return None
    blocks = _never_blank((*markup.parse(text), *_notes(notes)))
    room = platform.capabilities(place).caption_limit - _ROOM
    if len(text) > room or sum(platform.measure(block) + SEPARATOR for block in blocks) > room:
        return None
    return Page(blocks, buttons, files[0])


def plain(platform: Platform, place: Place, page: Page) -> list[Page]:
    """The same on plain pages of this platform, as many as it takes: where the richer form is refused, or another
    platform's page has to come. Its file is not among them.
    """
    rows = (tuple(button for button in row if button.command != AS_PLAIN) for row in page.buttons)
    pages = _plain_pages(platform, place, page.blocks, tuple(filter(None, rows)))
    return [replace(each, silent=page.silent) for each in pages]


def _plain_pages(platform: Platform, place: Place, blocks: tuple[Block, ...], buttons: ButtonRows) -> list[Page]:
    pages = _laid_out(platform, place, blocks)
    last = len(pages) - 1
    return [Page(page, buttons if number == last else ()) for number, page in enumerate(pages)]


def _fits_one(platform: RichPages, blocks: tuple[Block, ...]) -> bool:
    """Whether everything fits one page of the richer form."""
    room = platform.rich_limit - _RICH_ROOM
    for block in blocks:
        room -= (platform.measure_rich(block) if len(block.text) <= room else room + 1) + SEPARATOR
        if room < 0:
            return False
    return True


def _rich_pages(platform: RichPages, blocks: tuple[Block, ...], buttons: ButtonRows) -> list[Page]:
    pages = layout.paginate(
        _never_blank(blocks),
        limit=platform.rich_limit - _RICH_ROOM,
        measure=platform.measure_rich,
        separator=SEPARATOR,
    )
    last = len(pages) - 1
    return [Page(page, buttons if number == last else (), rich=True) for number, page in enumerate(pages)]


def beginning(platform: Platform, place: Place, text: str, buttons: ButtonRows, notes: Sequence[str]) -> list[Page]:
    """The first page-full of `text`, and below it, or on a separate page, notes and buttons."""
    first = _laid_out(platform, place, markup.parse(text))[0]
    pages = _laid_out(platform, place, (*first, paragraph("…"), *_notes(notes)))
    last = len(pages) - 1
    return [Page(page, buttons if number == last else ()) for number, page in enumerate(pages)]


def _notes(notes: Sequence[str]) -> tuple[Block, ...]:
    return tuple(block for note in notes for block in markup.parse(f"*{note}*"))


def _laid_out(platform: Platform, place: Place, blocks: tuple[Block, ...]) -> list[tuple[Block, ...]]:
    pages = layout.paginate(
        _never_blank(blocks),
        limit=platform.capabilities(place).text_limit - _ROOM,
        measure=platform.measure,
        separator=SEPARATOR,
    )
    return [tuple(page) for page in pages]


def _never_blank(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Everything that must be shown has a page: what waits for it would wait forever."""
    return blocks if any(not is_blank(block) for block in blocks) else (paragraph("…"),)


def window(platform: Platform, place: Place, text: str) -> Page:
    """The last page-full of a growing answer."""
    blocks: tuple[Block, ...] = layout.window(
        markup.parse(text, growing=True),
        limit=platform.capabilities(place).text_limit,
        measure=platform.measure,
        separator=SEPARATOR,
    )
    return Page(blocks or (paragraph("…"),))
