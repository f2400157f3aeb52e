"""Which models answer in which mode, as the keys and `parley.toml` say."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from bot.contracts.provider import Endpoint, TimeLimits
from bot.domain.efforts import Effort
from bot.domain.errors import SettingsError
from bot.settings import Settings, load_settings

OFFLINE = ("offline/offline",)


def with_toml(directory: Path, text: str, **environ: str) -> Settings:
    (directory / "parley.toml").write_text(text)
    return load_settings(environ, directory)


def complaint(directory: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        with_toml(directory, text)
    return str(caught.value)


def chain(settings: Settings, mode: str) -> tuple[str, ...]:
    return settings.modes()[mode].chain


def test_without_a_key_every_mode_is_offline(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert settings.endpoints() == {"offline": Endpoint("offline", "offline")}
    assert [mode.chain for mode in settings.modes().values()] == [OFFLINE] * 3


def test_regular_asks_mistral_first_and_then_vendors_with_a_key(tmp_path: Path) -> None:
    settings = load_settings({"MISTRAL_API_KEY": "a", "GOOGLE_API_KEY": "b", "GROQ_API_KEY": "c"}, tmp_path)
    assert chain(settings, "regular") == (
        "mistral/mistral-medium-latest",
        "gemini/gemini-3.8-flash",
        "groq/openai/gpt-oss-120b",
    )
    assert chain(settings, "documents")[:2] == ("gemini/gemini-3.8-flash", "mistral/mistral-medium-latest")
    assert chain(settings, "uncensored") == OFFLINE


def test_uncensored_asks_openrouter_alone_in_private_after_consent(tmp_path: Path) -> None:
    settings = load_settings(
        {"OPENROUTER_API_KEY": "a", "UNCENSORED_MODEL": "maker/model", "MISTRAL_API_KEY": "b"}, tmp_path
    )
    mode = settings.modes()["uncensored"]
    assert mode.chain == ("openrouter/maker/model",)
    assert mode.private_only
    assert mode.needs_consent


@pytest.mark.parametrize(
    ("name", "written", "entry"),
    [
        ("MISTRAL_MODEL", "mistral/mistral-small-latest", "mistral/mistral-small-latest"),
        ("GEMINI_TEXT_MODEL", "models/gemini-3.7-flash", "gemini/gemini-3.7-flash"),
        ("GROQ_MODEL", "openai/gpt-oss-20b", "groq/openai/gpt-oss-20b"),
        ("OPENROUTER_MODEL", "openrouter/auto", "openrouter/openrouter/auto"),
        ("OPENROUTER_MODEL", "openrouter/maker/model", "openrouter/maker/model"),
    ],
)
def test_a_model_may_be_written_as_other_programs_want_it(tmp_path: Path, name: str, written: str, entry: str) -> None:
    keys = {f"{vendor}_API_KEY": "k" for vendor in ("MISTRAL", "GEMINI", "GROQ", "OPENROUTER")}
    assert entry in chain(load_settings({**keys, name: written}, tmp_path), "regular")


def test_the_gemini_key_has_two_names(tmp_path: Path) -> None:
    assert load_settings({"GOOGLE_API_KEY": "a"}, tmp_path).endpoints()["gemini"].api_key == "a"
    both = load_settings({"GOOGLE_API_KEY": "a", "GEMINI_API_KEY": "b"}, tmp_path)
    assert both.endpoints()["gemini"] == Endpoint("gemini", "gemini", "", "b")


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("http://localhost/llm/api", "http://localhost/llm/api"),
    ],
)
def test_a_bare_host_means_the_path_its_vendor_documents(tmp_path: Path, written: str, root: str) -> None:
    settings = load_settings({"OLLAMA_BASE_URL": written, "OLLAMA_MODEL": "llama"}, tmp_path)
    assert settings.endpoints()["ollama"] == Endpoint("ollama", "openai_compatible", root)
    assert chain(settings, "regular") == ("ollama/llama",)


def test_an_operators_mode_adds_and_overrides(tmp_path: Path) -> None:
    settings = with_toml(
        tmp_path,
        """
        default_mode = "pirate"
        [modes.pirate]
        description = "Talks like a pirate"
        system_prompt = "Arr."
        temperature = 1.2
        effort = "high"
        [modes.regular]
        chain = ["groq/openai/gpt-oss-120b", "mistral/mistral-small-latest"]
        [modes.uncensored]
        enabled = false
        """,
        MISTRAL_API_KEY="k",
    )
    modes = settings.modes()
    assert list(modes) == ["regular", "documents", "pirate"]
    assert modes["regular"].chain == ("mistral/mistral-small-latest",)
    assert modes["regular"].description == "Everyday questions"
    pirate = modes["pirate"]
    assert (pirate.description, pirate.system_prompt, pirate.temperature) == ("Talks like a pirate", "Arr.", 1.2)
    assert pirate.effort is Effort.HIGH
    assert pirate.chain == ("mistral/mistral-medium-latest",)


def test_an_endpoint_of_the_operators_own_can_be_asked(tmp_path: Path) -> None:
    settings = with_toml(
        tmp_path,
        """
        [modes.regular]
        chain = ["house/qwen", "shed/llama"]
        [endpoints.house]
        base_url = "https://llm.example.com/v1"
        api_key_env = "HOUSE_KEY"
        [endpoints.shed]
        base_url = "http://shed:8000/v1"
        """,
        HOUSE_KEY="'key'",
    )
    endpoints = settings.endpoints()
    assert endpoints["house"] == Endpoint("house", "openai_compatible", "https://llm.example.com/v1", "key")
    assert endpoints["shed"] == Endpoint("shed", "openai_compatible", "http://shed:8000/v1")
    assert chain(settings, "regular") == ("house/qwen", "shed/llama")


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (
            '[modes.x]\nchain = ["nobody/model"]',
            "modes.x.chain holds 'nobody/model', but there is no provider 'nobody'. Use one of anthropic, ",
        ),
        ('[modes.x]\nchain = ["model"]', "modes.x.chain holds 'model', which is not a provider and a model."),
        ("[modes.x]\nchain = []", "modes.x.chain is empty."),
        ('[modes.x]\nchain = "a/b"', "modes.x.chain is not a list."),
        ("[modes.x]\ntemperature = 3", "modes.x.temperature is 3, which is too large. Give 2.0 or less."),
        ("[modes.x]\nprompt = 'y'", "modes.x.prompt is not a setting. Remove it, or check its spelling."),
        ("[modes.'X y']", "modes.X y is not a name for a mode."),
        ("modes = 3", "modes is not a table."),
        ("[modes]\nregular = 3", "modes.regular is not a table."),
        (
            "[modes.regular]\nenabled = false",
            "DEFAULT_MODE is 'regular', which is not a mode. Choose one of uncensored, ",
        ),
        ("[endpoints.x]", "endpoints.x.base_url is missing."),
        ("[endpoints.x]\nbase_url = 'host'", "endpoints.x.base_url is not a complete address"),
        ("[endpoints.offline]\nbase_url = 'http://h'", "endpoints.offline is not a name for an endpoint."),
        (
            "[endpoints.x]\nkind = 'soap'",
            "endpoints.x.kind is 'soap', which is not one of openai_compatible, anthropic, ",
        ),
        (
            "[endpoints.x]\nkind = 'litellm'\napi_key_env = 'GONE'",
            "endpoints.x.api_key_env names 'GONE', which is not set.",
        ),
    ],
)
def test_a_wrong_table_is_told_with_its_name(tmp_path: Path, toml: str, sentence: str) -> None:
    assert complaint(tmp_path, toml).startswith(sentence)


def test_the_time_limits_are_the_operators(tmp_path: Path) -> None:
    settings = load_settings({"MODEL_FIRST_BYTE_S": "5", "MODEL_BETWEEN_S": "2.5"}, tmp_path)
    assert settings.time_limits() == TimeLimits(5, 2.5, 600)


def litellm_table() -> dict[str, dict[str, Any]]:
    # Read as data: importing litellm takes seconds.
    spec = importlib.util.find_spec("litellm")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "model_prices_and_context_window_backup.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


def test_the_default_models_exist_and_have_no_date_of_their_end() -> None:
    table = litellm_table()
    fields = Settings()
    for name in (
        f"mistral/{fields.mistral_model}",
        f"gemini/{fields.gemini_text_model}",
        f"gemini/{fields.gemini_file_model}",
        fields.openai_model,
        fields.anthropic_model,
        f"deepseek/{fields.deepseek_model}",
        f"groq/{fields.groq_model}",
    ):
        assert table[name]["mode"] == "chat"
        assert "deprecation_date" not in table[name], name
    assert table[f"gemini/{fields.gemini_file_model}"]["supports_vision"]
