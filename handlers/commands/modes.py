"""Choosing how one is answered: the mode, and within it the model, the temperature and how much is thought first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Annotated

from bot.contracts.command import Choice, Choices, View, command
from bot.contracts.provider import ModelProfile
from bot.domain.blocks import Button
from bot.domain.efforts import USUAL, Effort, nearest
from bot.domain.errors import PersonError
from bot.domain.model_names import ModelName
from bot.domain.needs import Need
from bot.domain.sessions import PROMPT_LIMIT, Mode, Session
from bot.incoming.call import Call
from bot.incoming.menus import menu
from bot.llm import wishes
from bot.people import admission
from bot.people.admission import may
from bot.people.sessions import session_of_mode
from bot.rendering.pages import escaped
from bot.texts import Say, said_later
from bot.texts.efforts import EFFORTS
from bot.turns import context
from handlers.commands.reach import NEW_TITLE, current
from storage import endpoints, people, sessions
from storage.programs import Program

DEFAULT = "default"
"""As a choice: what the mode, or the operator, has set."""

_TEMPERATURES = {
    "0": said_later("0 · strict"),
    "0.5": said_later("0.5 · balanced"),
    "1": said_later("1 · default"),
    "1.5": said_later("1.5 · creative"),
}
_LONGEST_NAME = 48
"""Bytes. A button of Telegram's holds 64, its command among them."""


# what there is


def _usable(call: Call) -> list[Mode]:
    return [mode for mode in call.policy.modes.values() if admission.why_not_mode(mode, call.caller) is None]


async def mode_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The modes that this person can use here, each with what its first model can do."""
    usable = [mode for mode in _usable(call) if mode.name.startswith(typed.lower())]
    profiles = await call.profiles.of([mode.chain[0] for mode in usable])
    return [Choice(mode.name, _model_label(call, mode.chain[0], profiles, f"{mode.name} · ")) for mode in usable]


async def model_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The models of the modes that this person can use here and those that vendors list, as far as they hold all words
    that were typed: each with what it can do and costs."""
    words = typed.lower().split()
    found = [model for model in _names(call) if all(word in model.lower() for word in words)]
    profiles = await call.profiles.of(found)
    models = [Choice(_reference(name), _model_label(call, name, profiles)) for name in found]
    return [*await _own_choices(call, typed), *models]


def _names(call: Call) -> Sequence[ModelName]:
    """The operator's models that this person can use here, those of the modes first."""
    return tuple(dict.fromkeys((*(model for mode in _usable(call) for model in mode.chain), *call.policy.listed)))


def _reference(model: ModelName) -> str:
    """A model as a button holds it: vendors have names that no button has room for."""
    if len(model.encode()) <= _LONGEST_NAME:
        return model
    return ModelName.joined(model.provider, f"~{sha256(model.encode()).hexdigest()[:12]}")


async def _own_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The models of a person's own endpoints, in private."""
    if not may(call.caller, Need(private=True)):
        return []
    own = await call.database.read(endpoints.models_of(call.caller.person.id))
    words = typed.lower().split()
    return [Choice(each.reference, each.label) for each in own if all(word in each.label.lower() for word in words)]


def _model_label(call: Call, model: ModelName, profiles: Mapping[ModelName, ModelProfile], before: str = "") -> str:
    """A model with as much of what it costs and can do as a button has room for: nothing is cut in its middle."""
    limit = call.platform.capabilities(call.invocation.place).button_label_limit
    first, *others = _about(call.say, model, profiles[model])
    label = before + first
    for piece in others:
        if len(label) + len(longer := f" · {piece}") > limit:
            break
        label += longer
    return label


def _about(say: Say, model: ModelName, profile: ModelProfile) -> Iterator[str]:
    """A model, what it costs and what it can do: "google/pro", "$2/$12", "1049k", "images", ">200k $4/$18"."""
    yield model
    steps = profile.tariff.steps if profile.tariff is not None else ()
    prices = [(step.since, f"${step.read / 1_000_000:g}/${step.write / 1_000_000:g}") for step in steps]
    yield from (price for since, price in prices if not since)
    if profile.context_tokens:
        yield f"{round(profile.context_tokens / 1000)}k"
    yield from (say("images"),) if profile.sees_images else ()
    yield from (say("files"),) if profile.reads_files else ()
    yield from (say("reasoning"),) if profile.efforts else ()
    yield from (f">{round(since / 1000)}k {price}" for since, price in prices if since)


def _described(call: Call, model: ModelName, profiles: Mapping[ModelName, ModelProfile]) -> str:
    """The same, all of it, in a text."""
    return " · ".join(_about(call.say, model, profiles[model]))


# the mode


@command("mode", "Choose how the bot answers", aliases=("persona",))
async def mode(call: Call, name: Annotated[str, "Which mode", Choices(mode_choices)]) -> View:
    wanted = usable_mode(call, name)
    question = await consent_needed(call, wanted)
    return question if question is not None else await _go_to(call, wanted)


