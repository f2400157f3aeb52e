"""Coming in, help, tokens."""

from collections.abc import Iterable
from typing import Annotated

from bot.contracts.command import Command, View, command
from bot.domain.errors import PersonError
from bot.domain.needs import Need
from bot.domain.people import Role
from bot.domain.summaries import SummaryRule
from bot.incoming.call import Call
from bot.people import admission, membership, purse
from bot.people.sessions import usable_default
from bot.rendering.pages import escaped
from bot.texts import moments, said_later
from handlers.commands.reach import zone
from storage import ledger
from storage.ledger import Movement

_MOVEMENTS = 10
_CAUSES = {
    "welcome": said_later("welcome"),
    "refill": said_later("refill"),
    "request": said_later("held"),
    "answered": said_later("answer"),
    "broken off": said_later("broken off"),
    "built-in model": said_later("built-in model"),
    "summary": said_later("summary of a session"),
    "nothing to report": said_later("nothing to report"),
    "failed": said_later("failed"),
    "stopped": said_later("stopped"),
    "could not be shown": said_later("could not be shown"),
    "from an admin": said_later("from an admin"),
    "taken by an admin": said_later("taken by an admin"),
    "one starting balance per person": said_later("one starting balance per person"),
}


_GIVEN = {Role.ADMIN: said_later("You are an admin of this bot now.")}
"""What is said of the role that a code has given."""


@command("start", "Start, or join with an invitation code", role=Role.STRANGER, private=True)
async def start(call: Call, code: Annotated[str, "An invitation code"] = "") -> View:
    person, is_in = call.caller.person, admission.may(call.caller, Need())
    if code.strip() and not admission.would_help(call.caller, call.policy):
        raise admission.why_not_here(call.caller, call.policy)
    if code.strip():
        given = membership.use_code(person.id, code.strip(), call.policy, call.now)
        role = await call.database.write(given)
        if role is None and not is_in:
            raise PersonError("That code is not valid or has expired. Ask for a new one.")
        head = [call.say(_GIVEN[role])] if role in _GIVEN else []
        return View("\n\n".join((*head, await _welcome(call))))
    if not is_in:
        raise admission.why_not_here(call.caller, call.policy)
    return View(await _welcome(call))


async def _welcome(call: Call) -> str:
    say = call.say
    terms = _terms(call, await call.database.read(ledger.balance(call.caller.person.id)))
    name = escaped(call.invocation.sender.name)
    if own := call.policy.of_bot(call.invocation.place).welcome:
        return f"{own.replace('{name}', name)}\n\n{terms}"
    return "\n".join(
        (
            say("Hello {name}! Write anything and I will answer.", name=name),
            "",
            say("Try one of these:"),
            f"- {say('Explain how tides work, in three sentences')}",
            f"- {say('Write a Python function that finds prime numbers')}",
            f"- {say('`/mode` chooses how I answer, `/new` opens a new session')}",
            f"- {say(await _sendable(call))}",
            "",
            terms,
        )
    )


async def _sendable(call: Call) -> str:
    """What files to send: nothing that no configured model can look at or listen to. Text is read without one."""
    policy = call.policy
    chain = policy.modes[usable_default(call.caller, policy)].chain
    profiles = await call.profiles.of((*chain, *policy.files.seeing))
    return _SENDABLE[any(profile.sees_images for profile in profiles.values()), bool(policy.files.hearing)]


_SENDABLE = {
    (True, True): said_later("Send me a picture, a PDF or a voice message, and ask about it"),
    (True, False): said_later("Send me a picture or a PDF, and ask about it"),
    (False, True): said_later("Send me a PDF or a voice message, and ask about it"),
    (False, False): said_later("Send me a PDF, and ask about it"),
}
"""By whether pictures are seen and recordings are heard."""


def _terms(call: Call, balance: int) -> str:
    say, policy = call.say, call.policy
    person = call.caller.person
    if purse.is_free(person, policy):
        return say("`/help` lists everything.")
    if balance < policy.reserve:
        more = purse.more(say, person, policy, call.now)
        return say("You have {balance} tokens.", balance=balance) + f" {purse.price(say, person, policy)} {more}"
    if policy.metered:
        return say(
            "You have {balance} tokens; an answer costs what the model reads and writes. `/help` lists everything.",
            balance=balance,
        )
    return say(
        "You have {balance} tokens; an answer costs {price}. {worth} `/help` lists everything.",
        balance=balance,
        price=policy.tokens_per_request,
        worth=purse.worth(say, balance, policy.tokens_per_request),
    )


