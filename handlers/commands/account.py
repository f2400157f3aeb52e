"""Coming in, help, tokens, a person's own settings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from bot import access
from bot.blocks import Button
from bot.command import Choice, Choices, Command, Scope, View, command
from bot.dispatch import Call
from bot.errors import PersonError
from bot.types import Person, Role
from handlers.commands.sessions import mode_choices
from storage import ledger, people
from storage.database import Program

_ENTRIES = 10
_PROMPT_LIMIT = 4_000
_HOTTEST = 2.0


@command("start", "Say hello, or come in with a code", role=Role.STRANGER)
async def start(call: Call, code: Annotated[str, "An invitation code"] = "") -> View:
    person = call.standing.person
    if code.strip():
        role = await call.services.database.write(_use_code(call, code.strip()))
        if role is None and not access.may_use(person, Role.MEMBER):
            raise PersonError("That code is not valid (any more). Ask for a new one.")
        if role is Role.ADMIN:
            return View(f"You are an admin of this bot now.\n\n{_welcome(call)}")
        return View(_welcome(call))
    if not access.may_use(person, Role.MEMBER):
        raise PersonError(access.why_not(person, call.services.policy))
    return View(_welcome(call))


def _use_code(call: Call, code: str) -> Program[Role | None]:
    """Let the person in with the code's role; a code is not used up by someone it would give nothing."""
    person = yield from people.get(call.standing.person.id)
    if person.role in (Role.BLOCKED, Role.ADMIN):
        return None
    role = yield from people.use_invite(code, None if person.role is Role.STRANGER else Role.ADMIN)
    if role is not None:
        yield from access.let_in(person, role, call.services.policy, call.services.clock.now())
    return role


def _welcome(call: Call) -> str:
    policy = call.services.policy
    return (
        f"Hello {call.invocation.sender.name}! Write anything, and I answer.\n\n"
        "Try one of these:\n"
        "- Explain how tides work, in three sentences\n"
        "- Write a Python function that finds prime numbers\n"
        "- `/mode` chooses how I answer, `/new` begins something new\n\n"
        f"You begin with {policy.tokens_start:,} tokens; an answer costs {policy.tokens_per_request:,}. "
        "`/help` lists everything."
    )


@command("help", "What this bot can do")
async def help_command(call: Call) -> View:
    lines = [f"/{c.name} {_usage(c)}— {c.description}" for c in call.commands.values() if _is_for(call, c)]
    text = "Write to me, and I answer. Reply to an older message to go on from there; edit yours to ask it differently."
    return View(text + "\n\n" + "\n".join(line.replace("_", "\\_") for line in lines))


def _is_for(call: Call, declared: Command) -> bool:
    here = declared.scope is Scope.ANYWHERE or call.invocation.place.kind.private
    return declared.listed and here and access.may_use(call.standing.person, declared.role)


def _usage(declared: Command) -> str:
    marks = [param.name.upper() if param.required else f"\\[{param.name}\\]" for param in declared.params]
    return "".join(f"{mark} " for mark in marks)


@command("tokens", "What you have left, and where it went")
async def tokens(call: Call) -> View:
    person, policy = call.standing.person.id, call.services.policy
    balance = await call.services.database.read(ledger.balance(person))
    entries = await call.services.database.read(ledger.last_entries(person, _ENTRIES))
    lines = [
        f"- {_when(entry.created_at)} · {entry.amount:+,} · {entry.kind} · {entry.cause}"
        for entry in entries
        if entry.amount
    ]
    head = (
        f"You have **{balance:,}** tokens. An answer costs {policy.tokens_per_request:,}; a failed one costs nothing."
    )
    return View(head + "\n\n" + "\n".join(lines), private=True)


def _when(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%m-%d %H:%M")


@command("settings", "Your own settings", scope=Scope.PRIVATE)
async def settings(call: Call) -> View:
    return _settings(call, call.standing.person)


def _settings(call: Call, person: Person) -> View:
    prompt = person.system_prompt or "none"
    excerpt = prompt if len(prompt) <= 200 else prompt[:200] + "…"
    warmth = "the mode's own" if person.temperature is None else f"{person.temperature:g}"
    text = (
        f"- Default mode: `{person.default_mode or call.services.policy.default_mode}`\n"
        f"- Temperature: {warmth}\n"
        f"- System prompt: {excerpt}"
    )
    buttons = (
        (Button("Default mode", "set_mode"), Button("Temperature", "set_temperature")),
        (Button("System prompt", "set_prompt"), Button("Clear prompt", "clear_prompt")),
    )
    return View(text, buttons, private=True)


async def _after(call: Call, change: Program[None]) -> View:
    """Make a change and show the settings as they are then."""
    person = call.standing.person.id

    def apply() -> Program[Person]:
        yield from change
        return (yield from people.get(person))

    return _settings(call, await call.services.database.write(apply()))


@command("set_mode", "Choose the mode of new sessions", scope=Scope.PRIVATE, listed=False)
async def set_mode(call: Call, name: Annotated[str, "The mode of new sessions", Choices(mode_choices)]) -> View:
    wanted = call.services.policy.modes.get(name.strip().lower())
    if wanted is None:
        raise PersonError(f"There is no mode {name[:40]!r}.")
    if wanted.needs_consent and not await call.services.database.read(
        people.has_consented(call.standing.person.id, wanted.name)
    ):
        raise PersonError(f"Confirm this mode once with `/mode {wanted.name}`; then it can be your default.")
    return await _after(call, people.set_default_mode(call.standing.person.id, wanted.name))


async def temperature_choices(_call: Call, _typed: str) -> Sequence[Choice]:
    """A few temperatures with what they do."""
    return [
        Choice("default", "The mode's own"),
        Choice("0", "0 · strict"),
        Choice("0.5", "0.5 · sober"),
        Choice("1", "1 · free"),
        Choice("1.5", "1.5 · wild"),
    ]


@command("set_temperature", "Choose how freely models answer you", scope=Scope.PRIVATE, listed=False)
async def set_temperature(call: Call, value: Annotated[str, "Temperature", Choices(temperature_choices)]) -> View:
    return await _after(call, people.set_temperature(call.standing.person.id, _temperature(value)))


def _temperature(value: str) -> float | None:
    if value == "default":
        return None
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number <= _HOTTEST:
        raise PersonError(f"A temperature is a number from 0 to {_HOTTEST:g}, not {value[:20]!r}.")
    return number


@command("set_prompt", "Tell every model something about you", scope=Scope.PRIVATE, listed=False)
async def set_prompt(call: Call, text: Annotated[str, "What should every model know or do? Send it now"]) -> View:
    if len(text) > _PROMPT_LIMIT:
        raise PersonError(f"That is {len(text):,} characters long; {_PROMPT_LIMIT:,} are possible. Send a shorter one.")
    return await _after(call, people.set_system_prompt(call.standing.person.id, text.strip() or None))


@command("clear_prompt", "Take the system prompt away", scope=Scope.PRIVATE, listed=False)
async def clear_prompt(call: Call) -> View:
    return await _after(call, people.set_system_prompt(call.standing.person.id, None))


START = (start, help_command)
COMMANDS = (tokens, settings, set_mode, set_temperature, set_prompt, clear_prompt)
