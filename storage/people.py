"""Who is known here: accounts, the platform identities that lead to them, consent."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from bot.domain.efforts import Effort
from bot.domain.ids import PersonId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.people import (
    Identity,
    Person,
    Previews,
    ReadAloud,
    RichUse,
    Role,
    RoleRules,
    Steering,
    ToolsShown,
)
from storage.patterns import containing
from storage.programs import Program

_COLUMNS = (
    "person.id, role, name, language, time_zone, default_mode, default_model, system_prompt, temperature,"
    " context_messages, context_tokens, previews, rich, steering, joins_lines, welcomed, remembers,"
    " show_model, show_reasoning, effort, read_aloud, tools_shown, broadcasts,"
    " EXISTS (SELECT 1 FROM own_server WHERE owner = person.id)"
)


_USER = ":user:"


def _person(row: tuple[Any, ...]) -> Person:
    number, role, name, language, zone, mode, model, *rest, effort, aloud, tools, told, servers = row
    *limits, previews, rich, steering, joins_lines, welcomed, remembers, show_model, show_reasoning = rest
    shown = Previews(previews) if previews else None, RichUse(rich) if rich else None
    own = (*shown, Steering(steering), bool(joins_lines), bool(welcomed), bool(remembers))
    decided = (None if each is None else bool(each) for each in (show_model, show_reasoning))
    chosen = (name, language, zone, mode, ModelName.or_none(model), *limits)
    last = Effort(effort) if effort else None, ReadAloud(aloud), ToolsShown(tools), bool(told), bool(servers)
    return Person(number, Role(role), *(*chosen, *own, *decided, *last))


def role_now(rules: RoleRules) -> tuple[str, tuple[object, ...]]:
    """`RoleRules.role_of` for many people at once: SQL and its parameters. A test compares the two."""
    admin, admins = _is_one_of(rules.admins)
    member, members = _is_one_of(rules.members)
    sql = f"""
    CASE
        WHEN {admin} THEN 'admin'
        WHEN role = 'stranger' AND (? OR {member}) THEN 'member'
        ELSE role
    END"""
    return sql, (*admins, rules.everyone, *members)


def _is_one_of(marks: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Whether a person goes by one of these marks, such as "platform:user:4711"; other marks are no person's."""
    users = [tuple(mark.split(_USER, 1)) for mark in sorted(marks) if _USER in mark]
    if not users:
        return "FALSE", ()
    values = ", ".join(["(?, ?)"] * len(users))
    # Looked up once, not for each person: they are few.
    sql = f"person.id IN (SELECT person FROM identity WHERE (platform, user_id) IN (VALUES {values}))"
    return sql, tuple(chain.from_iterable(users))


def find(identity: Identity) -> Program[Person | None]:
    """The account of a platform identity."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM identity
        JOIN person ON person.id = identity.person
        WHERE platform = ?
          AND user_id = ?
        """,
        (identity.platform, identity.user_id),
    )
    return _person(rows[0]) if rows else None


def get(person: PersonId) -> Program[Person]:
    """An account by its id. Raises LookupError if there is none."""
    found = yield from find_by_id(person)
    if found is None:
        raise LookupError(person)
    return found


def find_by_id(person: PersonId) -> Program[Person | None]:
    """An account by its id."""
    rows = yield (f"SELECT {_COLUMNS} FROM person WHERE id = ?", (person,))
    return _person(rows[0]) if rows else None


def find_by_email(address: str) -> Program[Person | None]:
    """The account that has verified this address, which is in lower case."""
    rows = yield (f"SELECT {_COLUMNS} FROM person WHERE email = ?", (address,))
    return _person(rows[0]) if rows else None


def page(rules: RoleRules, offset: int, limit: int, role: Role | None = None) -> Program[list[Person]]:
    """Accounts with the role they have now, the newest first; all of them, or those of one role."""
    present, parameters = role_now(rules)
    columns = _COLUMNS.replace(" role,", f" {present} AS present,", 1)
    rows = yield (
        f"""
        SELECT {columns}
        FROM person
        WHERE ? IN ('', {present})
        ORDER BY id DESC
        LIMIT ? OFFSET ?
        """,
        (*parameters, role.value if role is not None else "", *parameters, limit, offset),
    )
    return [_person(row) for row in rows]


