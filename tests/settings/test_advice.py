"""What the doctor advises exists, and is not done already: over every sentence of its, and over made-up settings."""

import ast
import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.findings import Finding, Verdict
from bot.contracts.provider import ModelProfile, Prompt
from bot.domain import provider_errors
from bot.domain.events import Finished
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ProviderError
from bot.domain.turns import FinishReason, Usage
from bot.llm.catalogue import Catalogue
from bot.llm.profiles import Profiles
from bot.operations.command_line import command_line
from bot.operations.doctor_models import Models, examine_models
from bot.settings import Settings
from bot.settings.advice import Advice
from bot.settings.models import EndpointTable, ModeTable
from bot.settings.policy import policy_of
from tests.support.clock import FakeClock

ROOT = Path(__file__).parent.parent.parent
SETTINGS = {name.upper() for name, field in Settings.model_fields.items() if field.description}
STAND_FOR_SOMETHING = {"ARCHIVE", "COMMAND", "DIRECTORY", "NAME", "PASSWORD"}
SPOKEN = (
    "bot/operations/doctor.py",
    "bot/operations/doctor_models.py",
    "bot/settings/advice.py",
    "bot/operations/started.py",
    "bot/watching/watch.py",
    "bot/watching/alarm.py",
    "bot/app.py",
    "bot/__main__.py",
    "bot/operations/keychecks.py",
    "bot/domain/errors.py",
    "bot/domain/provider_errors.py",
    "storage/datadir.py",
    "storage/database.py",
    "storage/drivers/sqlite/damage.py",
    "storage/drivers/sqlite/inspection.py",
    "storage/drivers/sqlite/schema.py",
    "handlers/telegram/doctor.py",
    "handlers/discord/doctor.py",
)
"""Where sentences for the operator stand."""


SQL = ("BEGIN", "CREATE", "DELETE", "INSERT", "PRAGMA", "SELECT", "UPDATE")


def sentences(file: str) -> Iterator[str]:
    """Every sentence in a file, with a sign for what is filled in."""
    tree = ast.parse((ROOT / file).read_text())
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in explained:
            continue
        match node:
            case ast.JoinedStr(values):
                whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in values)
                if not whole.startswith(SQL):
                    yield whole
            case ast.Constant(str(text)) if " " in text and not text.lstrip().startswith(SQL):
                yield text


@pytest.mark.parametrize("file", SPOKEN)
def test_what_is_advised_exists(file: str) -> None:
    """Settings, commands, tasks of the Makefile and fields of parley.toml, wherever a sentence names one."""
    commands = next(list(action.choices or ()) for action in command_line()._actions if action.dest == "command")
    tasks = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    fields = ModeTable.model_fields.keys() | EndpointTable.model_fields.keys()
    assert commands
    for sentence in sentences(file):
        named = set(re.findall(r"(?<![\w…])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|(?<![\w…])[A-Z]{5,}\b(?!_)", sentence))
        assert named <= SETTINGS | STAND_FOR_SOMETHING, sentence
        assert set(re.findall(r"`?parley ([a-z-]+)`", sentence)) <= set(commands), sentence
        assert set(re.findall(r"`make (\w+)`", sentence)) <= set(tasks), sentence
        assert set(re.findall(r"`([a-z_]+)(?: = \w+)?` (?:of|in|to) \[", sentence)) <= fields, sentence


KEYS = [f"{vendor}_api_key" for vendor in
        ("mistral", "gemini", "google", "openai", "anthropic", "deepseek", "groq", "openrouter")]  # fmt: skip
MODELS = ("mistral/small", "gemini/flash", "openai/gpt", "groq/oss", "home/llama", "ollama/qwen", "offline/offline")
FAILURES = [
    kind for kind in vars(provider_errors).values()
    if isinstance(kind, type) and issubclass(kind, ProviderError) and not issubclass(kind, provider_errors.NotTaken)
]  # fmt: skip
WORDS = st.just("as-it-is")

_values = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(KEYS, WORDS),
        "ollama_base_url": st.just("http://127.0.0.1:11434"),
        "ollama_model": st.just("qwen"),
        "vision_model": st.sampled_from(MODELS[:3]),
        "transcription_model": st.sampled_from(("groq/whisper", "mistral/voxtral")),
        "proxy": st.just("http://127.0.0.1:3128"),
        "usd_per_day": st.just(1),
        "prices": st.just("mistral/*=1/1"),
        "mode_tables": st.dictionaries(
            st.sampled_from(("regular", "documents", "uncensored", "mine")),
            st.lists(st.sampled_from(MODELS), min_size=1, max_size=3).map(lambda chain: {"chain": chain}),
        ),
    },
)