@command("mode_yes", "Confirm a mode", listed=False)
async def mode_yes(call: Call, name: Annotated[str, "Which mode"]) -> View:
    wanted = usable_mode(call, name)
    await call.database.write(people.consent(call.caller.person.id, wanted.name, call.now))
    return await _go_to(call, wanted)


def usable_mode(call: Call, name: str) -> Mode:
    """The mode of that name. Raises PersonError if there is none, or this person cannot use it here."""
    wanted = call.policy.modes.get(name.strip().lower())
    if wanted is None:
        known = ", ".join(mode.name for mode in _usable(call))
        raise PersonError("There is no mode “{name}”. Choose one of {known}.", name=name[:40], known=known)
    if (refusal := admission.why_not_mode(wanted, call.caller)) is not None:
        raise refusal
    return wanted


async def confirmed_mode(call: Call, name: str) -> Mode:
    """The same of a mode that stays chosen: one that asks for it has been confirmed before. Raises PersonError."""
    wanted = usable_mode(call, name)
    confirmed = people.has_consented(call.caller.person.id, wanted.name)
    if wanted.needs_consent and not await call.database.read(confirmed):
        raise PersonError("Confirm this mode once with `/mode {mode}`; then it can be your default.", mode=wanted.name)
    return wanted


async def consent_needed(call: Call, wanted: Mode) -> View | None:
    """What to confirm before a mode that asks for it is used the first time."""
    person = call.caller.person.id
    if not wanted.needs_consent or await call.database.read(people.has_consented(person, wanted.name)):
        return None
    yes = Button(call.say("I am an adult and want this"), "mode_yes", (wanted.name,), "danger")
    text = call.say(
        "The mode `{mode}` answers without the usual restraint. Its answers can be offensive or wrong.",
        mode=wanted.name,
    )
    return View(text, ((yes,), (Button(call.say("No"), "keep"),)))


async def consented_modes(call: Call) -> frozenset[str]:
    """The modes that this person can begin a session in here, without being asked anything first."""
    person = call.caller.person.id

    def look() -> Program[frozenset[str]]:
        found = set()
        for mode in _usable(call):
            if not mode.needs_consent or (yield from people.has_consented(person, mode.name)):
                found.add(mode.name)
        return frozenset(found)

    return await call.database.read(look())


async def _go_to(call: Call, wanted: Mode) -> View:
    session = await call.database.write(session_of_mode(call.caller, wanted.name, call.say(NEW_TITLE), call.now))
    head = call.say("The mode is `{mode}`: {what}", mode=wanted.name, what=call.say(wanted.description))
    profiles = await call.profiles.of(wanted.chain)
    chain = "\n".join(f"- {escaped(_described(call, model, profiles))}" for model in wanted.chain)
    here = call.say("Open now: **{title}**", title=escaped(session.title))
    return View(f"{head}\n\n{call.say('Models, in order of preference:')}\n{chain}\n\n{here}")


# the model of a session


async def session_model_choices(call: Call, typed: str) -> Sequence[Choice]:
    """Every model that this session can have, behind the mode's own."""
    own = [Choice(DEFAULT, call.say("the mode's default"))] if DEFAULT.startswith(typed.lower()) else []
    return [*own, *await model_choices(call, typed)]


async def model_now(call: Call) -> str:
    """What this session is answered by now, and how much that thinks first."""
    session = await current(call)
    first, efforts = await _efforts_of(call, session)
    named = escaped(_described(call, first, await call.profiles.of([first])))
    lines = [call.say("**{title}** is answered by {model}", title=escaped(session.title), model=named)]
    if efforts:
        lines.append(call.say("Reasoning effort: {effort}", effort=await shown_effort(call, session, first)))
    return "\n".join(lines)


@command("model", "Choose the model for this session")
async def model(
    call: Call,
    name: Annotated[str, "Which model", Choices(session_model_choices, searched=True, above=model_now)],
) -> View:
    session = await current(call)
    if name != DEFAULT and (found := await several(call, "model", name)) is not None:
        return found
    wanted = None if name == DEFAULT else await known_model(call, name)
    await call.database.write(sessions.set_model(session.id, wanted))
    if wanted is None:
        text = call.say("**{title}** uses its mode's models again.", title=escaped(session.title))
    else:
        text = call.say("**{title}** now uses `{model}` first.", title=escaped(session.title), model=escaped(wanted))
    return await _chosen(call, text)


async def _chosen(call: Call, text: str) -> View:
    """What was chosen, with what else can be said of how the session is answered."""
    session = await current(call)
    buttons = [Button(call.say("Temperature"), "session_temperature")]
    first, efforts = await _efforts_of(call, session)
    if efforts:
        shown = await shown_effort(call, session, first)
        text += "\n\n" + call.say("Reasoning effort: {effort}", effort=shown)
        buttons.append(Button(call.say("Reasoning effort"), "session_effort"))
    return View(text, (tuple(buttons),))


