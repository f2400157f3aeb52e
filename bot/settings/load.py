"""Reading the settings: the environment before `.env` before `parley.toml` before the defaults. What admins have
changed on the page counts before all of that, once the database is read (`bot.in_force`).

All faults become one `SettingsError` that names each setting, what is wrong with it and how to fix it.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic_settings import DotEnvSettingsSource

from bot.domain.errors import SettingsError
from bot.settings.changes import made
from bot.settings.explain import listed
from bot.settings.home import Home, Origin, find_home, home_in
from bot.settings.names import question
from bot.settings.settings import Settings

TABLES = {"modes": "mode_tables", "endpoints": "endpoint_tables", "servers": "server_tables", "bots": "bot_tables"}
_PLAIN = frozenset(name for name, field in Settings.model_fields.items() if field.description)
_NAMES = tuple(sorted(name.upper() for name in _PLAIN))


def load_settings(
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    *,
    env_file: Path | None = None,
    data_dir: Path | None = None,
) -> Settings:
    """The settings of this process; `environ` is the process's own unless given.

    `directory` is where the files are looked for, otherwise `bot.settings.home` says where; `env_file` and `data_dir`
    count before all.

    Raises:
        SettingsError: something is wrong; its text never repeats a secret.
    """
    again = partial(load_settings, environ, directory, env_file=env_file, data_dir=data_dir)
    environ = os.environ if environ is None else environ
    try:
        home = _home(environ, directory, env_file)
    except PermissionError as error:
        raise _unreadable(Path(error.filename), error) from error
    wrong: list[str] = []
    from_file, from_environ = _dotenv(home.dotenv, wrong), _cleaned(environ)
    words = from_file | from_environ
    values = _toml(home.toml, words, wrong)
    values |= {name: words[name.upper()] for name in _PLAIN if name.upper() in words}
    settings = made(values, wrong)
    where = _data_dir(settings, home, data_dir, directory, in_environment="DATA_DIR" in from_environ)
    if (trouble := _unwritable(where)) is not None:
        wrong.append(trouble)
    if wrong:
        raise SettingsError(listed(wrong), each=wrong)
    outside = tuple(sorted(name for name in from_environ if name in _NAMES))
    origin = Origin(home.directory, home.read(), outside, tuple(_doubts(environ)), again=again)
    return settings.model_copy(update={"data_dir": where, "origin": origin})


def _home(environ: Mapping[str, str], directory: Path | None, env_file: Path | None) -> Home:
    if env_file is not None:
        path = env_file.expanduser().absolute()
        if not path.is_file():
            raise SettingsError(
                f"--env-file names {str(env_file)!r}, which does not exist. Name the file that you mean."
            )
        return home_in(path.parent, path)
    return find_home(environ, Path.cwd()) if directory is None else home_in(directory)


def _data_dir(
    settings: Settings, home: Home, said: Path | None, directory: Path | None, *, in_environment: bool
) -> Path:
    if said is not None:
        return Path.cwd() / said.expanduser()
    if "data_dir" not in settings.model_fields_set:
        return home.data
    beginning = Path.cwd() if in_environment and directory is None else home.directory
    return beginning / settings.data_dir.expanduser()


def _cleaned(words: Mapping[str, str | None]) -> dict[str, str]:
    """Values without surrounding blanks and one pair of quotes; empty ones count as unset."""
    cleaned = {}
    for name, value in words.items():
        value = (value or "").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1].strip()
        if value:
            cleaned[name] = value
    return cleaned


def _dotenv(path: Path, wrong: list[str]) -> dict[str, str]:
    """The lines of the file. Setting names may be in lower case; misspelt ones and what is no line go into `wrong`."""
    # Some editors write a byte order mark.
    try:
        if path.is_file() and (unread := list(_unread(path))):
            wrong.extend(unread)
            return {}
        source = DotEnvSettingsSource(Settings, path, env_file_encoding="utf-8-sig", case_sensitive=True)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    words = _cleaned(source.env_vars)
    for name in source.env_vars:
        if name.upper() in _NAMES:
            if name in words:
                words.setdefault(name.upper(), words[name])
        elif (likely := question(name, _NAMES)) is not None:
            wrong.append(f"{path} names {name!r}, which is not a setting. {likely}")
    return words


def _unread(path: Path) -> Iterator[str]:
    """What is wrong with lines that hold no setting and no comment; what they hold may be a secret."""
    with path.open(encoding="utf-8-sig") as file:
        for line in parse_stream(file):
            if line.error:
                what = f"{path}, line {line.original.line}, cannot be read."
                yield f"{what} Write NAME=value, with a quote at both ends or at neither."


def _doubts(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like a setting but are not one; the environment has other programs' names too."""
    for name in environ:
        if name not in _NAMES and (likely := question(name, _NAMES)) is not None:
            yield f"The environment names {name!r}, which is not a setting. {likely}"


