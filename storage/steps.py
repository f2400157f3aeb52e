"""The numbered steps that bring a database's schema up to date. Each kind of database has its own, of equal numbers."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Self


@dataclass(frozen=True, slots=True)
class Step:
    """A file of SQL, such as `0021_shown.sql`."""

    number: int
    name: str
    """Without the ending."""
    sql: str

    @classmethod
    def all_in(cls, folder: Traversable) -> list[Self]:
        """Every step of a folder, in order."""
        files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
        return [cls(int(file.name[:4]), file.name[:-4], file.read_text(encoding="utf-8")) for file in files]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a database has yet to go through."""

    before: int
    """The number of its last step; 0 for an empty one."""
    missing: tuple[Step, ...]


def too_new(version: int, newest: int) -> str:
    """What is said to an older program, which leaves a newer one's database alone."""
    return f"The database has schema {version}, but this program knows only {newest}. Run a newer Parley."
