"""What PostgreSQL's errors mean, in our own words: its own may repeat what somebody wrote.

The classes of codes are listed in PostgreSQL's documentation, appendix A.
"""

import re
from itertools import zip_longest

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot.domain.errors import (
    ConstraintBroken,
    DatabaseAway,
    DatabaseBusy,
    DatabaseDamaged,
    DataDirError,
    ParleyError,
    StorageError,
)
from storage.drivers.postgres.fitness import READ_ONLY, TOO_FEW_RIGHTS

_SENTENCES = {
    "28": "The database refuses the user or the password in DATABASE_URL. Correct it there.",
    "28000": "The server of DATABASE_URL does not let this machine in. Allow it in the server's pg_hba.conf; where it "
    "wants encryption, write `?sslmode=require` behind the address.",
    "3D000": "The server of DATABASE_URL has no database of that name. Create it, or correct the name.",
    "42501": TOO_FEW_RIGHTS,
    "53100": "The disk of the database is full. Make room on it.",
    "53300": "The database takes no more connections. Raise its `max_connections`, and a pooler's size (PgBouncer: "
    "`default_pool_size`), or close other programs.",
    "53": "The database has no more memory or room. Look into its log.",
    "55P03": "Another program holds the database up. Close that program, or end its transaction.",
    "57P01": "The database is being shut down. Start it again.",
    "57P03": "The database is still starting. Wait for it.",
    "25006": READ_ONLY,
    "40": "Another program changed the same rows of the database. Try again.",
    "57": "The database ended what was asked of it. Look into its log.",
    "58": "The disk of the database fails. Look into the database's log.",
}
"""By code, or by the first two characters of one."""

_PASSING = ("08", "25P03", "40", "53300", "55P03", "57")
"""Of these codes, or those that begin so: cut off, stood still for too long, met another halfway, too many connections,
held up, ended by the server as it goes down or comes up.
"""

_WORDS = (
    (r"too many|no more connections|slots are reserved", "53300"),
    (r"pg_hba\.conf", "28000"),
    (r"password|authentication failed| role \"|no such user", "28"),
    (r"database \".*\" does not exist|no such database", "3D000"),
    (r"permission denied for database", "42501"),
    (r"shutting down", "57P01"),
    (r"starting up|recovery mode|not yet accepting", "57P03"),
)
"""In what a server or a pooler before it says, the first that fits."""

_ENCRYPTION = re.compile(r"certificate|SSL was required|sslmode value")
"""What is wrong with how a connection is encrypted. That one was cut is said by "SSL" as well."""

_NO_OPTION = re.compile(r'invalid URI query parameter: "(\w+)"')

_DAMAGED = ("XX001", "XX002")


def meaning(error: psycopg.Error, url: str) -> ParleyError:
    """What to raise in place of an error of PostgreSQL's."""
    code = error.sqlstate
    if code in _DAMAGED:
        return DatabaseDamaged(f"PostgreSQL reports {code}", cure="and have its server restored from a backup")
    if isinstance(error, psycopg.IntegrityError):
        return ConstraintBroken(f"The database forbids this: {error.diag.constraint_name or code}.")
    kind = DatabaseBusy if _may_pass(error) else StorageError
    if code is None and isinstance(error, psycopg.ProgrammingError):
        return kind(_unread(str(error)))
    if code is None and isinstance(error, psycopg.OperationalError):
        return kind(sentence(error, url))
    if code is not None and (known := _SENTENCES.get(code) or _SENTENCES.get(code[:2])):
        return kind(known)
    return kind(f"The database refused: {type(error).__name__}, code {code}.")


def unusable(error: psycopg.Error, url: str, but: str = "") -> DataDirError:
    """What to raise where a command or a start comes to nothing; `but` says what did."""
    kind = DatabaseAway if _may_pass(error) else DataDirError
    return kind(f"{but}{meaning(error, url)}")


def _may_pass(error: psycopg.Error) -> bool:
    """Whether it is otherwise soon, without anybody mending anything: nobody answers, or others hold it up."""
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_PASSING)
    text = str(error)
    return (
        isinstance(error, psycopg.OperationalError)
        and (_code_of(text) or "08").startswith(_PASSING)
        and not _ENCRYPTION.search(text)
    )


def _code_of(text: str) -> str | None:
    """What is refused while connecting comes without a code: libpq has only the server's text."""
    return next((code for words, code in _WORDS if re.search(words, text)), None)


def _unread(text: str) -> str:
    """libpq does not understand the address. It repeats what it stumbled over, which may be of the password."""
    if (option := _NO_OPTION.search(text)) is not None:
        return f"DATABASE_URL has an option that PostgreSQL does not know: {option[1]!r}. Remove it."
    return (
        "DATABASE_URL is not an address that PostgreSQL reads. Write it like postgresql://user:password@host/database."
    )


def sentence(error: psycopg.Error, url: str) -> str:
    """One sentence on a server that does not answer, or does not let us in."""
    text = str(error)
    if (code := _code_of(text)) is not None:
        return _SENTENCES[code]
    if _ENCRYPTION.search(text):
        return (
            f"The connection to the database at {where(url)} cannot be encrypted as DATABASE_URL asks{_why(text)}. "
            "Correct `sslmode` or `sslrootcert` there, or the server's certificate."
        )
    return f"The database at {where(url)} cannot be reached{_why(text)}. Start it, or correct DATABASE_URL."


def _why(text: str) -> str:
    """The cause in libpq's words or the server's, which speaks the language that its operator gave it."""
    cause = re.sub(r"^.*(failed|is bad): ", "", text.partition("\n")[0]).strip()
    # Of a password with a character that would have to be escaped, a part is taken for the name of the host.
    return f" ({cause.rstrip('.')})" if cause and "@" not in cause else ""


def where(url: str) -> str:
    """The server and the database of a URL, without its user and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "DATABASE_URL"
    hosts, ports = (str(parts.get(name) or "").split(",") for name in ("host", "port"))
    servers = (":".join(filter(None, server)) for server in zip_longest(hosts, ports))
    return repr(f"{','.join(servers) or 'localhost'}/{parts.get('dbname') or ''}")
