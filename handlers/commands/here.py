"""What holds in a chat, channel or topic, as its admins choose it: a card, and a command for each part of it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

from bot.contracts.abilities import Overhears
from bot.contracts.command import Choice, Choices, Field, Form, View, command
from bot.domain import triggers
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError, PlatformError
from bot.domain.places import NO_CUSTOMS, Customs, Replies
from bot.incoming.call import Call
from bot.incoming.known_customs import KnownCustoms
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
from storage import customs, overheard
from storage.programs import Program

_PROMPT_SHOWN = 200
_AS_AROUND = said_later("as in the whole chat")
_AS_USUAL = said_later("as everywhere")
_ALL, _NAMED, _WORDS = "all", "named", "words"
_ANSWERED = {
    _ALL: said_later("every message"),
    _NAMED: said_later("messages that name me"),
    _WORDS: said_later("messages that name me or hold certain words"),
}
_REPLIES = {
    Replies.THREADS: said_later("in a thread for each question"),
    Replies.CHANNEL: said_later("in the channel, below the question"),
}


@command("here", "What holds in this chat: mode, model, prompt, language, what I answer")
async def here(call: Call) -> View:
    await must_keep_order(call)
    return await _card(call, call.caller.customs, await call.database.read(customs.own(call.caller.place_row)))


async def must_keep_order(call: Call) -> None:
    """Raises PersonError if who calls may not choose what holds here."""
    if call.caller.place.kind.private:
        raise PersonError("`/here` is for groups and channels. In private, `/settings` shows what holds for you.")
    must_shape(await keeping_order(call), call.policy)


async def _card(call: Call, holds: Customs, own: Customs) -> View:
    say = call.say
    mode = usable_default(replace(call.caller, customs=holds), call.policy)
    lines = [
        (say("Mode of new sessions"), f"`{mode}`"),
        (say("Model"), f"`{escaped(holds.model)}`" if holds.model else say("the mode's default")),
        (say("System prompt"), _prompt(say, holds)),
        (say("Language"), LANGUAGES[holds.language] if holds.language else say("each person's own")),
        (say("What I answer"), _answered(say, holds)),
    ]
    if _may_open_threads(call):
        lines.append((say("Where I answer"), say(_REPLIES[holds.replies] if holds.replies else _AS_USUAL)))
    text = "\n".join(f"- {name}: {value}" for name, value in lines)
    head = say("What holds in this topic:") if call.caller.place.thread else say("What holds in this chat:")
    said = filter(None, (head, text, await unseen(call) if holds.answers_all or holds.triggers else ""))
    return View("\n\n".join(said), _buttons(call, own))


def _may_open_threads(call: Call) -> bool:
    """Whether a question there may be answered in a thread of its own."""
    place = call.caller.place
    return not place.thread and call.platform.capabilities(place).creates_threads


def _answered(say: Say, holds: Customs) -> str:
    if holds.answers_all:
        return say(_ANSWERED[_ALL])
    if not holds.triggers:
        return say(_ANSWERED[_NAMED])
    words = ", ".join(f"“{escaped(word)}”" for word in holds.triggers)
    return say("messages that name me or hold one of: {words}", words=words)


async def unseen(call: Call) -> str:
    """What to say where not everything that is written comes to the bot; "" where it does."""
    try:
        if not isinstance(call.platform, Overhears) or await call.platform.hears_all(call.caller.place):
            return ""
    except PlatformError:
        return ""
    return call.say("I only see messages that name me here. Make me an admin of this chat, so that I see the others.")


def _prompt(say: Say, holds: Customs) -> str:
    prompt = holds.prompt or say("none")
    return escaped(prompt if len(prompt) <= _PROMPT_SHOWN else prompt[:_PROMPT_SHOWN] + "…")


def _buttons(call: Call, own: Customs) -> ButtonRows:
    say = call.say
    answers = [Button(say("What I answer"), "here_answers")]
    if _may_open_threads(call):
        answers.append(Button(say("Where I answer"), "here_replies"))
    rows = (
        (Button(say("Mode"), "here_mode"), Button(say("Model"), "here_model")),
        (Button(say("System prompt"), "here_prompt"), Button(say("Language"), "here_language")),
        tuple(answers),
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
        (say("What I answer"), (holds.answers_all or holds.triggers) and _answered(say, holds)),
        (say("Where I answer"), holds.replies and say(_REPLIES[holds.replies])),
        (say("What is said beside me"), holds.listens and say("kept for a while; `/listen` tells more")),
    ):
        if value:
            yield f"{name}: {value}"


async def choose(call: Call, known: KnownCustoms, **chosen: Any) -> tuple[Customs, Customs]:
    """Choose these for the place; gives what holds then, and what of it is the place's own.

    A mode holds at once, in a session of its own. What nobody listens to any longer is erased.
    """
    caller = call.caller

    def program() -> Program[tuple[Customs, Customs, int]]:
        own = replace((yield from customs.own(caller.place_row)), **chosen)
        yield from customs.put(caller.place_row, own)
        holds = call.policy.bounded((yield from customs.at(caller.place)))
        mode = usable_default(replace(caller, customs=holds), call.policy)
        if mode != usable_default(caller, call.policy) and caller.session is not None:
            yield from session_of_mode(caller, mode, call.say(NEW_TITLE), call.now)
        return holds, own, (yield from overheard.forget_unheard(caller.place))

    holds, own, erased = await call.database.write(program())
    await known.note_changed()
    if erased:
        await call.database.wipe_free()
    return holds, own


async def _change(call: Call, known: KnownCustoms, **chosen: Any) -> View:
    """Choose these for the place, and show what holds then."""
    holds, own = await choose(call, known, **chosen)
    person = among(holds, call.caller.person)
    return await _card(replace(call, caller=replace(call.caller, customs=holds, person=person)), holds, own)


def _or_default(call: Call, typed: str, choices: Sequence[Choice]) -> Sequence[Choice]:
    """The choices, behind that of choosing nothing."""
    label = call.say(_AS_AROUND if call.caller.place.thread else _AS_USUAL)
    return [Choice(DEFAULT, label), *choices] if DEFAULT.startswith(typed.lower()) else choices


async def _here_modes(call: Call, typed: str) -> Sequence[Choice]:
    await must_keep_order(call)
    return _or_default(call, typed, await mode_choices(call, typed))


@command("here_mode", "The mode of sessions in this chat", listed=False)
async def here_mode(
    call: Call, name: Annotated[str, "Which mode", Choices(_here_modes)], *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    return await _change(call, known, mode=None if name == DEFAULT else (await confirmed_mode(call, name)).name)


async def _here_models(call: Call, typed: str) -> Sequence[Choice]:
    await must_keep_order(call)
    return _or_default(call, typed, await model_choices(call, typed))


@command("here_model", "The model that answers in this chat", listed=False)
async def here_model(
    call: Call, name: Annotated[str, "Which model", Choices(_here_models, searched=True)], *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    if name != DEFAULT and (found := await several(call, "here_model", name)) is not None:
        return found
    return await _change(call, known, model=None if name == DEFAULT else await known_model(call, name))


@command("here_prompt", "Tell every model something about this chat", listed=False)
async def here_prompt(
    call: Call, text: Annotated[str, "What every model should know or do here"] = "", *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    prompt = prompt_of(text)
    if prompt is not None:
        return await _change(call, known, prompt=prompt)
    kept = (await call.database.read(customs.own(call.caller.place_row))).prompt or ""
    field = Field("text", call.say("What every model should know or do here"), kept, long=True)
    return View("", form=Form(call.say("System prompt"), "here_prompt", (field,)), replace=False)


async def _here_languages(call: Call, typed: str) -> Sequence[Choice]:
    await must_keep_order(call)
    own = [Choice(DEFAULT, call.say("each person's own"))] if DEFAULT.startswith(typed.lower()) else []
    return [*own, *await language_choices(call, typed)]


@command("here_language", "The language I speak in this chat", listed=False)
async def here_language(
    call: Call, language: Annotated[str, "Which language", Choices(_here_languages)], *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    return await _change(call, known, language=None if language == DEFAULT else known_language(language))


async def _here_answers(call: Call, typed: str) -> Sequence[Choice]:
    await must_keep_order(call)
    offered = [name for name in _ANSWERED if name != _ALL or call.policy.here_answer_all]
    return _or_default(call, typed, [Choice(name, call.say(_ANSWERED[name])) for name in offered])


@command("here_answers", "Which messages of this chat I answer", listed=False)
async def here_answers(
    call: Call, which: Annotated[str, "Which messages", Choices(_here_answers)], *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    match which:
        case "all" if call.policy.here_answer_all:
            return await _change(call, known, answers_all=True)
        case "named":
            return await _change(call, known, answers_all=False, triggers=())
        case "words":
            return await here_words.handler(call, known=known)
        case _ if which == DEFAULT:
            return await _change(call, known, answers_all=None, triggers=None)
        case _:
            raise PersonError("Choose one of {known}.", known=", ".join((_NAMED, _WORDS, DEFAULT)))


@command("here_words", "Words that call me in this chat", listed=False)
async def here_words(
    call: Call, text: Annotated[str, "Words or short phrases, separated by commas"] = "", *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    words = triggers.listed(text)
    if len(words) > triggers.MOST or any(len(word) > triggers.LONGEST for word in words):
        raise PersonError(
            "That is too much: {most} words or phrases of up to {longest} characters each call me here.",
            most=triggers.MOST,
            longest=triggers.LONGEST,
        )
    if words:
        return await _change(call, known, answers_all=False, triggers=words)
    kept = ", ".join((await call.database.read(customs.own(call.caller.place_row))).triggers or ())
    field = Field("text", call.say("Words or short phrases, separated by commas"), kept, long=True)
    return View("", form=Form(call.say("Words that call me in this chat"), "here_words", (field,)), replace=False)


async def _here_replies(call: Call, typed: str) -> Sequence[Choice]:
    await must_keep_order(call)
    return _or_default(call, typed, [Choice(where, call.say(label)) for where, label in _REPLIES.items()])


@command("here_replies", "Where I answer in this channel", listed=False)
async def here_replies(
    call: Call, where: Annotated[str, "Where", Choices(_here_replies)], *, known: KnownCustoms
) -> View:
    await must_keep_order(call)
    if where != DEFAULT and (where not in set(Replies) or not _may_open_threads(call)):
        raise PersonError("Choose one of {known}.", known=", ".join((*Replies, DEFAULT)))
    return await _change(call, known, replies=None if where == DEFAULT else Replies(where))


@command("here_reset", "Take back all that was chosen for this chat", listed=False)
async def here_reset(call: Call, *, known: KnownCustoms) -> View:
    await must_keep_order(call)
    return await _change(call, known, **asdict(NO_CUSTOMS))


COMMANDS = (
    here,
    here_mode,
    here_model,
    here_prompt,
    here_language,
    here_answers,
    here_words,
    here_replies,
    here_reset,
)
