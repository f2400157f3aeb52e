"""The written manual of the settings is the one that the class gives."""

import subprocess
import sys
from pathlib import Path

from bot.settings import Settings, load_settings
from bot.settings.manual import env_example, settings_table

ROOT = Path(__file__).parent.parent.parent


def test_the_committed_example_is_what_the_class_says() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example(), (
        "Run `python -m bot.settings > .env.example`."
    )


def test_the_module_prints_the_example() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "bot.settings"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == env_example()


def test_the_example_unchanged_or_uncommented_is_the_default(tmp_path: Path) -> None:
    default = load_settings({}, tmp_path)
    (tmp_path / ".env").write_text(env_example())
    assert load_settings({}, tmp_path) == default
    (tmp_path / ".env").write_text(
        "\n".join(line.removeprefix("#") for line in env_example().splitlines() if line[:2] != "# ")
    )
    assert load_settings({}, tmp_path) == default


def test_every_setting_is_described_in_both() -> None:
    for name in Settings.model_fields.keys() - {
        "mode_tables",
        "endpoint_tables",
        "server_tables",
        "bot_tables",
        "origin",
    }:
        assert f"{name.upper()}=" in env_example()
        assert f"| `{name.upper()}` |" in settings_table()
