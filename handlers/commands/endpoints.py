"""A person's own API endpoints and models: add, test, list, remove. Keys go in and never come out."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

import structlog

from bot.contracts.command import Choice, Choices, Field, Form, Scope, View, command
from bot.domain.blocks import Button
from bot.domain.errors import NoLonger, PersonError
from bot.domain.provider_errors import (
    BadCredentials,
    ModelMissing,
    NoCredit,
    NotAllowed,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    RateLimited,
    WrongAddress,
)
from bot.incoming.call import Call
from bot.rendering.pages import escaped, filled
from bot.rendering.titles import cut_title
from bot.texts import said_later
from handlers.commands.modes import DEFAULT, temperature_choices, temperature_of
from handlers.commands.once import once
from handlers.commands.reach import current, number_of
from handlers.commands.removal import removal
from storage import endpoints, people, sessions
from storage.endpoints import MOST_ENDPOINTS, MOST_MODELS, OwnEndpoint, OwnModel
from storage.programs import Program

log = structlog.get_logger(__name__)

_NAME_LIMIT = 24
_TAIL = 4
_LONGEST_KEY = 500
_LONGEST_NAME = 200
_SHORT_NAME_BYTES = 24
"""A longer name does not fit into a button beside the command; its digest does."""
_PASTED = re.compile(
    r"(?:export\s+)?(?:[A-Z0-9_-]*(?:KEY|TOKEN|SECRET|AUTHORIZATION)[A-Z0-9_-]*\s*[=:]\s*)?(?:Bearer\s+)?([\"']?)(.*)\1",
    re.IGNORECASE | re.DOTALL,
)
"""What a key is pasted with: a line of `.env`, a header."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad`]")
"""What copying adds to a key and nobody sees; and the marks of code."""
_WITH_ADDRESS = 2
"""How many answers there are once the address is among them."""
_LENGTHS = (512, 1_024, 2_048, 4_096, 8_192)
_OUTCOMES: dict[type[ProviderError], str] = {
    BadCredentials: said_later("The endpoint does not accept the key."),
    NoCredit: said_later("The account there has no credit left."),
    ModelMissing: said_later("There is nothing at that address: it may lack “/v1”."),
    RateLimited: said_later("It works, but is receiving too many requests right now."),
    ProviderTimeout: said_later("No answer came in time."),
    WrongAddress: said_later("There is nothing at that address: it may lack “/v1”."),
    NotAllowed: said_later("The endpoint does not accept the key."),
    ProviderUnreachable: said_later("Nothing answers there, or the address is not public."),
}


# endpoints


@command("endpoint", "Your own API endpoints", scope=Scope.PRIVATE)
async def endpoint(call: Call) -> View:
    return await _list(call)


async def _list(call: Call) -> View:
    found = await call.database.read(endpoints.of_owner(call.caller.person.id))
    lines = [f"- **{escaped(one.name)}** · {escaped(one.base_url)} · …{escaped(one.key_tail)}" for one in found]
    head = (
        call.say("Your endpoints; answers from them cost no tokens:")
        if found
        else call.say("You have no endpoints yet.")
    )
    rows = [(Button(one.name, "endpoint_card", (str(one.id),)),) for one in found]
    return View("\n".join((head, *lines)), (*rows, (Button(call.say("Add one"), "endpoint_add"),)), private=True)


