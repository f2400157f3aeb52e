"""Reading the settings: the environment before `.env` before `parley.toml` before the defaults.

What is wrong becomes one `SettingsError` that names the setting, says what is wrong and the cure.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource

from bot.errors import SettingsError
from bot.settings.settings import Settings
from bot.settings.wrong import sentence

TABLES = {"modes": "mode_tables", "endpoints": "endpoint_tables"}
_PLAIN = frozenset(Settings.model_fields) - frozenset(TABLES.values())


def load_settings(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """The settings of this process; `environ` and `directory` are the process's own unless given.

    A relative DATA_DIR lies in `directory`.

    Raises:
        SettingsError: something is wrong; its text never repeats a secret.
    """
    directory = directory or Path.cwd()
    words = _dotenv(directory / ".env") | _cleaned(os.environ if environ is None else environ)
    values = _toml(directory / "parley.toml", words)
    values |= {name: words[name.upper()] for name in _PLAIN if name.upper() in words}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(sentence(error, Settings)) from None  # the cause would hold the values
    data_dir = directory / settings.data_dir.expanduser()
    _check_writable(data_dir)
    return settings.model_copy(update={"data_dir": data_dir})


def _cleaned(words: Mapping[str, str | None]) -> dict[str, str]:
    """Without blanks and one pair of quotes around each value; empty ones count as unset."""
    cleaned = {}
    for name, value in words.items():
        value = (value or "").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1].strip()
        if value:
            cleaned[name] = value
    return cleaned


def _dotenv(path: Path) -> dict[str, str]:
    # Some editors put a byte order mark in front.
    try:
        source = DotEnvSettingsSource(Settings, path, env_file_encoding="utf-8-sig", case_sensitive=True)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    return _cleaned(source.env_vars)


def _toml(path: Path, words: Mapping[str, str]) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} cannot be understood: {error}. Mend that line.") from error
    values = {}
    for name, value in content.items():
        field = TABLES.get(name, name.lower())
        if name not in TABLES and field not in _PLAIN:
            raise SettingsError(f"{path} names {name!r}, which is not a setting. {_suggestion(field)}")
        if value != "":
            values[field] = value
    if isinstance(endpoints := values.get("endpoint_tables"), dict):
        values["endpoint_tables"] = {name: _with_key(name, table, words) for name, table in endpoints.items()}
    return values


def _suggestion(name: str) -> str:
    similar = difflib.get_close_matches(name, [*_PLAIN, *TABLES], n=1)
    return f"Did you mean {similar[0]!r}?" if similar else "Remove that line; .env.example lists what there is."


def _with_key(name: str, table: object, words: Mapping[str, str]) -> object:
    if not isinstance(table, dict) or not isinstance(variable := table.get("api_key_env"), str):
        return table
    if variable not in words:
        raise SettingsError(
            f"endpoints.{name}.api_key_env names {variable!r}, which is not set. Set it in the environment or in .env."
        )
    return {**table, "api_key": words[variable]}


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SettingsError:
    if isinstance(error, UnicodeDecodeError):
        return SettingsError(f"{path} is not text in UTF-8. Save it as UTF-8.")
    return SettingsError(f"{path} cannot be read: {error.strerror}. Let the user that runs Parley read it.")


def _check_writable(data_dir: Path) -> None:
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    if not existing.is_dir():
        raise SettingsError(f"DATA_DIR is {str(data_dir)!r}, but {str(existing)!r} is a file. Name a directory.")
    # By what this process may do: root in a container often has no more rights than a file gives.
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise SettingsError(
            f"DATA_DIR is {str(data_dir)!r}, where this user may not write. Name another one, or change its owner."
        )
