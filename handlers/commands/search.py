"""Searching everything one has said and been answered."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId, SessionId
from bot.domain.messages import Author, Message
from bot.incoming.call import Call
from bot.people.reaching import Lies, reachable, reachable_message, searched
from bot.rendering import markup
from bot.rendering.pages import escaped
from bot.texts import moments
from handlers.commands.reach import answers_alone, link_to, lying_elsewhere, number_of, zone
from handlers.commands.sessions import open_session
from storage import places, search, sessions, tree
from storage.programs import Program
from storage.search import Hit

_PER_PAGE = 6
_BEFORE, _AFTER = 50, 150
"""Code points of an excerpt around the first word that was found."""
_LONG = 8_000
"""Code points of a text that are looked at."""
_WORDS_IN_BUTTON = 40
"""Bytes of what is looked for that a button carries beside its command and a page's number, anywhere."""


@command("search", "Search all your sessions")
async def search_command(call: Call, words: Annotated[str, "Words to look for"]) -> View:
    return await _page(call, words, 0)


@command("search_page", "Another page of what was found", listed=False)
async def search_page(call: Call, page: Annotated[int, "Page"], words: Annotated[str, "Words"]) -> View:
    return await _page(call, words, max(0, page))


async def _page(call: Call, words: str, page: int) -> View:
    while await call.database.write(search.index_pending()):
        continue
    alone = answers_alone(call)
    program = searched(call.caller, words, page * _PER_PAGE, _PER_PAGE + 1, alone=alone)
    found = await call.database.read(program)
    if not found:
        return View(call.say("Nothing was found for “{words}”.", words=escaped(words[:100])))
    hits = found[:_PER_PAGE]
    far = await call.database.read(lying_elsewhere(call, [hit.session for hit in hits]))
    lines = [_line(call, number, hit, words, far) for number, hit in enumerate(hits, page * _PER_PAGE + 1)]
    rows = [(_button(call, number, hit, far),) for number, hit in enumerate(hits, page * _PER_PAGE + 1)]
    turning = [
        Button(sign, "search_page", (str(other), words))
        for sign, other, wanted in (("‹", page - 1, page > 0), ("›", page + 1, len(found) > _PER_PAGE))
        if wanted and len(words.encode()) <= _WORDS_IN_BUTTON
    ]
    buttons = (*rows, tuple(turning)) if turning else tuple(rows)
    return View("\n\n".join(lines), buttons, private=bool(far) and alone)


def _button(call: Call, number: int, hit: Hit, far: Mapping[SessionId, Lies]) -> Button:
    link = link_to(call, far[hit.session]) if hit.session in far else ""
    return Button(f"{number}. {hit.title}", "found", (str(hit.session), str(hit.message or 0)), url=link)


def _line(call: Call, number: int, hit: Hit, words: str, far: Mapping[SessionId, Lies]) -> str:
    when = moments.shown(hit.at, zone(call))
    when += f" ↗ {escaped(far[hit.session].named)}".rstrip() if hit.session in far else ""
    if hit.message is None:
        return f"{number}. **{escaped(hit.title)}** · {when}"
    who = {Author.USER: call.say("You"), Author.SYSTEM: call.say("Document")}.get(
        Author(hit.author), call.say("Answer")
    )
    excerpt = highlighted(hit.text, words, as_read=Author(hit.author) is Author.ASSISTANT)
    return f"{number}. **{escaped(hit.title)}** · {who} · {when}\n{excerpt}"


def highlighted(text: str, words: str, *, as_read: bool = False) -> str:
    """The part of a text around the first of the words, all of them bold, to stand in Markdown.

    `as_read`: the text is Markdown itself, and what it looks like in the chat is shown.
    """
    wanted = list(search.tokens(words))
    text = _around(text, [token.word for token in wanted])
    if as_read:
        text = markup.as_read(text)
    spots = [
        (token.start, token.end)
        for token in search.tokens(text)
        if any(token.word == w.word if w.is_sign else token.word.startswith(w.word) for w in wanted)
    ]
    first = spots[0][0] if spots else 0
    start, end = max(0, first - _BEFORE), min(len(text), first + _AFTER)
    # An excerpt begins and ends between words, where there are blanks.
    start = text.find(" ", start, first) + 1 or start if start else 0
    end = text.rfind(" ", first, end) if end < len(text) and " " in text[first + 1 : end] else end
    within = [spot for spot in _joined(text, spots) if start <= spot[0] and spot[1] <= end]
    return f"{'…' if start else ''}{_bold(text, within, start, end)}{'…' if end < len(text) else ''}"


def _around(text: str, words: Sequence[str]) -> str:
    """Of a very long text, a stretch that holds a word: looking at each of its words would take too long."""
    if len(text) <= _LONG:
        return text
    folded = text.casefold()
    at = min((found for word in words if (found := folded.find(word)) >= 0), default=0)
    start = max(0, at - _LONG // 4)
    return text[start : start + _LONG]


def _joined(text: str, spots: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spots that touch, as one: two bold words without a blank between them would not be bold in Markdown."""
    joined: list[tuple[int, int]] = []
    for start, end in spots:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _bold(text: str, spots: Sequence[tuple[int, int]], start: int, end: int) -> str:
    pieces: list[str] = []
    at = start
    for first, last in spots:
        pieces += [_flat(text[at:first]), f"**{_flat(text[first:last])}**"]
        at = last
    return "".join((*pieces, _flat(text[at:end])))


def _flat(text: str) -> str:
    return escaped(re.sub(r"\s", " ", text))


@command("found", "Open a session at what was found", listed=False)
async def found_command(
    call: Call, session: Annotated[str, "Which session"], message: Annotated[str, "Which message"]
) -> View:
    here = await call.database.read(reachable(call.caller, SessionId(number_of(session))))
    if message == "0" or here is None:
        return await open_session(call, session)
    said = await call.database.write(_open_at(call, MessageId(number_of(message))))
    return await open_session(call, str(said.session), said)


def _open_at(call: Call, number: MessageId) -> Program[Message]:
    """Make the branch that holds a message the open one of its session, and the session the open one here."""
    found = yield from reachable_message(call.caller, number)
    if found is None:
        raise PersonError("That message is no longer here.")
    session, message = found
    # What was read of a file hangs beside the answers: one goes to the message that the file came with.
    on_branch = message.parent if message.author is Author.SYSTEM and message.parent is not None else message.id
    leaf = yield from tree.open_through(on_branch)
    yield from sessions.set_tip(session.id, leaf, session.updated_at)
    yield from places.show_session(call.caller.place_row, session.id, session.mode)
    return message


COMMANDS = (search_command, search_page, found_command)