@command("endpoint_add", "Add an endpoint", scope=Scope.PRIVATE, listed=False, takes_secret=True, by_steps=True)
async def endpoint_add(
    call: Call,
    name: Annotated[str, "A name for it"] = "",
    address: Annotated[str, "Its address"] = "",
    key: Annotated[str, "Its key"] = "",
) -> View:
    readers = ((name, _name_in), (address, call.own.check), (key, key_in))
    read: list[str] = []
    wrong = ""
    for typed, reader in readers:
        if not typed:
            return View(call.say(wrong) if wrong else "", form=_questions(call, read), replace=False)
        try:
            read.append(reader(typed))
        except PersonError as error:
            if call.invocation.receipt:
                # A form of the platform's own: it is closed, and was filled in as a whole.
                raise
            return View(filled(call.say, error.tell, error.values), form=_questions(call, read), replace=False)
        if len(read) == _WITH_ADDRESS and (not key or call.invocation.receipt):
            read[-1], found = await call.own.look(read[-1])
            # No reason to refuse it: the server may be off, or have no list of models.
            wrong = _outcome(found) if found is not None else ""
    made = await call.database.write(once(call, _add(call, *read)))
    if made is None:
        raise PersonError("You already have {count} endpoints, the maximum. Remove one first.", count=MOST_ENDPOINTS)
    log.info("endpoint_added", endpoint=made.id, person=made.owner)
    return await _card(call, made)


def _questions(call: Call, answered: Sequence[str]) -> Form:
    """What is left to ask."""
    fields = (
        Field("name", call.say("A name for it")),
        Field("address", call.say("Its address, like https://api.example.com/v1")),
        Field("key", call.say("Its key (I delete your message at once)")),
    )
    return Form(call.say("Add an endpoint"), "endpoint_add", fields[len(answered) :], tuple(answered))


def _name_in(typed: str) -> str:
    """The name, tidied. Raises PersonError."""
    name = cut_title(typed, _NAME_LIMIT)
    if not name or "/" in name:
        raise PersonError("A name needs at least one letter, and no slash.")
    return name


def key_in(pasted: str) -> str:
    """The key itself, whatever it was pasted with: a line of `.env`, a header, the line breaks of a narrow window.

    Raises PersonError.
    """
    plain = _UNSEEN.sub("", pasted).strip()
    match = _PASTED.fullmatch(plain)
    key = "".join((match[2] if match else plain).strip().splitlines())
    # Servers at home take any word for one: `ollama`, `EMPTY`, `none`.
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise PersonError("That does not look like a key. Copy just the key, all of it.")
    return key


def _add(call: Call, name: str, url: str, key: str) -> Program[OwnEndpoint | None]:
    own, tail = call.own, key[-_TAIL:] if len(key) > 2 * _TAIL else ""
    return (
        yield from endpoints.add(
            call.caller.person.id,
            name,
            url,
            tail,
            lambda bound_to: own.seal(key, bound_to),
            call.now,
        )
    )


@command("endpoint_card", "One endpoint", scope=Scope.PRIVATE, listed=False)
async def endpoint_card(call: Call, number: Annotated[str, "Which endpoint"]) -> View:
    return await _card(call, await _find(call, number))


async def _find(call: Call, number: str) -> OwnEndpoint:
    found = await call.database.read(endpoints.find(call.caller.person.id, number_of(number)))
    if found is None:
        raise NoLonger("That endpoint does not exist or has been removed. `/endpoint` lists yours.")
    return found


async def _card(call: Call, found: OwnEndpoint) -> View:
    say, number = call.say, (str(found.id),)
    chosen = await call.database.read(endpoints.models_of(found.owner, found.id))
    models = ", ".join(f"`{escaped(model.name)}`" for model in chosen) or say("none yet")
    text = f"**{escaped(found.name)}** · {escaped(found.base_url)} · …{escaped(found.key_tail)}"
    buttons = (
        (Button(say("Test"), "endpoint_test", number), Button(say("Add a model"), "model_add", number)),
        (Button(say("Type a model's name"), "model_name", number),),
        (Button(say("Remove"), "endpoint_remove", number, "danger"), Button(say("All endpoints"), "endpoint")),
    )
    return View(f"{text}\n{say('Models')}: {models}", buttons, private=True)