class Vendor:
    """Answers, or fails as it is told."""

    def __init__(self, failure: type[ProviderError] | None) -> None:
        self._failure = failure

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Finished, None]:
        if self._failure is not None:
            raise self._failure("It failed.")
        yield Finished(FinishReason.COMPLETE, Usage(1, 1))

    async def close(self) -> None: ...


async def nothing_known(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
    return {model: ModelProfile() for model in models}


async def all_of(_vendor: str, names: Sequence[str]) -> Sequence[str]:
    return names


async def examined(settings: Settings, failures: Mapping[str, type[ProviderError] | None]) -> list[Finding]:
    profiles = Profiles(nothing_known, settings.profiles(), settings.prices)
    vendors: Any = lambda name: Vendor(failures.get(name))  # noqa: E731
    catalogue = Catalogue(settings.listed(), vendors, all_of, Path("models.json"), FakeClock())
    models = Models(policy_of(settings), profiles, vendors, Advice(settings), catalogue)
    return [finding async for finding in examine_models(models)]


def to_be_set(cure: str) -> set[str]:
    """What a cure says is to be set."""
    lists = re.findall(r"\b[Ss]et ((?:[A-Z_]+(?:, or |, | or )?)+)", cure)
    return {name for names in lists for name in re.findall(r"[A-Z_]{4,}", names)}


@given(_values, st.dictionaries(st.sampled_from(("mistral", "gemini", "openai", "home")), st.sampled_from(FAILURES)))
def test_what_is_set_is_never_to_be_set(values: dict[str, Any], failures: dict[str, type[ProviderError]]) -> None:
    home = {"home": EndpointTable(base_url="http://127.0.0.1:1/v1")} if "proxy" not in values else {}
    if not home and any("home/llama" in table["chain"] for table in values.get("mode_tables", {}).values()):
        home = {"home": EndpointTable(base_url="http://127.0.0.1:1/v1", api_key="one")}  # type: ignore[arg-type]
    settings = Settings(**values, endpoint_tables=home)
    for finding in asyncio.run(examined(settings, failures)):
        assert bool(finding.cure) == (finding.verdict is not Verdict.GOOD)
        names = to_be_set(finding.cure)
        assert names <= SETTINGS, finding.cure
        already = {name for name in names if name.lower() in settings.model_fields_set}
        assert not already, f"{finding.cure!r} after {finding.what!r}: set already."
        assert "_API_KEY" in finding.cure or "put it into" not in finding.cure, finding.cure


async def test_a_cure_names_the_key_the_model_and_the_address_that_are_meant() -> None:
    home = {"home": EndpointTable(base_url="http://127.0.0.1:1/v1", api_key_env="HOME_KEY")}
    modes = {"mine": ModeTable(chain=("home/llama",))}
    settings = Settings(google_api_key="g", mistral_api_key="m", endpoint_tables=home, mode_tables=modes)  # type: ignore[arg-type]
    advice = Advice(settings)
    assert "MISTRAL_API_KEY" in advice.key("mistral")
    assert "GOOGLE_API_KEY" in advice.key("gemini")
    assert "HOME_KEY" in advice.key("home")
    assert "MISTRAL_MODEL" in advice.model(f"mistral/{settings.mistral_model}")
    assert "[modes.mine]" in advice.model("home/llama")
    assert "MISTRAL_BASE_URL" in advice.address("mistral")
    assert "[endpoints.home]" in advice.address("home")


async def test_what_passes_is_no_fault_where_another_model_answers() -> None:
    settings = Settings(openai_api_key="o", mistral_api_key="m")  # type: ignore[arg-type]
    for kind, verdict in ((provider_errors.RateLimited, Verdict.NOTE), (provider_errors.BadCredentials, Verdict.BAD)):
        found = await examined(settings, {"mistral": kind})
        (finding,) = (one for one in found if one.what.startswith("mistral/"))
        assert finding.verdict is verdict
    found = await examined(settings, {"mistral": provider_errors.RateLimited, "openai": provider_errors.RateLimited})
    wrong = [one.what for one in found if one.verdict is Verdict.BAD]
    assert any("The mode 'regular' has no model that answers" in what for what in wrong)
    assert wrong[0].startswith("mistral/"), "The cause stands before what follows from it."