def _toml(path: Path, words: Mapping[str, str], wrong: list[str]) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} could not be parsed: {error}. Fix that line.") from error
    values = {}
    for name, value in content.items():
        field = TABLES.get(name, name.lower())
        if name not in TABLES and field not in _PLAIN:
            wrong.append(f"{path} names {name!r}, which is not a setting. {_suggestion(field)}")
        elif value != "":
            values[field] = value
    from_words = _FromWords(words, wrong)
    if isinstance(endpoints := values.get("endpoint_tables"), dict):
        values["endpoint_tables"] = {
            name: from_words.filled(f"endpoints.{name}", table, "api_key") for name, table in endpoints.items()
        }
    if isinstance(servers := values.get("server_tables"), dict):
        values["server_tables"] = {
            name: from_words.handed_on(f"servers.{name}", from_words.filled(f"servers.{name}", table, "token"))
            for name, table in servers.items()
        }
    if isinstance(bots := values.get("bot_tables"), list):
        values["bot_tables"] = [
            from_words.filled(f"bots.{number}", table, "token") for number, table in enumerate(bots)
        ]
    return values


def _suggestion(name: str) -> str:
    likely = question(name, [*(each.lower() for each in _NAMES), *TABLES])
    return likely or "Remove that line; .env.example and parley.example.toml list every setting."


@dataclass(frozen=True, slots=True)
class _FromWords:
    """Fills in what a table of `parley.toml` takes from the environment or from `.env`."""

    words: Mapping[str, str]
    wrong: list[str]

    def filled(self, where: str, table: object, field: str) -> object:
        """The table with this field, where another names its variable."""
        if not isinstance(table, dict) or not isinstance(variable := table.get(f"{field}_env"), str):
            return table
        value = self._value(f"{where}.{field}_env", variable)
        return table if value is None else {**table, field: value}

    def handed_on(self, where: str, table: object) -> object:
        """The table with the variables that a server's program is handed on."""
        if not isinstance(table, dict) or not isinstance(variables := table.get("environment_from"), list):
            return table
        found = {name: self._value(f"{where}.environment_from", name) for name in variables if isinstance(name, str)}
        given = {name: value for name, value in found.items() if value is not None}
        own = table.get("environment", {})
        return {**table, "environment": {**given, **own} if isinstance(own, dict) else own}

    def _value(self, where: str, variable: str) -> str | None:
        if variable not in self.words:
            self.wrong.append(f"{where} names {variable!r}, which is not set. Set it in the environment or in .env.")
        return self.words.get(variable)


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SettingsError:
    if isinstance(error, UnicodeDecodeError):
        return SettingsError(f"{path} is not text in UTF-8. Save it as UTF-8.")
    return SettingsError(f"{path} cannot be read: {error.strerror}. Let the user that runs Parley read it.")


def _unwritable(data_dir: Path) -> str | None:
    """What is wrong with the data directory; None if nothing is."""
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    if not existing.is_dir():
        return f"DATA_DIR is {str(data_dir)!r}, but {str(existing)!r} is a file. Name a directory."
    # By what this process may do: root in a container often has only the rights of the file.
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        return f"DATA_DIR is {str(data_dir)!r}, where this user may not write. Name another one, or change its owner."
    return None