@command("endpoint_test", "Call an endpoint once", scope=Scope.PRIVATE, listed=False)
async def endpoint_test(call: Call, number: Annotated[str, "Which endpoint"]) -> View:
    found = await _find(call, number)
    try:
        names = await (await call.own.provider(found)).models()
    except ProviderError as error:
        log.info("endpoint_tested", endpoint=found.id, error=type(error).__name__)
        outcome = call.say(_outcome(error))
    else:
        log.info("endpoint_tested", endpoint=found.id, models=len(names))
        outcome = call.say("It works. Models there: {count}", count=len(names))
    return View(f"**{escaped(found.name)}**: {outcome}", replace=False, private=True)


def _outcome(error: ProviderError) -> str:
    return next(
        (said for kind, said in _OUTCOMES.items() if isinstance(error, kind)),
        said_later("The reply is not in the format of an OpenAI-compatible endpoint."),
    )


@command("endpoint_remove", "Remove an endpoint", scope=Scope.PRIVATE, listed=False, decides=True)
async def endpoint_remove(call: Call, number: Annotated[str, "Which endpoint"]) -> View:
    found = await _find(call, number)
    text = call.say("Remove **{name}**, with its key and its models?", name=escaped(found.name))
    return removal(call, text, number, removed="endpoint_removed", kept="endpoint_card")


@command("endpoint_removed", "Remove an endpoint", scope=Scope.PRIVATE, listed=False, decides=True)
async def endpoint_removed(call: Call, number: Annotated[str, "Which endpoint"]) -> View:
    found = await _find(call, number)
    await call.database.write(endpoints.remove(found.owner, found.id))
    return await _list(call)


# models


@command("models", "The models of your own endpoints", scope=Scope.PRIVATE)
async def models(call: Call) -> View:
    return await _models(call)


async def _models(call: Call) -> View:
    found = await call.database.read(endpoints.models_of(call.caller.person.id))
    rows = [(Button(model.label, "own_model", (str(model.id),)),) for model in found]
    head = (
        call.say("Your own models:")
        if found
        else call.say("You have no models of your own yet; `/endpoint` adds them.")
    )
    return View(head, tuple(rows), private=True)


async def offered_choices(call: Call, typed: str) -> Sequence[Choice]:
    """What the endpoint that is being looked at offers."""
    if not call.invocation.args:
        return []
    found = await _find(call, call.invocation.args[0])
    try:
        names = await (await call.own.provider(found)).models()
    except ProviderError as error:
        raise PersonError(_outcome(error)) from error
    return [Choice(_short(name), name) for name in names if typed.lower() in name.lower()]


def _short(name: str) -> str:
    """A name as a button can carry it."""
    return name if len(name.encode()) <= _SHORT_NAME_BYTES else f"#{sha256(name.encode()).hexdigest()[:12]}"


async def _whole_name(call: Call, found: OwnEndpoint, short: str) -> str:
    if not re.fullmatch("#[0-9a-f]{12}", short):
        return short
    try:
        names = await (await call.own.provider(found)).models()
    except ProviderError as error:
        raise PersonError(_outcome(error)) from error
    whole = next((name for name in names if _short(name) == short), None)
    if whole is None:
        raise NoLonger("That model does not exist or has been removed. `/models` lists yours.")
    return whole


@command("model_add", "Add a model of an endpoint", scope=Scope.PRIVATE, listed=False)
async def model_add(
    call: Call, number: Annotated[str, "Which endpoint"], name: Annotated[str, "Which model", Choices(offered_choices)]
) -> View:
    found = await _find(call, number)
    return await _add_model(call, found, await _whole_name(call, found, name))


@command("model_name", "Add a model by its name", scope=Scope.PRIVATE, listed=False)
async def model_name(
    call: Call,
    number: Annotated[str, "Which endpoint"],
    name: Annotated[str, "The model's name, as the endpoint has it"],
) -> View:
    return await _add_model(call, await _find(call, number), " ".join(name.split()))


async def _add_model(call: Call, found: OwnEndpoint, name: str) -> View:
    added = await call.database.write(endpoints.add_model(found.owner, found.id, name[:_LONGEST_NAME]))
    if added is None:
        raise PersonError("You already have {count} models, the maximum. Remove one first.", count=MOST_MODELS)
    return _model_card(call, added)


