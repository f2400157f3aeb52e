"""The card that asks about a call: what would be done, with whose account and with what, and what can be decided."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bot.domain.blocks import Button, ButtonRows
from bot.domain.ids import TurnId
from bot.rendering.pages import escaped
from bot.texts import Say
from bot.turns.form_card import FormCard
from storage.tool_calls import CallState, KeptCall

MOST_SAID = 600
"""Characters of what the model has said, above the card."""
MOST_ARGUMENTS = 700
"""Characters of what a tool is called with; all of it is behind a button."""


_NAMED = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.([0-9]{1,9})\.([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Which:
    """A call as a button names it: of a turn, and as its card has shown it."""

    turn: TurnId
    round: int
    number: int
    seal: str

    @classmethod
    def at(cls, turn: TurnId, call: KeptCall) -> Self:
        """That of a call as its card shows it now."""
        return cls(turn, call.round, call.number, call.seal)

    @property
    def name(self) -> str:
        """The same in one word."""
        return f"{self.turn}.{self.round}.{self.number}.{self.seal}"

    @classmethod
    def of(cls, name: str) -> Self:
        """The reverse of `name`; of anything else, a call that there never is."""
        found = _NAMED.fullmatch(name)
        return cls(TurnId(int(found[1])), int(found[2]), int(found[3]), found[4]) if found else cls(TurnId(0), 0, 0, "")


@dataclass(frozen=True, slots=True)
class Card:
    """A call to decide about, the first of those that are left."""

    turn: TurnId
    call: KeptCall
    left: int
    """How many wait for a decision, this one included."""

    @classmethod
    def of(cls, turn: TurnId, calls: Sequence[KeptCall]) -> Self | None:
        """The card of a turn with these calls; None if nothing waits for a decision."""
        undecided = [kept for kept in calls if kept.is_undecided]
        return cls(turn, undecided[0], len(undecided)) if undecided else None

    def text(self, say: Say) -> str:
        """What it says, as Markdown."""
        if self.call.state is CallState.WANTS:
            return self._form.text(say)
        call, unknown = self.call, self.call.state is CallState.UNKNOWN
        tool = escaped(call.call.tool)
        asks = (
            say("⚠️ **{tool}** was interrupted. It may or may not have done this. Do it again?", tool=tool)
            if unknown
            else say("🔧 May I use **{tool}**?", tool=tool)
        )
        login = say("Account: {login}", login=escaped(call.login)) if call.login else ""
        more = say("{count} more to decide after this one.", count=self.left - 1) if self.left > 1 else ""
        shown = arguments_shown(call)
        block = fenced(shown if len(shown) <= MOST_ARGUMENTS else f"{shown[:MOST_ARGUMENTS]}…") if shown else ""
        wary = (
            say("This conversation holds text that is not yours, so I ask every time.")
            if call.wary and not unknown
            else ""
        )
        return "\n\n".join(filter(None, (_said(call), asks, login, block, wary, more)))

    def buttons(self, say: Say) -> ButtonRows:
        """What can be pressed below it."""
        if self.call.state is CallState.WANTS:
            return self._form.buttons(say)
        args = (self._which.name,)
        if self.call.state is CallState.UNKNOWN:
            again = Button(say("Do it again"), "allow", (*args, "once"), "danger")
            rows: tuple[tuple[Button, ...], ...] = ((again, Button(say("Leave it"), "deny", args)),)
        else:
            allow = Button(say("Allow once"), "allow", (*args, "once"), "success")
            longer = (
                Button(say("For this session"), "allow", (*args, "session")),
                Button(say("Always"), "allow", (*args, "always")),
            )
            why = Button(say("Deny, and say why"), "deny_with", args)
            rows = ((allow, Button(say("Deny"), "deny", args, "danger")), longer, (why,))
        if len(arguments_shown(self.call)) > MOST_ARGUMENTS:
            rows = (*rows, (Button(say("Show everything"), "call_shown", args),))
        return rows

    @property
    def _which(self) -> Which:
        return Which.at(self.turn, self.call)

    @property
    def _form(self) -> FormCard:
        return FormCard(self._which.name, self.call)


def arguments_shown(call: KeptCall) -> str:
    """What a tool is called with, so that nothing in it can pass for something else; "" if it is nothing."""
    try:
        arguments = json.loads(call.call.arguments)
    except ValueError:
        return _visible(call.call.arguments)
    return _visible(json.dumps(arguments, indent=2, ensure_ascii=False)) if arguments else ""


def fenced(text: str) -> str:
    """Text as a block of code, whatever it holds."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _visible(text: str) -> str:
    """A text whose invisible characters (that turn its direction, join, or take no room) are written as numbers."""
    return "".join(
        each if each == "\n" or unicodedata.category(each)[0] != "C" else f"\\u{ord(each):04x}" for each in text
    )


def _said(call: KeptCall) -> str:
    """What the model has said before it called, or its beginning."""
    said = call.said
    return said if len(said) <= MOST_SAID else f"{escaped(said[:MOST_SAID].rstrip())} …"
