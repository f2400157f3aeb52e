"""What a person chose to have remembered: listed, added, edited, erased. In private chats alone."""

from collections.abc import Sequence
from typing import Annotated

from bot.contracts.command import Field, Form, Scope, View, command
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import PersonError
from bot.domain.facts import LONGEST, MOST_FACTS, Fact, asked_for, clean
from bot.domain.ids import FactId, MessageId
from bot.domain.messages import Message
from bot.domain.policy import Policy
from bot.incoming.call import Call
from bot.people.reaching import reachable_message
from bot.rendering.pages import escaped
from bot.texts import said_later
from bot.turns.memory import most_tokens, told
from handlers.commands.reach import excerpt, number_of, pointed_at
from storage import facts, people
from storage.facts import Kept
from storage.programs import Program

_PER_PAGE = 8
_LABEL = 30
"""Characters of a fact on its button."""

_SAYS = {
    Kept.NEW: said_later("I will remember: {fact}"),
    Kept.KNOWN: said_later("I already remember that: {fact}"),
    Kept.BESIDE: said_later("It was changed elsewhere in the meantime, so I remember this as well: {fact}"),
}


# the list


@command("memory", "List what I remember about you, or add to it", scope=Scope.PRIVATE, on_message="Remember this")
async def memory(call: Call, fact: Annotated[str, "What to remember"] = "") -> View:
    if fact.strip():
        return await _add(call, fact)
    if call.invocation.reply_to is not None and (chosen := await pointed_at(call)) is not None:
        return await _add(call, _fact_in(chosen[1]))
    return await _page(call, 0)


@command("memory_page", "Another page of what I remember", scope=Scope.PRIVATE, listed=False)
async def memory_page(call: Call, page: Annotated[int, "Page"] = 0) -> View:
    return await _page(call, page)


