"""What the admins of a chat have chosen for it. A thread without its own takes its chat's."""

from typing import Any

from bot.domain import triggers
from bot.domain.model_names import ModelName
from bot.domain.places import NO_CUSTOMS, Customs, Place, Replies
from storage.programs import Program

_COLUMNS = "own_mode, own_model, own_prompt, own_language, own_replies, own_answers_all, own_triggers, own_listens"


def at(place: Place) -> Program[Customs]:
    """What holds at a place: its own, else its chat's. In private there is nothing but a person's own settings."""
    if place.kind.private:
        return NO_CUSTOMS
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM place
        WHERE platform = ?
          AND bot = ?
          AND chat = ?
          AND thread IN (?, '')
        ORDER BY thread
        """,
        (place.platform, place.bot, place.chat, place.thread),
    )
    found = NO_CUSTOMS
    for row in rows:
        found = _customs(row).over(found)
    return found


def own(place: int) -> Program[Customs]:
    """What was chosen for this very place, by its row."""
    rows = yield (f"SELECT {_COLUMNS} FROM place WHERE id = ?", (place,))
    return _customs(rows[0]) if rows else NO_CUSTOMS


def put(place: int, customs: Customs) -> Program[None]:
    """Exactly this is chosen for this place from now on."""
    yield (
        """
        UPDATE place
        SET own_mode = ?, own_model = ?, own_prompt = ?, own_language = ?,
            own_replies = ?, own_answers_all = ?, own_triggers = ?, own_listens = ?
        WHERE id = ?
        """,
        (
            customs.mode,
            customs.model,
            customs.prompt,
            customs.language,
            customs.replies,
            customs.answers_all,
            triggers.lines(customs.triggers) if customs.triggers is not None else None,
            customs.listens,
            place,
        ),
    )


def of_what_is_taken() -> Program[list[tuple[Place, Customs]]]:
    """Each place of which it was chosen what is answered, where, or kept there, with what was chosen for it."""
    rows = yield (
        f"""
        SELECT platform, bot, chat, thread, {_COLUMNS}
        FROM place
        WHERE own_replies IS NOT NULL
           OR own_answers_all IS NOT NULL
           OR own_triggers IS NOT NULL
           OR own_listens IS NOT NULL
        ORDER BY id
        """,
        (),
    )
    return [(Place(*row[:4]), _customs(row[4:])) for row in rows]


def value_at(column: str, place: str) -> str:
    """SQL for one of them as it holds at a place, of which `place` is SQL for the row."""
    return f"""(
        SELECT COALESCE(here.{column}, chat.{column})
        FROM place AS here
        JOIN place AS chat ON chat.platform = here.platform AND chat.bot = here.bot AND chat.chat = here.chat
        WHERE here.id = {place}
          AND (chat.id = here.id OR chat.thread = '')
        ORDER BY chat.thread
        LIMIT 1
    )"""


def _customs(row: tuple[Any, ...]) -> Customs:
    mode, model, prompt, language, replies, answers_all, named, listens = row
    return Customs(
        mode,
        ModelName.or_none(model),
        prompt,
        language,
        Replies(replies) if replies is not None else None,
        bool(answers_all) if answers_all is not None else None,
        triggers.listed(named) if named is not None else None,
        bool(listens) if listens is not None else None,
    )
