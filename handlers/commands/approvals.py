"""Deciding about what a tool would do: the buttons of its card, and what was allowed for longer."""

from typing import Annotated

from bot.contracts.command import Field, Form, View, command
from bot.domain.blocks import Button
from bot.incoming.call import Call
from bot.rendering.pages import escaped
from bot.texts import said_later
from bot.turns.approval_card import Which, arguments_shown, fenced
from bot.turns.approvals import NOT_ALLOWED, Approvals, Decision
from bot.turns.turns import Turns
from handlers.commands.cards import after, decided, pressed_card
from handlers.commands.reach import number_of
from storage import approvals
from storage.tool_calls import CallState, KeptCall

_SAYS = {
    Decision.ONCE: said_later("🔧 Allowed: **{tool}**"),
    Decision.SESSION: said_later("🔧 Allowed in this session: **{tool}**. `/approvals` takes that back."),
    Decision.ALWAYS: said_later("🔧 Always allowed: **{tool}**. `/approvals` takes that back."),
    Decision.NO: NOT_ALLOWED,
}
_LEFT = said_later("🔧 Not repeated: **{tool}**")

_MOST = 8
"""Buttons of a list."""


# the card


@command("allow", "Let a tool do this", listed=False, decides=True)
async def allow(
    call: Call,
    which: Annotated[str, "Which call"],
    how: Annotated[str, "once, session or always"] = Decision.ONCE.value,
    *,
    asked: Approvals,
    under_way: Turns,
) -> View:
    wish = Decision(how) if how in (Decision.SESSION, Decision.ALWAYS) else Decision.ONCE
    return await _decide(call, asked, under_way, which, wish)


@command("deny", "Do not let a tool do this", listed=False, decides=True)
async def deny(
    call: Call,
    which: Annotated[str, "Which call"],
    words: Annotated[str, "What to tell the model"] = "",
    *,
    asked: Approvals,
    under_way: Turns,
) -> View:
    return await _decide(call, asked, under_way, which, Decision.NO, words.strip())


@command("deny_with", "Do not let a tool do this, and say why", listed=False, decides=True)
async def deny_with(call: Call, which: Annotated[str, "Which call"], *, asked: Approvals) -> View:
    tool = (await _waiting(call, asked, which)).call.tool
    words = Field("words", call.say("What shall I do instead?"), long=True)
    form = Form(call.say("Deny"), "deny", (words,), (which,))
    return View(call.say("**{tool}** will not be used.", tool=escaped(tool)), form=form, replace=False)


@command("call_shown", "All that a tool would be called with", listed=False, decides=True, private=True)
async def call_shown(call: Call, which: Annotated[str, "Which call"], *, asked: Approvals) -> View:
    kept = await _waiting(call, asked, which)
    return View(f"🔧 **{escaped(kept.call.tool)}**\n\n{fenced(arguments_shown(kept))}", replace=False)


async def _waiting(call: Call, asked: Approvals, which: str) -> KeptCall:
    """The call of a card, while the one who presses may decide about it."""
    _, _, kept = await call.database.read(asked.waiting(call.caller, Which.of(which)))
    return kept


async def _decide(
    call: Call, asked: Approvals, under_way: Turns, which: str, decision: Decision, words: str = ""
) -> View:
    # What only one person sees is no place for an answer that all see.
    receipt = "" if call.invocation.private else call.invocation.receipt
    program = asked.decide(call.caller, Which.of(which), decision, words, pressed_card(call), receipt)
    made = await decided(call, asked, Which.of(which), program)
    if isinstance(made, View):
        return made
    left = decision is Decision.NO and made.call.state is CallState.UNKNOWN
    text = call.say(_LEFT if left else _SAYS[decision], tool=escaped(made.call.call.tool))
    return after(call, under_way, made, text)


# what is allowed for longer


@command("approvals", "List the tools that may act without asking you", private=True)
async def list_approvals(call: Call) -> View:
    return await _list(call)


async def _list(call: Call) -> View:
    found = await call.database.read(approvals.of_person(call.caller.person.id))
    if not found:
        return View(call.say("Every tool that changes something asks you first."))
    lines = [
        call.say("- **{tool}**, in “{title}”", tool=escaped(one.tool), title=escaped(one.title))
        if one.session is not None
        else call.say("- **{tool}**, in all sessions", tool=escaped(one.tool))
        for one in found
    ]
    buttons = tuple(
        (Button(call.say("Ask again: {tool}", tool=one.tool), "approval_end", (str(one.id),)),) for one in found[:_MOST]
    )
    head = call.say("These tools act without asking, as long as a conversation holds only your own words:")
    return View("\n".join((head, "", *lines)), buttons)


@command("approval_end", "Have a tool ask again", listed=False, private=True)
async def approval_end(call: Call, approval: Annotated[str, "Which"]) -> View:
    await call.database.write(approvals.take_back(call.caller.person.id, number_of(approval)))
    return await _list(call)


COMMANDS = (allow, deny, deny_with, call_shown, list_approvals, approval_end)
