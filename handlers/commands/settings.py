"""A person's own settings. A new account needs none of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from bot.contracts.abilities import RichPages
from bot.contracts.command import Choice, Choices, View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.people import Person, Previews, ReadAloud, RichUse, Steering, ToolsShown
from bot.incoming.call import Call
from bot.rendering.pages import escaped
from bot.schedules.plans import move_to_zone
from bot.schedules.runner import ScheduleRunner
from bot.texts import LANGUAGES, Say, language_of, moments, said_later, say_in, zones
from handlers.commands.modes import (
    DEFAULT,
    confirmed_mode,
    effort_choices,
    effort_name,
    effort_of,
    known_model,
    mode_choices,
    prompt_of,
    session_model_choices,
    several,
    temperature_choices,
    temperature_of,
)
from handlers.commands.one_of import OneOf
from storage import people
from storage.programs import Program

_PROMPT_SHOWN = 200
_LEAST_TOKENS, _MOST_TOKENS = 500, 10_000_000
_MOST_MESSAGES = 200
_RICH: dict[RichUse | None, str] = {
    RichUse.AUTO: said_later("when an answer needs it"),
    RichUse.ALWAYS: said_later("always"),
    RichUse.NEVER: said_later("never"),
}
_PREVIEWS = {
    Previews.DRAFTS: said_later("as drafts while they are being written"),
    Previews.EDITS: said_later("as messages that grow"),
    Previews.OFF: said_later("when they are done"),
}
_STEERING = {
    Steering.WAIT: said_later("it is queued"),
    Steering.NOW: said_later("it ends that answer and is answered next"),
    Steering.ADD: said_later("it is added to the question"),
}
_ALOUD = {
    ReadAloud.OFF: said_later("never"),
    ReadAloud.SPOKEN: said_later("when I send a voice message"),
    ReadAloud.ALWAYS: said_later("always"),
}
_TOOLS = {
    ToolsShown.LINE: said_later("one line"),
    ToolsShown.ALL: said_later("each call"),
    ToolsShown.NONE: said_later("not shown"),
}
_WHETHER: dict[bool | None, str] = {True: said_later("yes"), False: said_later("no")}
_DECIDED = {DEFAULT: None, "on": True, "off": False}
_ZONES_OFFERED = (
    "Europe/London", "Europe/Berlin", "Europe/Madrid", "Europe/Kyiv", "Europe/Moscow", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "UTC",
)  # fmt: skip


@command("settings", "Your own settings", private=True)
async def settings(call: Call) -> View:
    if call.caller.place.kind.private:
        return _view(call, call.caller.person)
    # Among others a person is spoken to as the chat has chosen; what they have set is what they look at.
    return _view(call, await call.database.read(people.get(call.caller.person.id)))


def _view(call: Call, person: Person) -> View:
    say, policy = say_in(person.language), call.policy
    prompt = person.system_prompt or say("none")
    shown = prompt if len(prompt) <= _PROMPT_SHOWN else prompt[:_PROMPT_SHOWN] + "…"
    lines = [
        (say("Language"), LANGUAGES[language_of(person.language)]),
        (say("Time zone"), f"{person.time_zone or 'UTC'} ({_now(call, person)})"),
        (say("Default mode"), f"`{person.default_mode or policy.default_mode}`"),
        (say("Default model"), f"`{person.default_model}`" if person.default_model else say("the mode's default")),
        (say("Temperature"), say("the mode's default") if person.temperature is None else f"{person.temperature:g}"),
        (
            say("Reasoning effort"),
            say("the mode's default") if person.effort is None else effort_name(say, person.effort),
        ),
        (say("Messages a model reads"), str(person.context_messages or policy.context_messages)),
        (say("Tokens a model reads"), _tokens(say, person.context_tokens or policy.context_tokens)),
        (say("Show answers"), say(_PREVIEWS[_previews(call, person)])),
        (say("When I write while you answer"), say(_STEERING[person.steering])),
        (say("Lines sent in a row are one message"), say(_WHETHER[person.joins_lines])),
        (say("Which model answered, and its cost"), say(_WHETHER[policy.shows_model(person)])),
        (say("The model's reasoning"), say(_WHETHER[policy.shows_reasoning(person)])),
        (say("Tools that a model uses"), say(_TOOLS[person.tools_shown])),
        (say("Broadcasts from the operator"), say(_WHETHER[person.broadcasts])),
        (say("System prompt"), escaped(shown)),
    ]
    has_rich, speaks = isinstance(call.platform, RichPages), bool(policy.speaking)
    if speaks:
        lines.append((say("Read answers aloud"), say(_ALOUD[person.read_aloud])))
    if has_rich:
        lines.append((say("Rich messages"), say(_RICH[person.rich or policy.rich])))
    buttons = _buttons(person, say, has_rich=has_rich, speaks=speaks)
    return View("\n".join(f"- {name}: {value}" for name, value in lines), buttons, private=True)


def _buttons(person: Person, say: Say, *, has_rich: bool, speaks: bool) -> tuple[tuple[Button, ...], ...]:
    rows = [
        (Button(say("Language"), "set_language"), Button(say("Time zone"), "set_zone")),
        (Button(say("Default mode"), "set_mode"), Button(say("Default model"), "set_model")),
        (Button(say("Temperature"), "set_temperature"), Button(say("Reasoning effort"), "set_effort")),
        (Button(say("Context size"), "set_context"), Button(say("Most tokens a model reads"), "set_context_tokens")),
        (Button(say("How answers are shown"), "set_previews"),),
        (Button(say("When I write while you answer"), "set_steering"),),
        (
            Button(say("Answer each line at once"), "set_joins_lines", ("off",))
            if person.joins_lines
            else Button(say("Join lines sent in a row"), "set_joins_lines", ("on",)),
        ),
        (
            Button(say("Which model answered, and its cost"), "set_show_model"),
            Button(say("The model's reasoning"), "set_show_reasoning"),
        ),
        (
            Button(say("Tools that a model uses"), "set_tools_shown"),
            Button(say("Get no broadcasts"), "set_broadcasts", ("off",))
            if person.broadcasts
            else Button(say("Get broadcasts"), "set_broadcasts", ("on",)),
        ),
        (Button(say("System prompt"), "set_prompt"),),
    ]
    if speaks:
        rows[5] = (*rows[5], Button(say("Read answers aloud"), "set_read_aloud"))
    if has_rich:
        rows[4] = (*rows[4], Button(say("Rich messages"), "set_rich"))
    if person.system_prompt:
        rows[-1] = (*rows[-1], Button(say("Clear prompt"), "clear_prompt"))
    return tuple(rows)


def _now(call: Call, person: Person) -> str:
    return moments.shown(call.now, moments.zone_of(person.time_zone))[-5:]


async def _after(call: Call, change: Program[None]) -> View:
    """Make a change and show the settings as they are then."""
    person = call.caller.person.id

    def apply() -> Program[Person]:
        yield from change
        return (yield from people.get(person))

    return _view(call, await call.database.write(apply()))


# how the bot speaks


async def language_choices(_call: Call, typed: str) -> Sequence[Choice]:
    """The languages that there are catalogues for, by their own names."""
    return [Choice(tag, name) for tag, name in LANGUAGES.items() if typed.lower() in (tag, name.lower()[: len(typed)])]


@command("set_language", "The language I speak", private=True, listed=False)
async def set_language(call: Call, language: Annotated[str, "Which language", Choices(language_choices)]) -> View:
    return await _after(call, people.set_language(call.caller.person.id, known_language(language)))


def known_language(language: str) -> str:
    """A language that there is a catalogue for. Raises PersonError if there is none."""
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES.values())
        raise PersonError("I do not speak “{language}”. I know {known}.", language=language[:40], known=known)
    return language


async def zone_choices(_call: Call, typed: str) -> Sequence[Choice]:
    """A few zones of the world; all of them once something is typed."""
    if not typed:
        return [Choice(name, name) for name in _ZONES_OFFERED]
    wanted = "_".join(typed.lower().split())
    return [Choice(name, name) for name in moments.zone_names() if wanted in name.lower()]


@command("set_zone", "Your time zone", private=True, listed=False)
async def set_zone(
    call: Call, name: Annotated[str, "Which time zone", Choices(zone_choices)], *, runner: ScheduleRunner
) -> View:
    zone = moments.find_zone(name)
    if zone is None and (alike := zones.near(name)):
        named = ", ".join(alike)
        raise PersonError("I do not know the time zone “{name}”. Did you mean {alike}?", name=name[:40], alike=named)
    if zone is None:
        raise PersonError("I do not know the time zone “{name}”. Send one like Europe/Berlin.", name=name[:40])
    person = call.caller.person.id

    def program() -> Program[None]:
        yield from people.set_time_zone(person, zone)
        yield from move_to_zone(person, moments.zone_of(zone), call.now)

    view = await _after(call, program())
    runner.look_again()
    return view


def _previews(call: Call, person: Person) -> Previews:
    """How answers are shown to a person here."""
    wanted = person.previews or call.policy.previews
    return Previews.EDITS if wanted is Previews.DRAFTS and not _has_drafts(call) else wanted


def _has_drafts(call: Call) -> bool:
    return call.platform.capabilities(call.invocation.place).draft_lifetime_s is not None


async def preview_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """The ways in which this platform can show an answer that grows."""
    ours = call.say(_PREVIEWS[_previews(call, replace(call.caller.person, previews=None))])
    own = call.say("{choice} · as the operator set it", choice=ours)
    offered = [one for one in Previews if one is not Previews.DRAFTS or _has_drafts(call)]
    return [Choice(DEFAULT, own), *(Choice(one.value, call.say(_PREVIEWS[one])) for one in offered)]


@command("set_previews", "How answers are shown while they are being written", private=True, listed=False)
async def set_previews(call: Call, how: Annotated[str, "When", Choices(preview_choices)]) -> View:
    chosen = next((one for one in Previews if one.value == how), None)
    return await _after(call, people.set_previews(call.caller.person.id, chosen))


@command("set_joins_lines", "Take lines written in a row as one message", private=True, listed=False)
async def set_joins_lines(call: Call, wanted: Annotated[str, "on or off"]) -> View:
    return await _after(call, people.set_joins_lines(call.caller.person.id, wanted != "off"))


@command("set_broadcasts", "Get what the operator tells everybody", private=True, listed=False)
async def set_broadcasts(call: Call, wanted: Annotated[str, "on or off"]) -> View:
    return await _after(call, people.set_broadcasts(call.caller.person.id, wanted != "off"))


set_steering = OneOf(
    name="set_steering",
    description="What becomes of what you write while I answer",
    question="What",
    values={one.value: one for one in Steering},
    words=_STEERING,
    keep=people.set_steering,
).declared(_after)

set_tools_shown = OneOf(
    name="set_tools_shown",
    description="What you see of the tools that a model uses",
    question="What",
    values={one.value: one for one in ToolsShown},
    words=_TOOLS,
    keep=people.set_tools_shown,
).declared(_after)

set_read_aloud = OneOf(
    name="set_read_aloud",
    description="When answers are read aloud as well",
    question="When",
    values={one.value: one for one in ReadAloud},
    words=_ALOUD,
    keep=people.set_read_aloud,
).declared(_after)

set_show_model = OneOf(
    name="set_show_model",
    description="Show below answers who gave them",
    question="Show below answers which model gave them",
    values=_DECIDED,
    words=_WHETHER,
    keep=people.set_show_model,
    operators=lambda policy: policy.show_model,
).declared(_after)

set_show_reasoning = OneOf(
    name="set_show_reasoning",
    description="Show a model's reasoning",
    question="Show a model's reasoning above its answer",
    values=_DECIDED,
    words=_WHETHER,
    keep=people.set_show_reasoning,
    operators=lambda policy: policy.show_reasoning,
).declared(_after)

set_rich = OneOf(
    name="set_rich",
    description="When answers come as rich messages",
    question="When",
    values={DEFAULT: None, **{one.value: one for one in RichUse}},
    words=_RICH,
    keep=people.set_rich,
    operators=lambda policy: policy.rich,
).declared(_after)


# how models answer


@command("set_mode", "The mode of new sessions", private=True, listed=False)
async def set_mode(call: Call, name: Annotated[str, "The mode of new sessions", Choices(mode_choices)]) -> View:
    wanted = await confirmed_mode(call, name)
    return await _after(call, people.set_default_mode(call.caller.person.id, wanted.name))


@command("set_model", "The model that answers you", private=True, listed=False)
async def set_model(
    call: Call, model: Annotated[str, "Which model", Choices(session_model_choices, searched=True)]
) -> View:
    if model != DEFAULT and (found := await several(call, "set_model", model)) is not None:
        return found
    wanted = None if model == DEFAULT else await known_model(call, model)
    return await _after(call, people.set_default_model(call.caller.person.id, wanted))


@command("set_temperature", "How freely models answer you", private=True, listed=False)
async def set_temperature(call: Call, value: Annotated[str, "Temperature", Choices(temperature_choices)]) -> View:
    return await _after(call, people.set_temperature(call.caller.person.id, temperature_of(value)))


@command("set_effort", "How much models think before they answer you", private=True, listed=False)
async def set_effort(call: Call, value: Annotated[str, "Reasoning effort", Choices(effort_choices)]) -> View:
    return await _after(call, people.set_effort(call.caller.person.id, effort_of(value)))


async def context_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """A few numbers of messages."""
    own = call.say("{count} · as the operator set it", count=call.policy.context_messages)
    return [Choice("0", own), *(Choice(str(count), str(count)) for count in (6, 12, 20, 40, 80))]


@command("set_context", "How much of a session models read", private=True, listed=False)
async def set_context(call: Call, count: Annotated[int, "How many messages", Choices(context_choices)]) -> View:
    if not 0 <= count <= _MOST_MESSAGES:
        raise PersonError("A model can read from 1 to {most} messages of a session.", most=_MOST_MESSAGES)
    return await _after(call, people.set_context_messages(call.caller.person.id, count or None))


def _tokens(say: Say, count: int) -> str:
    return str(count) if count else say("as many as it can")


async def token_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """A few numbers of tokens."""
    ours = _tokens(call.say, call.policy.context_tokens)
    own = call.say("{count} · as the operator set it", count=ours)
    return [Choice("0", own), *(Choice(str(count), str(count)) for count in (2_000, 8_000, 32_000, 128_000))]


@command("set_context_tokens", "How many tokens models read", private=True, listed=False)
async def set_context_tokens(call: Call, count: Annotated[int, "How many tokens", Choices(token_choices)]) -> View:
    if count and not _LEAST_TOKENS <= count <= _MOST_TOKENS:
        raise PersonError(
            "A model can read from {least} to {most} tokens of a session.", least=_LEAST_TOKENS, most=_MOST_TOKENS
        )
    return await _after(call, people.set_context_tokens(call.caller.person.id, count or None))


@command("set_prompt", "Tell every model something about you", private=True, listed=False)
async def set_prompt(call: Call, text: Annotated[str, "What every model should know or do"]) -> View:
    return await _after(call, people.set_system_prompt(call.caller.person.id, prompt_of(text)))


@command("clear_prompt", "Take the system prompt away", private=True, listed=False)
async def clear_prompt(call: Call) -> View:
    return await _after(call, people.set_system_prompt(call.caller.person.id, None))


COMMANDS = (
    settings, set_show_model, set_show_reasoning, set_language, set_zone, set_previews, set_steering,
    set_joins_lines, set_broadcasts, set_read_aloud, set_tools_shown, set_rich, set_mode, set_model, set_temperature,
    set_effort, set_context, set_context_tokens, set_prompt, clear_prompt,
)  # fmt: skip