async def _find_model(call: Call, number: str) -> OwnModel:
    found = await call.database.read(endpoints.find_model(call.caller.person.id, number_of(number)))
    if found is None:
        raise NoLonger("That model does not exist or has been removed. `/models` lists yours.")
    return found


def _model_card(call: Call, model: OwnModel) -> View:
    say, number = call.say, (str(model.id),)
    warmth = say("the model's default") if model.temperature is None else f"{model.temperature:g}"
    longest = say("the model's default") if model.max_tokens is None else say.number(model.max_tokens)
    lines = (f"**{escaped(model.label)}**", f"{say('Temperature')}: {warmth}", f"{say('Longest answer')}: {longest}")
    buttons = (
        (Button(say("Use it in this session"), "use_own", number, "success"),),
        (
            Button(say("Temperature"), "own_temperature", number),
            Button(say("Longest answer"), "own_length", number),
        ),
        (Button(say("Remove"), "own_remove", number, "danger"),),
    )
    return View("\n".join(lines), buttons, private=True)


@command("own_model", "One model of your own", scope=Scope.PRIVATE, listed=False)
async def own_model(call: Call, number: Annotated[str, "Which model"]) -> View:
    return _model_card(call, await _find_model(call, number))


@command("use_own", "Use it in this session", scope=Scope.PRIVATE, listed=False)
async def use_own(call: Call, number: Annotated[str, "Which model"]) -> View:
    found = await _find_model(call, number)
    if call.caller.session is None:
        # Nothing is open yet: what is begun next begins with it.
        await call.database.write(people.set_default_model(call.caller.person.id, found.reference))
        return View(call.say("From now on, `{model}` answers first in the sessions you start.", model=found.label))
    session = await current(call)
    await call.database.write(sessions.set_model(session.id, found.reference))
    return View(
        call.say("**{title}** now uses `{model}` first.", title=escaped(session.title), model=escaped(found.label))
    )


@command("own_temperature", "How freely it answers", scope=Scope.PRIVATE, listed=False)
async def own_temperature(
    call: Call,
    number: Annotated[str, "Which model"],
    value: Annotated[str, "Temperature", Choices(temperature_choices)],
) -> View:
    found = await _find_model(call, number)
    await call.database.write(endpoints.set_model(found.id, temperature_of(value), found.max_tokens))
    return _model_card(call, await _find_model(call, number))


async def length_choices(call: Call, _typed: str) -> Sequence[Choice]:
    """A few lengths, in the model's tokens."""
    own = Choice(DEFAULT, call.say("the model's default"))
    return [own, *(Choice(str(length), call.say.number(length)) for length in _LENGTHS)]


@command("own_length", "How long its answers may be", scope=Scope.PRIVATE, listed=False)
async def own_length(
    call: Call,
    number: Annotated[str, "Which model"],
    tokens: Annotated[str, "Longest answer", Choices(length_choices)],
) -> View:
    found = await _find_model(call, number)
    longest = None if tokens == DEFAULT else number_of(tokens)
    if longest is not None and not 1 <= longest <= 1_000_000:
        raise PersonError("An answer can be 1 to 1,000,000 tokens long.")
    await call.database.write(endpoints.set_model(found.id, found.temperature, longest))
    return _model_card(call, await _find_model(call, number))


@command("own_remove", "Remove a model", scope=Scope.PRIVATE, listed=False, decides=True)
async def own_remove(call: Call, number: Annotated[str, "Which model"]) -> View:
    found = await _find_model(call, number)
    await call.database.write(endpoints.remove_model(call.caller.person.id, found.id))
    return await _models(call)


COMMANDS = (
    endpoint, endpoint_add, endpoint_card, endpoint_test, endpoint_remove, endpoint_removed, models, model_add,
    model_name, own_model, use_own,
    own_temperature, own_length, own_remove,
)  # fmt: skip
