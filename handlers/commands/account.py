"""Coming in, help, tokens."""

from typing import Annotated

from bot import access, moments
from bot.command import Command, Scope, View, command
from bot.dispatch import Call
from bot.errors import PersonError
from bot.pages import escaped
from bot.policy import Policy
from bot.texts import Say, said_later
from bot.types import Role
from handlers.commands.reach import zone
from storage import ledger, people
from storage.database import Program
from storage.ledger import Entry, EntryKind

_ENTRIES = 10
_CAUSES = {
    "welcome": said_later("welcome"),
    "request": said_later("request"),
    "failed": said_later("failed"),
    "stopped": said_later("stopped"),
    "could not be shown": said_later("could not be shown"),
    "from an admin": said_later("from an admin"),
    "one welcome for one person": said_later("one welcome for one person"),
}
_KINDS = {
    EntryKind.GRANT: said_later("given"),
    EntryKind.RESERVE: said_later("held"),
    EntryKind.SETTLE: said_later("left over"),
    EntryKind.RELEASE: said_later("given back"),
    EntryKind.REFUND: said_later("refunded"),
    EntryKind.JOIN: said_later("accounts joined"),
}


@command("start", "Say hello, or come in with a code", role=Role.STRANGER)
async def start(call: Call, code: Annotated[str, "An invitation code"] = "") -> View:
    person = call.standing.person
    if code.strip():
        role = await call.services.database.write(_use_code(call, code.strip()))
        if role is None and not access.may_use(person, Role.MEMBER):
            raise PersonError("That code is not valid (any more). Ask for a new one.")
        if role is Role.ADMIN:
            return View(f"{call.say('You are an admin of this bot now.')}\n\n{_welcome(call)}")
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
        yield from access.grant_role(person, role, call.services.policy, call.services.clock.now())
    return role


def _welcome(call: Call) -> str:
    say, policy = call.say, call.services.policy
    return "\n".join(
        (
            say("Hello {name}! Write anything, and I answer.", name=escaped(call.invocation.sender.name)),
            "",
            say("Try one of these:"),
            f"- {say('Explain how tides work, in three sentences')}",
            f"- {say('Write a Python function that finds prime numbers')}",
            f"- {say('`/mode` chooses how I answer, `/new` begins something new')}",
            f"- {say('Send me a picture, a PDF or a voice message, and ask about it')}",
            "",
            _terms(say, policy),
        )
    )


def _terms(say: Say, policy: Policy) -> str:
    if policy.metered:
        return say(
            "You begin with {start} tokens; an answer costs what the model reads and writes. `/help` lists everything.",
            start=policy.tokens_start,
        )
    return say(
        "You begin with {start} tokens; an answer costs {price}. `/help` lists everything.",
        start=policy.tokens_start,
        price=policy.tokens_per_request,
    )


@command("help", "What this bot can do")
async def help_command(call: Call) -> View:
    shown = [declared for declared in call.commands.values() if _is_for(call, declared)]
    grouped = {heading: [c for c in shown if _heading_of(c) == heading] for heading in (*_SECTIONS, _MORE, _FOR_ADMINS)}
    sections = [_section(call, heading, commands) for heading, commands in grouped.items() if commands]
    text = call.say(
        "Write to me, and I answer. Reply to an older message to go on from there; edit yours to ask it differently."
    )
    return View("\n\n".join((text, *sections)))


_SECTIONS = {
    said_later("Sessions"): {"new", "sessions", "switch", "rename", "retitle", "delete", "folder"},
    said_later("Look back"): {"search", "history", "documents", "export", "import"},
    said_later("This answer"): {"regenerate", "continue", "stop", "fork", "forget", "undo"},
    said_later("How I answer"): {"mode", "model", "ask", "settings", "endpoint", "models"},
    said_later("You"): {"start", "help", "tokens", "link", "unlink", "email", "email_code", "privacy"},
}
"""Which commands stand under which heading of the help."""

_FOR_ADMINS, _MORE = said_later("For admins"), said_later("More")


def _heading_of(declared: Command) -> str:
    if declared.role is Role.ADMIN:
        return _FOR_ADMINS
    return next((heading for heading, names in _SECTIONS.items() if declared.name in names), _MORE)


def _section(call: Call, heading: str, commands: list[Command]) -> str:
    lines = [f"/{c.name} {_usage(c)}— {call.say(c.description)}" for c in commands]
    return "\n".join((f"**{call.say(heading)}**", *(line.replace("_", "\\_") for line in lines)))


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
    lines = [_entry(call, entry) for entry in entries if entry.amount]
    if policy.metered:
        head = call.say(
            "You have **{balance}** tokens. An answer costs what the model reads and writes; a failed one costs "
            "nothing.",
            balance=balance,
        )
    else:
        head = call.say(
            "You have **{balance}** tokens. An answer costs {price}; a failed one costs nothing.",
            balance=balance,
            price=policy.tokens_per_request,
        )
    return View(head + "\n\n" + "\n".join(lines), private=True)


def _entry(call: Call, entry: Entry) -> str:
    when = moments.shown(entry.created_at, zone(call))
    sign = "+" if entry.amount > 0 else "−"
    kind, cause = call.say(_KINDS[entry.kind]), call.say(_CAUSES.get(entry.cause, entry.cause))
    return f"- {when} · {sign}{call.say.number(abs(entry.amount))} · {kind} · {cause}"


START = (start, help_command)
COMMANDS = (tokens,)