def find_some(
    rules: RoleRules, words: str, role: Role | None, before: PersonId | None, limit: int
) -> Program[list[Person]]:
    """Accounts whose name has these words in it, or that go by this number or a platform's, the newest first.

    `before`: only those that are older than this one. Letters beyond ASCII are found as typed, or with capitals.
    """
    present, parameters = role_now(rules)
    columns = _COLUMNS.replace(" role,", f" {present} AS present,", 1)
    rows = yield (
        f"""
        SELECT {columns}
        FROM person
        WHERE person.id < ?
          AND ? IN ('', {present})
          AND (
            ? = ''
            OR lower(name) LIKE ? ESCAPE '!'
            OR name LIKE ? ESCAPE '!'
            OR CAST(person.id AS TEXT) = ?
            OR person.id IN (SELECT person FROM identity WHERE user_id = ?)
          )
        ORDER BY person.id DESC
        LIMIT ?
        """,
        (
            *parameters,
            before if before is not None else 2**62,
            role.value if role is not None else "",
            *parameters,
            words,
            containing(words.lower()),
            containing(words.title()),
            words,
            words,
            limit,
        ),
    )
    return [_person(row) for row in rows]


def counts(rules: RoleRules) -> Program[dict[str, int]]:
    """How many people have each role now."""
    present, parameters = role_now(rules)
    rows = yield (f"SELECT {present} AS present, COUNT(*) FROM person GROUP BY present", parameters)
    return dict(rows)


def add(identity: Identity, role: Role, now: UnixMs) -> Program[Person]:
    """A new account with this identity."""
    rows = yield (
        f"""
        INSERT INTO person (role, name, language, created_at)
        VALUES (?, ?, ?, ?)
        RETURNING {_COLUMNS}
        """,
        (role.value, identity.name, identity.language, now),
    )
    person = _person(rows[0])
    yield (
        "INSERT INTO identity (platform, user_id, person) VALUES (?, ?, ?)",
        (identity.platform, identity.user_id, person.id),
    )
    return person


def set_role(person: PersonId, role: Role) -> Program[None]:
    """Let someone in, put them out, make them an admin."""
    yield ("UPDATE person SET role = ? WHERE id = ?", (role.value, person))


def set_default_mode(person: PersonId, mode: str | None) -> Program[None]:
    """The mode of this person's new sessions."""
    yield ("UPDATE person SET default_mode = ? WHERE id = ?", (mode, person))


def set_system_prompt(person: PersonId, text: str | None) -> Program[None]:
    """What this person wants every model to know."""
    yield ("UPDATE person SET system_prompt = ? WHERE id = ?", (text, person))


def set_steering(person: PersonId, steering: Steering) -> Program[None]:
    """What becomes of what this person writes while an answer of theirs is being written."""
    yield ("UPDATE person SET steering = ? WHERE id = ?", (steering.value, person))


def set_joins_lines(person: PersonId, wanted: bool) -> Program[None]:
    """Whether lines that this person writes in a row are one message."""
    yield ("UPDATE person SET joins_lines = ? WHERE id = ?", (wanted, person))


def set_temperature(person: PersonId, temperature: float | None) -> Program[None]:
    """How freely models answer this person, 0 to 2."""
    yield ("UPDATE person SET temperature = ? WHERE id = ?", (temperature, person))


def set_language(person: PersonId, language: str) -> Program[None]:
    """The language in which the bot speaks to this person, a key of `bot.texts.LANGUAGES`."""
    yield ("UPDATE person SET language = ? WHERE id = ?", (language, person))


def set_time_zone(person: PersonId, name: str) -> Program[None]:
    """The IANA name of the zone in which this person reads times; "" for UTC."""
    yield ("UPDATE person SET time_zone = ? WHERE id = ?", (name, person))


def set_default_model(person: PersonId, model: ModelName | None) -> Program[None]:
    """The model that answers this person if a session does not set its own."""
    yield ("UPDATE person SET default_model = ? WHERE id = ?", (model, person))


