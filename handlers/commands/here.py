"""What holds in a chat, channel or topic, as its admins choose it: a card, and a command for each part of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from bot.contracts.command import Choice, Choices, Field, Form, View, command
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError
from bot.domain.places import NO_CUSTOMS, Customs
from bot.incoming.call import Call
from bot.people.admission import must_shape
from bot.people.callers import among
from bot.people.sessions import session_of_mode, usable_default
from bot.rendering.pages import escaped
from bot.texts import LANGUAGES, Say, said_later
from handlers.commands.modes import (
    DEFAULT,
    confirmed_mode,
    known_model,
    mode_choices,
    model_choices,
    prompt_of,
    several,
)
from handlers.commands.reach import NEW_TITLE
from handlers.commands.settings import known_language, language_choices
from handlers.commands.theirs import keeping_order
from storage import customs
from storage.programs import Program

_PROMPT_SHOWN = 200
_AS_AROUND = said_later("as in the whole chat")
_AS_USUAL = said_later("as everywhere")


@command("here", "What holds in this chat: mode, model, system prompt, language")
async def here(call: Call) -> View:
    await _allowed(call)
    return _card(call, call.caller.customs, await call.database.read(customs.own(call.caller.place_row)))


async def _allowed(call: Call) -> None:
    """Raises PersonError if who calls may not choose what holds here."""
    if call.caller.place.kind.private:
        raise PersonError("`/here` is for groups and channels. In private, `/settings` shows what holds for you.")
    must_shape(await keeping_order(call), call.policy)


def _card(call: Call, holds: Customs, own: Customs) -> View:
    say = call.say
    mode = usable_default(replace(call.caller, customs=holds), call.policy)
    lines = [
        (say("Mode of new sessions"), f"`{mode}`"),
        (say("Model"), f"`{escaped(holds.model)}`" if holds.model else say("the mode's default")),
        (say("System prompt"), _prompt(say, holds)),
        (say("Language"), LANGUAGES[holds.language] if holds.language else say("each person's own")),
    ]
    text = "\n".join(f"- {name}: {value}" for name, value in lines)
    head = say("What holds in this topic:") if call.caller.place.thread else say("What holds in this chat:")
    return View(f"{head}\n\n{text}", _buttons(say, own))


def _prompt(say: Say, holds: Customs) -> str:
    prompt = holds.prompt or say("none")
    return escaped(prompt if len(prompt) <= _PROMPT_SHOWN else prompt[:_PROMPT_SHOWN] + "…")


def _buttons(say: Say, own: Customs) -> ButtonRows:
    rows = (
        (Button(say("Mode"), "here_mode"), Button(say("Model"), "here_model")),
        (Button(say("System prompt"), "here_prompt"), Button(say("Language"), "here_language")),
    )
    return rows if own == NO_CUSTOMS else (*rows, (Button(say("Reset all of it"), "here_reset"),))


def chosen_here(say: Say, holds: Customs) -> str:
    """What was chosen for a place, in a line; "" if nothing was."""
    named = " · ".join(_named(say, holds))
    return say("Chosen for this chat by its admins: {what}", what=named) if named else ""


def _named(say: Say, holds: Customs) -> Iterator[str]:
    for name, value in (
        (say("Mode"), holds.mode and f"`{holds.mode}`"),
        (say("Model"), holds.model and f"`{escaped(holds.model)}`"),
        (say("System prompt"), holds.prompt and f"“{_prompt(say, holds)}”"),
        (say("Language"), holds.language and LANGUAGES[holds.language]),
    ):
        if value:
            yield f"{name}: {value}"


async def _change(call: Call, **chosen: Any) -> View:
    """Choose these for the place, and show what holds then. A mode holds at once, in a session of its own."""
    caller = call.caller

    def program() -> Program[tuple[Customs, Customs]]:
        own = replace((yield from customs.own(caller.place_row)), **chosen)
        yield from customs.put(caller.place_row, own)
        holds = yield from customs.at(caller.place)
        mode = usable_default(replace(caller, customs=holds), call.policy)
        if mode != usable_default(caller, call.policy) and caller.session is not None:
            yield from session_of_mode(caller, mode, call.say(NEW_TITLE), call.now)
        return holds, own

    holds, own = await call.database.write(program())
    person = among(holds, caller.person)
    return _card(replace(call, caller=replace(caller, customs=holds, person=person)), holds, own)


def _or_default(call: Call, typed: str, choices: Sequence[Choice]) -> Sequence[Choice]:
    """The choices, behind that of choosing nothing."""
    label = call.say(_AS_AROUND if call.caller.place.thread else _AS_USUAL)
    return [Choice(DEFAULT, label), *choices] if DEFAULT.startswith(typed.lower()) else choices


async def _here_modes(call: Call, typed: str) -> Sequence[Choice]:
    await _allowed(call)
    return _or_default(call, typed, await mode_choices(call, typed))


@command("here_mode", "The mode of sessions in this chat", listed=False)
async def here_mode(call: Call, name: Annotated[str, "Which mode", Choices(_here_modes)]) -> View:
    await _allowed(call)
    return await _change(call, mode=None if name == DEFAULT else (await confirmed_mode(call, name)).name)


async def _here_models(call: Call, typed: str) -> Sequence[Choice]:
    await _allowed(call)
    return _or_default(call, typed, await model_choices(call, typed))


@command("here_model", "The model that answers in this chat", listed=False)
async def here_model(call: Call, name: Annotated[str, "Which model", Choices(_here_models, searched=True)]) -> View:
    await _allowed(call)
    if name != DEFAULT and (found := await several(call, "here_model", name)) is not None:
        return found
    return await _change(call, model=None if name == DEFAULT else await known_model(call, name))


@command("here_prompt", "Tell every model something about this chat", listed=False)
async def here_prompt(call: Call, text: Annotated[str, "What every model should know or do here"] = "") -> View:
    await _allowed(call)
    prompt = prompt_of(text)
    if prompt is not None:
        return await _change(call, prompt=prompt)
    kept = (await call.database.read(customs.own(call.caller.place_row))).prompt or ""
    field = Field("text", call.say("What every model should know or do here"), kept, long=True)
    return View("", form=Form(call.say("System prompt"), "here_prompt", (field,)), replace=False)


async def _here_languages(call: Call, typed: str) -> Sequence[Choice]:
    await _allowed(call)
    own = [Choice(DEFAULT, call.say("each person's own"))] if DEFAULT.startswith(typed.lower()) else []
    return [*own, *await language_choices(call, typed)]


@command("here_language", "The language I speak in this chat", listed=False)
async def here_language(call: Call, language: Annotated[str, "Which language", Choices(_here_languages)]) -> View:
    await _allowed(call)
    return await _change(call, language=None if language == DEFAULT else known_language(language))


@command("here_reset", "Take back all that was chosen for this chat", listed=False)
async def here_reset(call: Call) -> View:
    await _allowed(call)
    return await _change(call, mode=None, model=None, prompt=None, language=None)


COMMANDS = (here, here_mode, here_model, here_prompt, here_language, here_reset)
