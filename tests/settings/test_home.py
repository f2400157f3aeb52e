"""Where things are looked for does not depend on where the program is started."""

from pathlib import Path

import pytest

from bot.domain.errors import SettingsError
from bot.settings import load_settings
from bot.settings.home import find_home


def test_the_present_directory_counts_where_it_holds_a_file(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").touch()
    home = find_home({"HOME": "/home/ann"}, tmp_path, tmp_path / "program")
    assert (home.directory, home.data, home.read()) == (tmp_path, tmp_path / "data", (tmp_path / "parley.toml",))


def test_a_checkout_is_its_own_home_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    home = find_home({"HOME": "/home/ann"}, tmp_path / "elsewhere", tmp_path)
    assert (home.directory, home.data) == (tmp_path, tmp_path / "data")


@pytest.mark.parametrize(
    ("environ", "config", "data"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.config/parley", "/home/ann/.local/share/parley"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/parley", "/d/parley"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_DATA_HOME": ""}, "/h/.config/parley", "/h/.local/share/parley"),
    ],
)
def test_an_installed_program_has_a_home_of_its_user(
    tmp_path: Path, environ: dict[str, str], config: str, data: str
) -> None:
    home = find_home(environ, tmp_path, tmp_path)
    assert (str(home.directory), str(home.data)) == (config, data)


def test_a_named_file_brings_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "bot.env").write_text("WORKERS=3\nDATA_DIR=kept\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings({}, env_file=Path("there/bot.env"))
    assert (settings.workers, settings.data_dir) == (3, there / "kept")
    assert settings.origin.files == (there / "bot.env",)
    assert load_settings({}, env_file=there / "bot.env", data_dir=Path("mine")).data_dir == tmp_path / "mine"


def test_a_named_file_that_is_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({}, env_file=tmp_path / "no.env")