async def several(call: Call, command: str, typed: str) -> View | None:
    """What to choose from where somebody typed words that several models hold; None if it is the name of one."""
    found = await model_choices(call, typed)
    if not found or typed in {*_names(call), *(choice.value for choice in found)}:
        return None
    return await menu(call, call.commands[command], (), 0, typed)


async def choosable(call: Call) -> Collection[str]:
    """All models that this person can choose here."""
    return {*_names(call), *(choice.value for choice in await _own_choices(call, ""))}


async def known_model(call: Call, name: str) -> ModelName:
    """The model of that name, if this person can choose it. Raises PersonError if not."""
    named = {_reference(model): model for model in _names(call)}
    if name in named:
        return named[name]
    if name not in await choosable(call):
        raise PersonError("There is no model “{model}”. Choose one from the menu.", model=name[:40])
    return ModelName(name)


def prompt_of(text: str) -> str | None:
    """A system prompt as a person gives it; None for an empty one. Raises PersonError for one that is too long."""
    if len(text) > PROMPT_LIMIT:
        raise PersonError(
            "That is {length} characters long; the limit is {limit}. Send a shorter one.",
            length=len(text),
            limit=PROMPT_LIMIT,
        )
    return text.strip() or None


async def temperature_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """A few temperatures with what they do."""
    own = Choice(DEFAULT, call.say("the mode's default"))
    return [own, *(Choice(value, call.say(label)) for value, label in _TEMPERATURES.items())]


def temperature_of(value: str) -> float | None:
    """A temperature as a person gives it; None for the default. Raises PersonError for what is none."""
    if value == DEFAULT:
        return None
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 2:
        raise PersonError("A temperature is a number from 0 to 2, not “{value}”.", value=value[:20])
    return number


@command("session_temperature", "How freely models answer in this session", listed=False)
async def session_temperature(call: Call, value: Annotated[str, "Temperature", Choices(temperature_choices)]) -> View:
    session = await current(call)
    wanted = temperature_of(value)
    await call.database.write(sessions.set_temperature(session.id, wanted))
    shown = call.say("the mode's default") if wanted is None else f"{wanted:g}"
    return View(call.say("The temperature of **{title}** is: {value}", title=escaped(session.title), value=shown))


# how much is thought first


async def _efforts_of(call: Call, session: Session) -> tuple[ModelName, Sequence[Effort]]:
    """The model that answers first in a session, and how much it can be told to think."""
    first = wishes.models_for(session, call.caller.person, None, call.policy)[0]
    known = (await call.profiles.of([first]))[first].efforts
    return first, USUAL if known is None else known


async def shown_effort(call: Call, session: Session, first: ModelName) -> str:
    """How much the first model of a session thinks before it answers."""
    wished = context.effort(call.policy.mode_of(session), session, call.caller.person)
    told = nearest(wished, (await call.profiles.of([first]))[first].efforts)
    return effort_name(call.say, told) if told is not None else call.say("chosen by the model")


def effort_name(say: Say, effort: Effort) -> str:
    """What an effort is called, without what it does."""
    return say(EFFORTS[effort]).partition(" · ")[0]


async def session_effort_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """The efforts that the session's first model takes."""
    _, efforts = await _efforts_of(call, await current(call))
    return _effort_choices(call, efforts)


async def effort_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """All efforts: of those that a model does not take, it is told the nearest that it takes."""
    return _effort_choices(call, tuple(Effort))


def _effort_choices(call: Call, efforts: Sequence[Effort]) -> Sequence[Choice]:
    own = Choice(DEFAULT, call.say("the mode's default"))
    return [own, *(Choice(effort, call.say(EFFORTS[effort])) for effort in efforts)]


def effort_of(value: str) -> Effort | None:
    """An effort as a person gives it; None for the default. Raises PersonError for what is none."""
    if value == DEFAULT:
        return None
    try:
        return Effort(value.strip().lower())
    except ValueError:
        known = ", ".join(Effort)
        raise PersonError(
            "A reasoning effort is one of {known}, not “{value}”.", known=known, value=value[:20]
        ) from None


@command("session_effort", "How much models think before they answer in this session", listed=False)
async def session_effort(
    call: Call, value: Annotated[str, "Reasoning effort", Choices(session_effort_choices)]
) -> View:
    session, wanted = await current(call), effort_of(value)
    await call.database.write(sessions.set_effort(session.id, wanted))
    session = await current(call)
    first, efforts = await _efforts_of(call, session)
    title = escaped(session.title)
    if not efforts:
        text = call.say("**{title}**: `{model}` does not reason before it answers.", title=title, model=escaped(first))
    else:
        shown = await shown_effort(call, session, first)
        text = call.say("The reasoning effort of **{title}** is: {effort}", title=title, effort=shown)
    return View(text)


COMMANDS = (mode, mode_yes, model, session_temperature, session_effort)
