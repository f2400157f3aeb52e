"""`parley.example.toml` shows every field there is, and is taken as it stands."""

import tomllib
from pathlib import Path

import pytest

from bot.settings.bots import BotTable
from bot.settings.load import load_settings
from bot.settings.models import EndpointTable, ModeTable
from bot.settings.servers import ServerTable

EXAMPLE = Path(__file__).parent.parent.parent / "parley.example.toml"


def test_the_example_names_every_field() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = tomllib.loads(text)
    assert set(shown["modes"]["tutor"]) == set(ModeTable.model_fields)
    assert {*shown["endpoints"]["lab"], "api_key"} == set(EndpointTable.model_fields)
    assert "`api_key = " in text
    local, distant = shown["servers"]["clock"], shown["servers"]["library"]
    assert {*local, *distant, "token"} == set(ServerTable.model_fields)
    (bot,) = shown["bots"]
    assert {*bot, "token"} == set(BotTable.model_fields)
    assert text.count("`token = ") == 2


def test_the_example_can_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parley.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAB_KEY", "key")
    monkeypatch.setenv("LIBRARY_TOKEN", "token")
    monkeypatch.setenv("CLASSROOM_TOKEN", "token-of-the-bot")
    monkeypatch.setenv("MISTRAL_API_KEY", "key")
    monkeypatch.setenv("SYSTEM_PROMPT", "You work for a school.")
    monkeypatch.setenv("TIMEZONE", "Europe/Berlin")
    settings = load_settings()
    modes = settings.modes()
    assert "uncensored" not in modes
    assert modes["tutor"].chain == ("mistral/mistral-medium-latest", "lab/big-model")
    assert modes["tutor"].system_prompt.startswith("You work for a school.\n\nYou are a patient tutor.")
    assert settings.timezone == "Europe/Berlin"
    clock, library = settings.servers()
    assert clock.environment["LAB_KEY"] == "key"
    assert library.token == "token"
    (bot,) = settings.bots()
    assert (bot.name, bot.token, bot.token_in) == ("classroom", "token-of-the-bot", "`CLASSROOM_TOKEN`")
    assert bot.rules.modes == ("tutor", "documents")
