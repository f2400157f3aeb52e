"""A misspelt name is told, wherever it stands; somebody else's disturbs nobody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SettingsError
from bot.settings import Settings, load_settings
from bot.settings.names import meant

NAMES = sorted(name.upper() for name, field in Settings.model_fields.items() if field.description)


@pytest.mark.parametrize(
    ("written", "setting"),
    [
        ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("DISCORD_TOKEN", "DISCORD_BOT_TOKEN"),
        ("BOT_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("MISTRAL_APIKEY", "MISTRAL_API_KEY"),
        ("MISTRAL_KEY", "MISTRAL_API_KEY"),
        ("ACESS", "ACCESS"),
        ("TELEGRAM-BOT-TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("ALLOW_LIST", "ALLOWLIST"),
        ("ADMIN", "ADMINS"),
        ("DATADIR", "DATA_DIR"),
        ("Loglevel", "LOG_LEVEL"),
        ("GEMINI_MODEL", "GEMINI_MODELS"),
    ],
)
def test_a_misspelt_name_in_dotenv_is_told_with_the_likely_one(tmp_path: Path, written: str, setting: str) -> None:
    (tmp_path / ".env").write_text(f"{written}=x\n")
    with pytest.raises(SettingsError, match=r"not a setting\. Did you mean") as caught:
        load_settings({}, tmp_path)
    assert written in str(caught.value)
    assert setting in str(caught.value)
    assert any(setting in doubt for doubt in load_settings({written: "x"}, tmp_path / "elsewhere").origin.doubts)


@given(st.sampled_from([name for name in NAMES if len(name) > 6]), st.data())
def test_a_typo_of_one_character_is_always_noticed(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    slip = data.draw(
        st.sampled_from(
            [name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name[:at] + "Q" + name[at + 1 :]]
        )
    )
    assert slip in NAMES or meant(slip, NAMES)


@pytest.mark.parametrize(
    "name",
    ["PATH", "HOME", "LOGNAME", "POSTGRES_PASSWORD", "LANG", "SHELL", "OLLAMA_MODELS", "OLLAMA_HOST", "TZ", "PORT"],
)
def test_other_programs_names_are_theirs(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text(f"{name}=x\n")
    assert load_settings({name: "x"}, tmp_path).origin.doubts == ()


def test_small_letters_are_the_same_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("telegram_bot_token=123:abc\nAccess=open\n")
    settings = load_settings({}, tmp_path)
    assert [bot.token for bot in settings.bots()] == ["123:abc"]
    assert settings.access == "open"


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACESS=open\nWORKERS=0\n")
    (tmp_path / "parley.toml").write_text('wrokers = 1\n[modes."A B"]\nchain = ["nobody/x"]\n')
    with pytest.raises(SettingsError) as caught:
        load_settings({"HTTP_PORT": "none", "ACCESS": "shut", "DATA_DIR": __file__}, tmp_path)
    told = str(caught.value)
    for name in ("ACESS", "WORKERS", "wrokers", "HTTP_PORT", "ACCESS is 'shut'"):
        assert name in told


def test_faults_across_settings_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text(
        'default_mode = "no"\nvision_model = "x"\n[modes."A B"]\nchain = ["nobody/x"]\n'
    )
    with pytest.raises(SettingsError) as caught:
        load_settings({}, tmp_path)
    for name in ("DEFAULT_MODE", "VISION_MODEL", "modes.A B ", "modes.A B.chain"):
        assert name in str(caught.value)