def set_context_messages(person: PersonId, count: int | None) -> Program[None]:
    """How many messages of a session a model reads at most."""
    yield ("UPDATE person SET context_messages = ? WHERE id = ?", (count, person))


def set_context_tokens(person: PersonId, count: int | None) -> Program[None]:
    """How many tokens of a session a model reads at most."""
    yield ("UPDATE person SET context_tokens = ? WHERE id = ?", (count, person))


def set_previews(person: PersonId, previews: Previews | None) -> Program[None]:
    """Whether this person's answers are shown while they grow."""
    yield (
        "UPDATE person SET previews = ? WHERE id = ?",
        (previews.value if previews is not None else None, person),
    )


def set_remembers(person: PersonId, wanted: bool) -> Program[None]:
    """Whether what this person asks to have remembered is kept without a press."""
    yield ("UPDATE person SET remembers = ? WHERE id = ?", (wanted, person))


def set_show_model(person: PersonId, wanted: bool | None) -> Program[None]:
    """Whether this person's answers say which model gave them; None: as the operator has decided."""
    yield ("UPDATE person SET show_model = ? WHERE id = ?", (wanted, person))


def set_show_reasoning(person: PersonId, wanted: bool | None) -> Program[None]:
    """Whether a model's reasoning is shown above this person's answers; None: as the operator has decided."""
    yield ("UPDATE person SET show_reasoning = ? WHERE id = ?", (wanted, person))


def set_effort(person: PersonId, effort: Effort | None) -> Program[None]:
    """How much models think before they answer this person; None: as the mode says."""
    yield ("UPDATE person SET effort = ? WHERE id = ?", (effort.value if effort is not None else None, person))


def set_read_aloud(person: PersonId, when: ReadAloud) -> Program[None]:
    """When answers to this person are read aloud as well."""
    yield ("UPDATE person SET read_aloud = ? WHERE id = ?", (when.value, person))


def set_tools_shown(person: PersonId, shown: ToolsShown) -> Program[None]:
    """What this person sees of the tools that a model uses for their answers."""
    yield ("UPDATE person SET tools_shown = ? WHERE id = ?", (shown.value, person))


def set_broadcasts(person: PersonId, wanted: bool) -> Program[None]:
    """Whether this person is told what the operator tells everybody."""
    yield ("UPDATE person SET broadcasts = ? WHERE id = ?", (wanted, person))


def set_rich(person: PersonId, use: RichUse | None) -> Program[None]:
    """When this person's answers go out in a platform's richer form."""
    yield ("UPDATE person SET rich = ? WHERE id = ?", (use.value if use is not None else None, person))


def may_be_told(person: PersonId, now: UnixMs, every_ms: int) -> Program[bool]:
    """Whether it is time to tell this person again that they are not heard; notes that they are told now."""
    rows = yield (
        "UPDATE person SET told_at = ? WHERE id = ? AND told_at <= ? RETURNING id",
        (now, person, now - every_ms),
    )
    return bool(rows)


def note_welcomed(person: PersonId) -> Program[None]:
    """They have been let in; the starting balance is not granted again."""
    yield ("UPDATE person SET welcomed = TRUE WHERE id = ?", (person,))


def any_admin() -> Program[bool]:
    """Whether someone was made an admin of this gateway from inside the chat."""
    rows = yield ("SELECT 1 FROM person WHERE role = ? LIMIT 1", (Role.ADMIN.value,))
    return bool(rows)


def identities(person: PersonId) -> Program[list[Identity]]:
    """Who the platforms say this person is."""
    rows = yield (
        """
        SELECT platform, user_id
        FROM identity
        WHERE person = ?
        ORDER BY platform, user_id
        """,
        (person,),
    )
    return [Identity(platform, user_id, "") for platform, user_id in rows]


def has_consented(person: PersonId, mode: str) -> Program[bool]:
    """Whether this person has confirmed that they want this mode."""
    rows = yield ("SELECT 1 FROM consent WHERE person = ? AND mode = ?", (person, mode))
    return bool(rows)


def consent(person: PersonId, mode: str, now: UnixMs) -> Program[None]:
    """The person confirms that they want this mode."""
    yield (
        """
        INSERT INTO consent (person, mode, at)
        VALUES (?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        (person, mode, now),
    )
