"""All that is kept of a person beside their sessions, as they take it with them: plain rows under the tables' names."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.ids import PersonId
from bot.domain.messages import text_of
from storage.parts import parts_from_json
from storage.programs import Program

Rows = list[dict[str, str | int | float | None]]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows of a table that are a person's: where `column` is their number, or where `condition` says so of one `?`."""

    table: str
    column: str
    kept: tuple[str, ...]
    """The columns that are given."""
    condition: str = ""


_FACTS = Belonging("fact", "person", ("id", "text", "pinned", "created_at"))

BELONGINGS = (
    Belonging(
        "person",
        "id",
        (
            "id", "role", "name", "language", "time_zone", "default_mode", "default_model", "system_prompt",
            "temperature", "context_messages", "context_tokens", "previews", "rich", "steering", "joins_lines",
            "read_aloud", "remembers", "show_model", "show_reasoning", "effort", "tools_shown", "broadcasts",
            "email", "welcomed", "told_at", "created_at",
        ),
    ),
    Belonging("identity", "person", ("platform", "user_id", "own_role", "private_chat")),
    Belonging("consent", "person", ("mode", "at")),
    Belonging("code_event", "person", ("id", "kind", "at")),
    Belonging("refill", "person", ("period",)),
    _FACTS,
    Belonging("folder", "owner", ("id", "name", "created_at")),
    Belonging("endpoint", "owner", ("id", "name", "base_url", "key_tail", "created_at")),
    Belonging("own_server", "owner", ("id", "name", "url", "created_at")),
    Belonging(
        "own_model",
        "endpoint",
        ("id", "endpoint", "name", "temperature", "max_tokens"),
        "endpoint IN (SELECT id FROM endpoint WHERE owner = ?)",
    ),
    Belonging("ledger", "person", ("id", "turn", "kind", "amount", "balance", "cause", "created_at")),
    Belonging(
        "usage",
        "person",
        ("id", "platform", "bot", "model", "input_tokens", "cached_tokens", "output_tokens", "microusd", "at"),
    ),
    Belonging(
        "turn",
        "payer",
        (
            "id", "session", "place", "question", "answer", "state", "model", "reserved", "grounded", "picture",
            "attempt", "reference", "created_at", "ended_at",
        ),
    ),
    Belonging(
        "attachment",
        "person",
        (
            "id", "message", "number", "session", "name", "kind", "media_type", "size_bytes", "sha256", "state",
            "problem", "created_at",
        ),
    ),
    Belonging(
        "brought",
        "session",
        ("session", "origin", "instructions", "at"),
        "session IN (SELECT id FROM session WHERE owner = ?)",
    ),
    Belonging(
        "summary",
        "session",
        ("id", "session", "message", "text", "wish", "model", "asked", "wanted", "created_at"),
        "session IN (SELECT id FROM session WHERE owner = ?)",
    ),
    Belonging(
        "schedule",
        "person",
        ("id", "place", "session", "platform", "user_id", "groups", "asks", "text", "rule", "state", "next_at",
         "silences", "silent_at", "created_at"),
    ),
    Belonging("approval", "person", ("id", "session", "tool", "version", "created_at")),
    Belonging("missed", "person", ("broadcast", "reason")),
    Belonging("act", "whom", ("id", "kind", "amount", "note", "page", "at")),
    Belonging(
        "overheard",
        "user_id",
        ("id", "place", "platform", "user_id", "speaker", "remote_id", "text", "said_at"),
        "(platform, user_id) IN (SELECT platform, user_id FROM identity WHERE person = ?)",
    ),
    Belonging("asked", "person", ("place", "command", "args", "fields", "at")),
    # What belongs to a group is not theirs to take, but that they began it is.
    Belonging("session", "begun_by", ("id", "place", "title", "mode", "created_at")),
)  # fmt: skip

# Having someone else's question answered again makes a turn as well: the first turn says whose words they are.
_SAID_AMONG_OTHERS = """
SELECT message.id, message.session, place.platform, place.title, message.parts, message.created_at
FROM turn
JOIN message ON message.id = turn.question
JOIN session ON session.id = message.session
JOIN place ON place.id = session.place
WHERE turn.payer = ?
  AND session.owner IS DISTINCT FROM ?
  AND NOT EXISTS (
      SELECT 1
      FROM turn AS earlier
      WHERE earlier.question = message.id
        AND earlier.id < turn.id
  )
ORDER BY message.id
"""


def of_person(person: PersonId) -> Program[Mapping[str, Rows]]:
    """The rows by table, and `said_among_others`: their words in groups. Moments are milliseconds since 1970 UTC."""
    found: dict[str, Rows] = {}
    for each in BELONGINGS:
        found[each.table] = yield from _rows(each, person)
    said = yield (_SAID_AMONG_OTHERS, (person, person))
    found["said_among_others"] = [
        {"message": message, "session": session, "platform": platform, "where": where, "text": text, "created_at": at}
        for message, session, platform, where, parts, at in said
        for text in (text_of(parts_from_json(parts)),)
    ]
    return found


def remembered(person: PersonId) -> Program[Mapping[str, Rows]]:
    """Of these alone what the person chose to have remembered: it goes with their sessions."""
    return {_FACTS.table: (yield from _rows(_FACTS, person))}


def _rows(each: Belonging, person: PersonId) -> Program[Rows]:
    condition = each.condition or f"{each.column} = ?"
    rows = yield (f"SELECT {', '.join(each.kept)} FROM {each.table} WHERE {condition}", (person,))
    return [dict(zip(each.kept, row, strict=True)) for row in rows]