async def _page(call: Call, page: int) -> View:
    found = await call.database.read(facts.of_person(call.caller.person.id))
    at = min(max(0, page), max(0, len(found) - 1) // _PER_PAGE)
    return View(_text(call, found, at), _buttons(call, found, at))


def _text(call: Call, found: Sequence[Fact], page: int) -> str:
    say = call.say
    if not found:
        empty = say("I remember nothing across sessions yet. Add something with `/memory` and a few words.")
        return f"{empty} {_state(call, found)}".strip()
    first = page * _PER_PAGE
    known = len(_told(call, found))
    lines = []
    for number, fact in enumerate(found[first : first + _PER_PAGE], first + 1):
        lines.append(f"{number}. {'📌 ' if fact.pinned else ''}{escaped(fact.text)}")
        if number == known < len(found):
            lines.append(f"\n*{_rest(call)}*\n")
    head = say("What I remember about you, in private chats only: {count}", count=len(found))
    return "\n\n".join(filter(None, (head, "\n".join(lines), _state(call, found))))


def _state(call: Call, found: Sequence[Fact]) -> str:
    """What models read of it."""
    if not call.policy.memory_tokens:
        return call.say("The operator has switched memory off: models read none of this.")
    known = len(_told(call, found))
    if known == len(found):
        return ""
    return call.say("Models read {known} of {count}: what is pinned, then the newest.", known=known, count=len(found))


def _rest(call: Call) -> str:
    return call.say("There is no room in a request for what follows. Pin what matters most.")


def _told(call: Call, found: Sequence[Fact]) -> Sequence[Fact]:
    return told(found, _most(call.policy, call.caller.person.context_tokens))


def _most(policy: Policy, own_window: int | None) -> int:
    return most_tokens(policy.memory_tokens, own_window or policy.context_tokens)


def _buttons(call: Call, found: Sequence[Fact], page: int) -> ButtonRows:
    say, first = call.say, page * _PER_PAGE
    rows = [
        (Button(f"{number}. {_short(fact)}", "fact", (str(fact.id),)),)
        for number, fact in enumerate(found[first : first + _PER_PAGE], first + 1)
    ]
    turning = tuple(
        Button(sign, "memory_page", (str(other),))
        for sign, other in (("‹", page - 1), ("›", page + 1))
        if 0 <= other * _PER_PAGE < len(found)
    )
    acts = [Button(say("Add"), "add_fact")]
    if found:
        acts.append(Button(say("Erase all"), "erase_facts", (), "danger"))
    remembers = call.caller.person.remembers
    asking = say("Ask before I remember") if remembers else say("Remember without asking")
    switch = Button(asking, "set_remembers", ("off" if remembers else "on",))
    return tuple(row for row in (*rows, turning, tuple(acts), (switch,)) if row)


def _short(fact: Fact) -> str:
    return fact.text if len(fact.text) <= _LABEL else f"{fact.text[:_LABEL].rstrip()}…"


# adding


@command("add_fact", "What to remember", scope=Scope.PRIVATE, listed=False)
async def add_fact(call: Call, text: Annotated[str, "What to remember"]) -> View:
    return await _add(call, text)


@command("remember", "Remember what this message asks for", scope=Scope.PRIVATE, listed=False)
async def remember(call: Call, message: Annotated[str, "Which message"]) -> View:
    program = reachable_message(call.caller, MessageId(number_of(message)))
    found = await call.database.read(program)
    if found is None:
        raise PersonError("That message is no longer here.")
    return await _add(call, _fact_in(found[1]))


def _fact_in(message: Message) -> str:
    """What there is to remember of a message: what it asks to have remembered, else its words."""
    return asked_for(message.own_words) or message.text


async def _add(call: Call, text: str) -> View:
    fact = _checked(text)
    return await _kept(call, fact, facts.add(call.caller.person.id, fact, call.now))


def _checked(text: str) -> str:
    fact = clean(text)
    if not fact:
        raise PersonError("That contains no words. Send what I should remember after `/memory`.")
    if len(fact) > LONGEST:
        raise PersonError(
            "That is {length} characters long; the limit is {limit}. Send a shorter version after `/memory`.",
            length=len(fact),
            limit=LONGEST,
        )
    return fact


async def _kept(call: Call, fact: str, keep: Program[Kept]) -> View:
    def program() -> Program[tuple[Kept, list[Fact]]]:
        kept = yield from keep
        return kept, (yield from facts.of_person(call.caller.person.id))

    kept, found = await call.database.write(program())
    if kept is Kept.FULL:
        raise PersonError(
            "I remember {count} things about you, the maximum. Erase one first: `/memory` lists them.", count=MOST_FACTS
        )
    text = "\n\n".join(filter(None, (call.say(_SAYS[kept], fact=escaped(fact)), _state(call, found))))
    return View(text, ((Button(call.say("Everything I remember"), "memory"),),), replace=False)


# one of them


@command("fact", "Something that I remember", scope=Scope.PRIVATE, listed=False)
async def fact_command(call: Call, fact: Annotated[str, "Which"]) -> View:
    found = await _find(call, fact)
    say, number = call.say, (str(found.id),)
    pin = Button(say("Unpin"), "pin_fact", (*number, "off")) if found.pinned else Button(say("Pin"), "pin_fact", number)
    acts = (Button(say("Edit"), "edit_fact", number), pin, Button(say("Erase this"), "erase_fact", number, "danger"))
    back = (Button(say("Everything I remember"), "memory"),)
    return View(f"{'📌 ' if found.pinned else ''}{escaped(found.text)}", (acts, back))


async def _find(call: Call, fact: str) -> Fact:
    program = facts.find(call.caller.person.id, FactId(number_of(fact)))
    found = await call.database.read(program)
    if found is None:
        raise PersonError("That was changed or erased in the meantime. `/memory` lists what I remember now.")
    return found


@command("edit_fact", "Reword it", scope=Scope.PRIVATE, listed=False)
async def edit_fact(call: Call, fact: Annotated[str, "Which"], text: Annotated[str, "In other words"] = "") -> View:
    if not text.strip():
        found = await _find(call, fact)
        asked = Field("text", call.say("What to remember instead"), found.text, long=True)
        form = Form(call.say("Reword it"), "edit_fact", (asked,), (str(found.id),))
        return View(f"> {excerpt(found.text)}", form=form, replace=False)
    wanted, number = _checked(text), FactId(number_of(fact))
    return await _kept(call, wanted, facts.edit(call.caller.person.id, number, wanted, call.now))


@command("pin_fact", "Tell models of it first, or no longer", scope=Scope.PRIVATE, listed=False)
async def pin_fact(call: Call, fact: Annotated[str, "Which"], wanted: Annotated[str, "on or off"] = "on") -> View:
    found = await _find(call, fact)
    await call.database.write(facts.set_pinned(call.caller.person.id, found.id, wanted != "off"))
    return await _page(call, 0)


@command("erase_fact", "Erase what I remember", scope=Scope.PRIVATE, listed=False)
async def erase_fact(call: Call, fact: Annotated[str, "Which"]) -> View:
    found = await _find(call, fact)
    if not await call.database.write(facts.erase(call.caller.person.id, found.id)):
        raise PersonError("That was changed or erased in the meantime. `/memory` lists what I remember now.")
    return await _page(call, 0)


# all of them


@command("erase_facts", "Erase all that I remember", scope=Scope.PRIVATE, listed=False)
async def erase_facts(call: Call) -> View:
    found = await call.database.read(facts.of_person(call.caller.person.id))
    if not found:
        return await _page(call, 0)
    text = call.say("Erase all {count} things I remember about you, for good?", count=len(found))
    # What comes or is changed until the press, on another platform, has not been asked about.
    yes = Button(call.say("Erase all"), "erase_facts_now", (str(max(fact.id for fact in found)),), "danger")
    return View(text, ((yes, Button(call.say("Cancel"), "memory")),))


@command("erase_facts_now", "Erase all that I remember now", scope=Scope.PRIVATE, listed=False)
async def erase_facts_now(call: Call, newest: Annotated[str, "Up to which"]) -> View:
    await call.database.write(facts.erase_all(call.caller.person.id, FactId(number_of(newest))))
    return await _page(call, 0)


@command("set_remembers", "Remember without asking", scope=Scope.PRIVATE, listed=False)
async def set_remembers(call: Call, wanted: Annotated[str, "on or off"]) -> View:
    on = wanted != "off"
    await call.database.write(people.set_remembers(call.caller.person.id, on))
    if on:
        text = call.say("From now on, I remember anything that begins with “remember that” at once, in private chats.")
    else:
        text = call.say("From now on, if a message begins with “remember that”, I offer a button below the answer.")
    if on and call.policy.tools.reading:
        text += " " + call.say("A model may also keep what you tell it about yourself.")
    return View(text, ((Button(call.say("Everything I remember"), "memory"),),))


COMMANDS = (
    memory, memory_page, add_fact, remember, fact_command, edit_fact, pin_fact, erase_fact, erase_facts,
    erase_facts_now, set_remembers,
)  # fmt: skip
