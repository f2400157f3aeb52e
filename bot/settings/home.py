"""Where a gateway's own files are looked for: `.env` and `parley.toml` in one directory, its data in another.

    --env-file given              beside that file
    the present directory         if it holds one of the two files
    a checkout                    where the program is in one
    an installed program          ~/.config/parley and ~/.local/share/parley, or where XDG_… says

So a gateway is the same gateway wherever it is started from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings.settings import Settings

DOTENV = ".env"
TOML = "parley.toml"
_PROGRAM = Path(__file__).resolve().parent.parent.parent
_NAME = "parley"


@dataclass(frozen=True, slots=True)
class Home:
    """Where things are looked for."""

    dotenv: Path
    toml: Path
    data: Path
    """The data directory unless a setting names one."""

    @property
    def directory(self) -> Path:
        """The directory of the files; a relative DATA_DIR in them starts there."""
        return self.dotenv.parent

    def read(self) -> tuple[Path, ...]:
        """The files that exist."""
        return tuple(path for path in (self.dotenv, self.toml) if path.is_file())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where settings came from. All origins are equal, so settings compare by value."""

    home: Path | None = field(default=None, compare=False)
    """Where the files were looked for; None for settings made in code."""
    files: tuple[Path, ...] = field(default=(), compare=False)
    """The files that existed."""
    environment: tuple[str, ...] = field(default=(), compare=False)
    """The settings that the environment sets, by their names there."""
    doubts: tuple[str, ...] = field(default=(), compare=False)
    """Variables that look like a setting but are not one: a sentence each."""
    changed: tuple[str, ...] = field(default=(), compare=False)
    """What admins have changed, such as "modes.regular.chain"."""
    again: Callable[[], "Settings"] | None = field(default=None, compare=False, repr=False)
    """Reads them once more, as a start would now; None for settings made in code. Raises SettingsError: it would not
    start."""


def home_in(directory: Path, env_file: Path | None = None) -> Home:
    """All in one directory."""
    return Home(env_file or directory / DOTENV, directory / TOML, directory / "data")


def find_home(environ: Mapping[str, str], present: Path, program: Path = _PROGRAM) -> Home:
    """Where this process looks by default."""
    if any((present / name).exists() for name in (DOTENV, TOML)):
        return home_in(present)
    if (program / "pyproject.toml").is_file():
        return home_in(program)
    own = Path(environ.get("HOME") or present)
    config = _absolute(environ.get("XDG_CONFIG_HOME"), own / ".config") / _NAME
    data = _absolute(environ.get("XDG_DATA_HOME"), own / ".local" / "share") / _NAME
    return Home(config / DOTENV, config / TOML, data)


def _absolute(said: str | None, otherwise: Path) -> Path:
    # The XDG specification: a relative path is ignored.
    return Path(said) if said and Path(said).is_absolute() else otherwise
