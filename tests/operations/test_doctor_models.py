"""What `parley doctor` says of models: each failure with its cure, and what no model can do."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot.contracts.findings import Finding, Verdict
from bot.contracts.provider import ModelProfile, Prompt
from bot.domain import provider_errors as errors
from bot.domain.events import Finished
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ProviderError
from bot.domain.turns import FinishReason, Usage
from bot.llm.catalogue import Catalogue
from bot.llm.profiles import Profiles
from bot.operations import doctor_models
from bot.operations.doctor import printed
from bot.operations.doctor_models import Models, cure_of, examine_models
from bot.settings import Settings
from bot.settings.advice import Advice
from bot.settings.models import ModeTable
from bot.settings.policy import policy_of
from tests.support.clock import FakeClock

ONE: dict[str, Any] = {"mistral_api_key": "m", "mistral_model": "one"}


class Vendor:
    """Answers the question that is asked after so many parameters that it does not take."""

    def __init__(self, failure: ProviderError | None, listed: Sequence[str] | ProviderError, not_taken: int) -> None:
        self._failure = failure
        self._listed = listed
        self._not_taken = not_taken

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Finished, None]:
        if self._not_taken:
            self._not_taken -= 1
            raise errors.NotTaken("No temperature.")
        if self._failure is not None:
            raise self._failure
        yield Finished(FinishReason.COMPLETE, Usage(1, 1))

    async def models(self) -> list[str]:
        if isinstance(self._listed, ProviderError):
            raise self._listed
        return list(self._listed)

    async def close(self) -> None: ...


def examined(
    settings: Settings,
    failure: ProviderError | None = None,
    *,
    listed: Sequence[str] | ProviderError = (),
    not_taken: int = 0,
    sees: bool = False,
    files: Mapping[str, Any] = MappingProxyType({}),
) -> list[Finding]:
    """`sees`: its models see pictures; `files`: of what the engine knows of reading files."""
    policy = policy_of(settings)

    async def known(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
        return {model: ModelProfile(sees_images=sees) for model in models}

    async def all_of(_vendor: str, names: Sequence[str]) -> Sequence[str]:
        return names

    async def every() -> list[Finding]:
        vendor: Any = Vendor(failure, listed, not_taken)
        profiles = Profiles(known, settings.profiles(), settings.prices)
        catalogue = Catalogue(settings.listed(), lambda _: vendor, all_of, Path("models.json"), FakeClock())
        rules = replace(policy, files=replace(policy.files, **files))
        models = Models(rules, profiles, lambda _: vendor, Advice(settings), catalogue)
        return [finding async for finding in examine_models(models)]

    return asyncio.run(every())


def of(found: list[Finding], words: str) -> Finding | None:
    return next((finding for finding in found if words in printed(finding)), None)


def verdict(found: list[Finding], words: str) -> Verdict | None:
    finding = of(found, words)
    return finding.verdict if finding is not None else None


def test_without_any_model_nothing_else_is_said() -> None:
    (found,) = examined(Settings())
    assert (found.verdict, found.what) == (Verdict.BAD, "No model is set up: answers say only that.")


def test_a_mode_that_has_only_the_built_in_model_is_noted() -> None:
    modes = {"mine": ModeTable(chain=("offline/offline",))}
    found = examined(Settings(**ONE, mode_tables=modes))
    assert verdict(found, "The mode 'mine' has no model: its answers say only that.") is Verdict.NOTE
    assert verdict(found, "mistral/one answers.") is Verdict.GOOD
    assert of(found, "The mode 'regular' has no model") is None


CURES: list[tuple[ProviderError, str]] = [
    (errors.BadCredentials("No."), "MISTRAL_API_KEY"),
    (errors.NoCredit("No."), "Top up the account with mistral"),
    (errors.NotAllowed("No."), "Look into the account with mistral"),
    (errors.TurnedAway("No."), "set PROXY"),
    (errors.WrongAddress("No."), "MISTRAL_BASE_URL"),
    (errors.ModelMissing("No."), "MISTRAL_MODEL"),
    (errors.RateLimited("No."), "raise the account's limit"),
    (errors.QuotaSpent("No."), "raise the account's limit"),
    (errors.Overloaded("No."), "Wait; another model in the chain"),
    (errors.ProviderUnreachable("No."), "the address, the network and the proxy"),
    (errors.ProviderTimeout("No."), "or ask mistral"),
    (errors.EmptyAnswer("No."), "Ask it something by hand"),
    (errors.RequestRefused("No."), "The gateway's log says more"),
]


def test_each_failure_of_a_model_has_its_own_cure() -> None:
    settings = Settings(**ONE)
    for error, cure in CURES:
        assert cure in cure_of(Advice(settings), ModelName("mistral/one"), error), error
    assert len({cure for _, cure in CURES}) == len(CURES) - 1


def test_a_model_is_asked_again_without_what_it_does_not_take() -> None:
    assert of(examined(Settings(**ONE), not_taken=2), "mistral/one answers.")


def test_what_the_patterns_of_models_mean_is_said() -> None:
    settings = Settings(**ONE, mistral_models="big-*")  # type: ignore[arg-type]
    names = [f"big-{number:02}" for number in range(14)]
    found = of(examined(settings, listed=[*names, "small"]), "MISTRAL_MODELS offers 14 of 15 models")
    assert found is not None
    assert found.verdict is Verdict.GOOD
    assert found.what.endswith(f"{', '.join(names[:12])}, ….")
    assert not of(examined(settings, listed=names[:12]), "…")
    assert verdict(examined(settings, listed=["small"]), "means none of 1 model that") is Verdict.BAD
    assert verdict(examined(settings), "mistral lists no models.") is Verdict.BAD
    silent = examined(settings, listed=errors.WrongAddress("Nothing there."))
    assert verdict(silent, "does not say which models it has: Nothing there.") is Verdict.BAD


def test_prices_that_nobody_knows_are_noted_and_wrong_under_a_limit() -> None:
    assert verdict(examined(Settings(**ONE)), "price is unknown: mistral/one") is Verdict.NOTE
    assert verdict(examined(Settings(**ONE, usd_per_day=1)), "price is unknown: mistral/one") is Verdict.BAD
    for limit in (0, 1):
        priced = Settings(**ONE, usd_per_day=limit, prices="mistral/*=1/1")  # type: ignore[arg-type]
        assert of(examined(priced), "price is unknown") is None


def test_an_engine_for_speech_that_is_set_and_not_installed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"hearing": (ModelName("offline/whisper"),)}
    for installed, verdict_then in ((True, Verdict.GOOD), (False, Verdict.BAD)):
        monkeypatch.setattr(doctor_models, "is_installed", lambda _, here=installed: here)
        assert verdict(examined(Settings(**ONE), files=files), "offline/whisper") is verdict_then


def test_what_no_model_can_do_is_noted() -> None:
    settings, none = Settings(**ONE), {"seeing": (), "hearing": (), "reading": (), "local_engine": False}
    notes = (
        "can see pictures",
        "No model transcribes voice messages",
        "reads scans, and the local engine is not installed",
    )
    found = examined(settings, files=none)
    assert [verdict(found, words) for words in notes] == [Verdict.NOTE] * 3
    # Of one without any model it is said that it has none, and nothing else.
    assert [one.what for one in found if "uncensored" in one.what] == [
        "The mode 'uncensored' has no model: its answers say only that."
    ]
    assert of(examined(settings, files=none, sees=True), notes[0]) is None
    other = (ModelName("mistral/other"),)
    for able, gone in (("hearing", notes[1]), ("reading", notes[2]), ("local_engine", notes[2])):
        found = examined(settings, files=none | {able: True if able == "local_engine" else other})
        assert [one for one in notes if of(found, one)] == [one for one in notes if one != gone]
    # The one that looks at pictures for the others has to see them.
    assert of(examined(settings, files=none | {"seeing": other}), notes[0]) is not None
