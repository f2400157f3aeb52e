"""What front-ends note down for themselves, to find it again after a restart."""

from collections.abc import Mapping

from storage.programs import Program


def put(platform: str, bot: str, marks: Mapping[str, str | None]) -> Program[None]:
    """Keep every text under its name; None removes it."""
    for name, text in marks.items():
        if text is None:
            yield ("DELETE FROM bookmark WHERE platform = ? AND bot = ? AND name = ?", (platform, bot, name))
        else:
            yield (
                """
                INSERT INTO bookmark (platform, bot, name, text)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (platform, bot, name) DO UPDATE SET text = excluded.text
                """,
                (platform, bot, name, text),
            )


def all_of(platform: str, bot: str) -> Program[dict[str, str]]:
    """Everything that is kept for a bot, by its names."""
    rows = yield ("SELECT name, text FROM bookmark WHERE platform = ? AND bot = ?", (platform, bot))
    return dict(rows)
