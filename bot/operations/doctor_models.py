"""Checks every model of every mode for `parley doctor`: whether it answers, and can do what its mode needs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from bot.contracts.findings import Finding, bad, good, note
from bot.contracts.provider import Prompt, PromptMessage, Provider
from bot.domain.counts import counted
from bot.domain.events import Finished
from bot.domain.messages import Author, TextPart
from bot.domain.model_names import ModelName
from bot.domain.policy import Policy
from bot.domain.provider_errors import (
    BadCredentials,
    EmptyAnswer,
    ModelMissing,
    NoCredit,
    NotAllowed,
    NotTaken,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    QuotaSpent,
    RateLimited,
    TurnedAway,
    WrongAddress,
)
from bot.domain.sessions import Mode
from bot.llm.catalogue import Catalogue, lets_through
from bot.llm.profiles import Profiles
from bot.llm.trimming import MOST_NOT_TAKEN
from bot.settings.advice import Advice
from providers.local_speech import is_installed

_QUESTION = "Reply with the one word: ready"
_ANSWER_TOKENS = 512  # Models that think first need some.

_MOST_NAMED = 12
"""Models in one line."""

_PASSING = (Overloaded, ProviderTimeout, QuotaSpent, RateLimited)
"""What passes by itself: not a fault of the gateway if another model answers meanwhile."""


@dataclass(frozen=True, slots=True)
class Models:
    """What is looked at."""

    policy: Policy
    profiles: Profiles
    provider: Callable[[str], Provider]
    advice: Advice
    catalogue: Catalogue


async def _examine_listed(models: Models) -> AsyncIterator[Finding]:
    """What the patterns of the operator mean now."""
    for endpoint, patterns in models.catalogue.wanted.items():
        setting = models.advice.listed(endpoint)
        try:
            names = await models.catalogue.ask(endpoint)
        except ProviderError as error:
            cure = cure_of(models.advice, ModelName.joined(endpoint, "*"), error)
            yield bad(f"{endpoint} does not say which models it has: {error}", cure)
            continue
        found, listed = [name for name in names if lets_through(patterns, name)], counted(len(names), "model")
        if found:
            shown = ", ".join((*found[:_MOST_NAMED], *(["…"] if len(found) > _MOST_NAMED else [])))
            yield good(f"{setting} offers {len(found)} of {listed} that {endpoint} lists: {shown}.")
        elif names:
            cure = f"Change {setting}: {endpoint} lists {', '.join(names[:_MOST_NAMED])}."
            yield bad(f"{setting} ({','.join(patterns)}) means none of {listed} that {endpoint} lists.", cure)
        else:
            yield bad(f"{endpoint} lists no models.", f"Name its models in a `chain` of parley.toml, not in {setting}.")


async def examine_models(models: Models) -> AsyncIterator[Finding]:
    """Every finding about them; first what keeps a model from being asked at all."""
    modes = [mode for mode in models.policy.modes.values() if mode.chain]
    asked = {mode.name: [model for model in mode.chain if not model.is_offline] for mode in modes}
    every = list(dict.fromkeys(model for chain in asked.values() for model in chain))
    if not every:
        mode = models.policy.default_mode
        yield bad("No model is set up: answers say only that.", models.advice.no_model(mode))
        return
    async for finding in _examine_prices(models, every):
        yield finding
    failed = await _failures(models, every)
    unanswered = [name for name, chain in asked.items() if chain and all(failed.get(model) for model in chain)]
    needed = {model for name in unanswered for model in asked[name]}
    for model in every:
        yield _judged(models.advice, model, failed.get(model), needed=model in needed)
    for name in unanswered:
        cure = f"Fix one of its models, see above, or change {models.advice.chain(name)}."
        yield bad(f"The mode {name!r} has no model that answers: {', '.join(asked[name])}.", cure)
    for name in (name for name, chain in asked.items() if not chain):
        cure = f"{models.advice.no_model(name)} Or close it: `enabled = false` in [modes.{name}]."
        yield note(f"The mode {name!r} has no model: its answers say only that.", cure)
    async for finding in _examine_abilities(models, modes):
        yield finding
    async for finding in _examine_listed(models):
        yield finding


async def _failures(models: Models, every: Sequence[ModelName]) -> Mapping[str, ProviderError | None]:
    """Ask all of them at once; None for one that answers."""
    failures = await asyncio.gather(*(_ask(models.provider, model) for model in every))
    return dict(zip(every, failures, strict=True))


async def _ask(provider: Callable[[str], Provider], model: ModelName) -> ProviderError | None:
    name = ModelName(model)
    message = PromptMessage(Author.USER, (TextPart(_QUESTION),))
    try:
        await _answer(provider(name.provider), Prompt(name.model, (message,), max_output_tokens=_ANSWER_TOKENS))
    except ProviderError as error:
        return error
    return None


async def _answer(provider: Provider, prompt: Prompt) -> None:
    """Ask once, and again without unsupported parameters, as a turn does."""
    for _ in range(MOST_NOT_TAKEN):
        with suppress(NotTaken):
            async with aclosing(provider.stream(prompt)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        return


def _judged(advice: Advice, model: ModelName, error: ProviderError | None, *, needed: bool) -> Finding:
    """`needed`: no model of some mode answers, and this is one of them."""
    if error is None:
        return good(f"{model} answers.")
    what, cure = f"{model} does not answer: {error}", cure_of(advice, model, error)
    return note(what, cure) if isinstance(error, _PASSING) and not needed else bad(what, cure)


def cure_of(advice: Advice, model: ModelName, error: ProviderError) -> str:
    """How to fix this failure of a model."""
    vendor = model.provider
    match error:
        case BadCredentials():
            return advice.key(vendor)
        case NoCredit():
            return f"Top up the account with {vendor}, or put another model first."
        case NotAllowed():
            return f"Look into the account with {vendor}: its organisation, project, terms and policies."
        case TurnedAway():
            return advice.proxy()
        case WrongAddress():
            return advice.address(vendor)
        case ModelMissing():
            return advice.model(model)
        case RateLimited() | QuotaSpent():
            return f"Wait, or raise the account's limit with {vendor}; another model in the chain helps meanwhile."
        case Overloaded():
            return "Wait; another model in the chain helps meanwhile."
        case ProviderUnreachable():
            return "Look at the address, the network and the proxy of this machine."
        case ProviderTimeout():
            return f"Look at the network of this machine, or ask {vendor}."
        case EmptyAnswer():
            return "Ask it something by hand; it may need another setting, or not be a chat model."
        case _:
            return "The gateway's log says more once someone asks that model."


async def _examine_prices(models: Models, every: Sequence[ModelName]) -> AsyncIterator[Finding]:
    profiles = await models.profiles.of(every)
    unpriced = [model for model in every if profiles[model].tariff is None]
    names = ", ".join(unpriced)
    if unpriced and models.policy.usd_per_day:
        what = f"Not used while USD_PER_DAY is set, because the price is unknown: {names}."
        yield bad(what, models.advice.prices())
    elif unpriced:
        paid = "People still pay TOKENS_PER_REQUEST for each answer."
        yield note(f"Models whose price is unknown: {names}.", f"{models.advice.prices()} {paid}")


def _examine_local(chosen: Sequence[ModelName]) -> Iterator[Finding]:
    """The engines for speech on this machine."""
    for model in chosen:
        if model.is_offline and not is_installed(model.model):
            yield bad(f"{model} is set, and is not installed.", "Install it with `make speech`.")
        elif model.is_offline:
            yield good(f"{model} works on this machine, in English alone.")


async def _examine_abilities(models: Models, modes: Sequence[Mode]) -> AsyncIterator[Finding]:
    rules = models.policy.files
    profiles = await models.profiles.of([*(model for mode in modes for model in mode.chain), *rules.seeing])
    # What a mode without any model lacks is said already.
    answering = [mode for mode in modes if not all(model.is_offline for model in mode.chain)]
    blind = [mode.name for mode in answering if not any(profiles[model].sees_images for model in mode.chain)]
    if any(profiles[model].sees_images for model in rules.seeing):
        blind = []
    if blind:
        yield note(f"No model of {', '.join(blind)} can see pictures.", models.advice.sight())
    if not rules.hearing:
        yield note("No model transcribes voice messages.", models.advice.hearing())
    for finding in _examine_local((*rules.hearing, *models.policy.speaking)):
        yield finding
    if blind and not rules.reading and not rules.local_engine:
        what = f"No model of {', '.join(blind)} reads scans, and the local engine is not installed."
        yield note(what, models.advice.scans())