@command("help", "What this bot can do")
async def help_command(call: Call) -> View:
    shown = [declared for declared in call.commands.values() if _is_for(call, declared)]
    sections = [_section(call, heading, commands) for heading, commands in in_sections(shown).items()]
    text = call.say(
        "Write to me and I will answer. Reply to an older message to continue from there; edit your own to "
        "ask it differently."
    )
    return View("\n\n".join((text, *sections)))


_SECTIONS = {
    said_later("Sessions"): {"new", "sessions", "switch", "rename", "retitle", "delete", "folder"},
    said_later("Look back"): {"search", "history", "status", "documents", "export", "import"},
    said_later("This answer"): {"chat", "regenerate", "continue", "stop", "fork", "forget", "undo", "compact"},
    said_later("How I answer"): {
        "mode",
        "model",
        "tools",
        "approvals",
        "ask",
        "draw",
        "settings",
        "here",
        "listen",
        "memory",
        "endpoint",
        "models",
    },
    said_later("Later"): {"remind", "schedule", "schedules"},
    said_later("You"): {"start", "help", "tokens", "usage", "link", "unlink", "email", "email_code", "privacy"},
}
"""Which commands stand under which heading of the help."""

_FOR_ADMINS, _MORE = said_later("For admins"), said_later("More")


def in_sections(commands: Iterable[Command]) -> dict[str, list[Command]]:
    """The commands by the headings of the help, in its order; the manual shows the same."""
    given = list(commands)
    grouped = {heading: [c for c in given if _heading_of(c) == heading] for heading in (*_SECTIONS, _MORE, _FOR_ADMINS)}
    return {heading: found for heading, found in grouped.items() if found}


def _heading_of(declared: Command) -> str:
    if declared.need.for_admins:
        return _FOR_ADMINS
    return next((heading for heading, names in _SECTIONS.items() if declared.name in names), _MORE)


def _section(call: Call, heading: str, commands: list[Command]) -> str:
    lines = [f"/{c.name} {_usage(c)}{_also(c)}— {call.say(c.description)}" for c in commands]
    return "\n".join((f"**{call.say(heading)}**", *(line.replace("_", "\\_") for line in lines)))


def _also(declared: Command) -> str:
    return f"({', '.join(f'/{alias}' for alias in declared.aliases)}) " if declared.aliases else ""


def _is_for(call: Call, declared: Command) -> bool:
    return declared.listed and admission.may(call.caller, declared.need)


def _usage(declared: Command) -> str:
    marks = [param.name.upper() if param.required else f"\\[{param.name}\\]" for param in declared.params]
    return "".join(f"{mark} " for mark in marks)


@command("tokens", "Your token balance and how it was spent", private=True)
async def tokens(call: Call) -> View:
    say, policy, person = call.say, call.policy, call.caller.person
    if purse.is_free(person, policy):
        return View(purse.price(say, person, policy))
    balance = await call.database.read(ledger.balance(person.id))
    moved = await call.database.read(ledger.last_movements(person.id, _MOVEMENTS))
    head = [say("You have **{balance}** tokens.", balance=balance), purse.price(say, person, policy)]
    head.append(purse.worth(say, balance, purse.cost_of(policy, moved)))
    if policy.summaries is SummaryRule.PERSON:
        head.append(say("A summary costs as much as an answer."))
    if balance < policy.reserve:
        head.append(purse.more(say, person, policy, call.now))
    lines = [_movement(call, one) for one in moved]
    return View(" ".join(filter(None, head)) + "\n\n" + "\n".join(lines))


def _movement(call: Call, moved: Movement) -> str:
    when = moments.shown(moved.at, zone(call))
    sign = "+" if moved.amount > 0 else "−" if moved.amount < 0 else ""
    cause = call.say(_CAUSES.get(moved.cause, moved.cause))
    return f"- {when} · {sign}{call.say.number(abs(moved.amount))} · {cause}"


START = (start, help_command)
COMMANDS = (tokens,)
