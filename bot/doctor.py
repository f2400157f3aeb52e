"""`parley doctor`: everything that can be looked at before somebody notices that it is wrong, each with its cure.

Nothing is changed. Each check is a function that yields findings; one that breaks is itself a finding.
"""

import shutil
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from bot import zones
from bot.chain import MOST_NOT_TAKEN
from bot.errors import (
    BadCredentials,
    DataDirError,
    EmptyAnswer,
    ModelMissing,
    NoCredit,
    NotAllowed,
    NotTaken,
    Overloaded,
    ParleyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    RateLimited,
    TurnedAway,
    WrongAddress,
)
from bot.events import Finished
from bot.platform import Examinable, Finding, Platform, Verdict, bad, good, note
from bot.policy import Policy
from bot.profiles import Profiles
from bot.provider import Prompt, PromptMessage, Provider
from bot.settings.models import OFFLINE
from bot.types import Author, Mode, TextPart
from bot.vault import FILE as SECRET
from bot.watch import LEAST_FREE_BYTES
from storage import overview
from storage.database import DATABASE_FILE, holding

FEW_FREE_BYTES = 2_000_000_000
LARGEST_SKEW_S = 30
"""Further off than this, links expire early, certificates fail, and messages seem to come from the past."""

_MARKS = {Verdict.GOOD: "✓", Verdict.NOTE: "•", Verdict.BAD: "✗"}
_QUESTION = "Reply with the one word: ready"
_ANSWER_TOKENS = 512  # Models that think first need some.

