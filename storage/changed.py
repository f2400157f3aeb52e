"""What admins have changed of the settings, in one text."""

from storage.programs import Program


def content() -> Program[str]:
    """The text; "" where nothing is changed."""
    rows = yield ("SELECT content FROM changed", ())
    return rows[0][0] if rows else ""


def put(text: str, seen: str) -> Program[bool]:
    """Have this text from now on. False: what is kept is not what was `seen`, and stays."""
    if (yield from content()) != seen:
        return False
    yield (
        """
        INSERT INTO changed (id, content)
        VALUES (1, ?)
        ON CONFLICT (id) DO UPDATE SET
            content = excluded.content
        """,
        (text,),
    )
    return True