_CURES: dict[type[ProviderError], str] = {
    BadCredentials: "Make a new key with the vendor and put it into `.env`.",
    NoCredit: "Top up the account with the vendor, or put another model first.",
    NotAllowed: "Look into the account with the vendor: its organisation, project, terms and policies.",
    TurnedAway: "Choose a vendor that serves this country and network, or set PROXY.",
    WrongAddress: "Correct the address, such as OPENAI_BASE_URL or base_url in parley.toml.",
    ModelMissing: "Choose one that the vendor has: MISTRAL_MODEL and its like, or the mode's chain in parley.toml.",
    RateLimited: "Wait, or raise the account's limit with the vendor; another model in the chain helps meanwhile.",
    Overloaded: "Wait; another model in the chain helps meanwhile.",
    ProviderUnreachable: "Look at the address, the network and the proxy of this machine.",
    ProviderTimeout: "Look at the network of this machine, or ask the vendor.",
    EmptyAnswer: "Ask it something by hand; it may need another setting, or be no model for conversations.",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    data_dir: Path
    platforms: Mapping[str, Platform]
    policy: Policy
    profiles: Profiles
    provider: Callable[[str], Provider]
    skew_s: float | None
    """How far this machine's clock is ahead of a platform's; None where nobody told."""


def printed(finding: Finding) -> str:
    """A finding as a line or two for a terminal."""
    cure = f"\n  → {finding.cure}" if finding.cure else ""
    return f"{_MARKS[finding.verdict]} {finding.what}{cure}"


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """Everything, in an order in which the first trouble explains the later ones."""
    for finding in examine_data(patient.data_dir):
        yield finding
    if patient.skew_s is not None:
        yield examine_clock(patient.skew_s)
    yield good(f"Time zones follow the rules of {zones.rules()}.")
    at_work = _is_at_work(patient.data_dir)
    if at_work:
        yield good("A gateway is at work on this data.")
    for name, platform in patient.platforms.items():
        async for finding in _examine_platform(name, platform, at_work=at_work):
            yield finding
    async for finding in examine_models(patient):
        yield finding


# The machine


def examine_data(data_dir: Path) -> Iterator[Finding]:
    """The disk, the rights of files, the database."""
    free = shutil.disk_usage(data_dir if data_dir.exists() else data_dir.parent).free
    words = f"{free / 1e9:.1f} GB are free on the disk of {data_dir}."
    if free < LEAST_FREE_BYTES:
        yield bad(words, "Make room, or set DATA_DIR to another disk: a full one stops every answer.")
    elif free < FEW_FREE_BYTES:
        yield note(words, "Make room soon; FILE_DAYS and FILE_QUOTA_MB say how much is kept.")
    else:
        yield good(words)
    database = data_dir / DATABASE_FILE
    if not database.exists():
        yield good("There is no database yet; the gateway makes it when it first starts.")
        return
    yield from _examine_rights(data_dir)
    try:
        trouble = overview.trouble(database)
    except DataDirError as error:
        trouble = str(error)
    if trouble:
        yield bad(trouble, "Stop the gateway and put a backup back: parley restore ARCHIVE.")
    else:
        yield good("The database is sound and its schema is this program's.")


def _examine_rights(data_dir: Path) -> Iterator[Finding]:
    private = (data_dir, data_dir / DATABASE_FILE, data_dir / SECRET, data_dir / "files")
    open_ones = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_ones:
        mode = "700" if path.is_dir() else "600"
        yield bad(f"Others on this machine can look into {path}.", f"chmod {mode} {path}")
    if not open_ones:
        yield good("Only the gateway's user can look into its data.")


def examine_clock(skew_s: float) -> Finding:
    """Whether this machine knows what time it is."""
    if abs(skew_s) > LARGEST_SKEW_S:
        direction = "ahead" if skew_s > 0 else "behind"
        return bad(f"The clock of this machine is {abs(skew_s):.0f} s {direction}.", "Set it by NTP.")
    return good("The clock is right.")


def _is_at_work(data_dir: Path) -> bool:
    if not data_dir.exists():
        return False
    try:
        with holding(data_dir):
            return False
    except DataDirError:
        return True


# What it talks to


async def _examine_platform(name: str, platform: Platform, *, at_work: bool) -> AsyncIterator[Finding]:
    yield good(f"{name.capitalize()} has a token.")
    try:
        await platform.open()
        if isinstance(platform, Examinable):
            async for finding in platform.examine(at_work=at_work):
                yield finding
    except ParleyError as error:
        what, _, cure = str(error).partition(". ")
        yield bad(f"{name.capitalize()}: {what}", cure or "Look at the network of this machine, then ask again.")


async def examine_models(patient: Patient) -> AsyncIterator[Finding]:
    """Every model of every mode: whether it answers, and can do what its mode needs."""
    modes = [mode for mode in patient.policy.modes.values() if mode.chain]
    models = list(dict.fromkeys(model for mode in modes for model in mode.chain))
    if all(model.startswith(f"{OFFLINE}/") for model in models):
        yield bad(
            "No model is set up: answers say only that.", "Set a key such as MISTRAL_API_KEY; see `.env.example`."
        )
        return
    answering = []
    for model in models:
        finding = await _ask(patient, model)
        if finding.verdict is Verdict.GOOD:
            answering.append(model)
        yield finding
    for mode in modes:
        if not any(model in answering for model in mode.chain):
            yield bad(f"The mode {mode.name!r} has no model that answers.", "Give it another chain in parley.toml.")
    async for finding in _examine_abilities(patient, modes, models):
        yield finding


async def _ask(patient: Patient, model: str) -> Finding:
    provider_name, _, model_name = model.partition("/")
    message = PromptMessage(Author.USER, (TextPart(_QUESTION),))
    began = time.monotonic()
    try:
        provider = patient.provider(provider_name)
        await _answer(provider, Prompt(model_name, (message,), max_output_tokens=_ANSWER_TOKENS))
    except LookupError:
        return bad(f"{model}: nothing is known of {provider_name!r}.", "Set its key, or describe it in parley.toml.")
    except ProviderError as error:
        cure = _CURES.get(type(error), "The log of the gateway says more when somebody asks it.")
        return bad(f"{model} does not answer: {error}", cure)
    return good(f"{model} answers, in {time.monotonic() - began:.1f} s.")


async def _answer(provider: Provider, prompt: Prompt) -> None:
    """Ask once, and again without what is not taken, as a turn does."""
    for _ in range(MOST_NOT_TAKEN):
        with suppress(NotTaken):
            async with aclosing(provider.stream(prompt)) as events:
                async for event in events:
                    if isinstance(event, Finished):
                        return


async def _examine_abilities(patient: Patient, modes: Sequence[Mode], models: Iterable[str]) -> AsyncIterator[Finding]:
    rules = patient.policy.files
    profiles = await patient.profiles.of([*models, *rules.seeing])
    unpriced = [model for model in models if profiles[model].input_microusd_per_million is None]
    if unpriced and patient.policy.usd_per_day:
        yield bad(
            f"Nobody knows what these cost, and USD_PER_DAY is set: {', '.join(unpriced)} are not asked.",
            "Look the prices up with the vendor and put them into PRICES; provider/model=0/0 declares one free.",
        )
    elif unpriced:
        yield note(
            f"Nobody knows what these cost: {', '.join(unpriced)}.",
            "People pay TOKENS_PER_REQUEST for each answer all the same; PRICES takes what the vendor says.",
        )
    blind = [mode.name for mode in modes if not any(profiles[model].sees_images for model in mode.chain)]
    if blind and not any(profiles[model].sees_images for model in rules.seeing):
        yield note(
            f"No model of {', '.join(blind)} looks at pictures.",
            "Set VISION_MODEL, or `sees_images = true` for an endpoint whose models do.",
        )
    if not rules.hearing:
        yield note("Nobody writes down voice messages.", "Set TRANSCRIPTION_MODEL, or a key of a vendor that does.")
    if not rules.reading and not rules.local_engine:
        yield note("Nobody reads scans.", "Install the local engine (make ocr), or set MISTRAL_API_KEY.")
