"""The question before something of a person's own is removed for good."""

from bot.contracts.command import View
from bot.domain.blocks import Button
from bot.incoming.call import Call


def removal(call: Call, question: str, number: str, *, removed: str, kept: str) -> View:
    """The question, with the commands that remove what has this number, or show it again."""
    yes = Button(call.say("Remove it"), removed, (number,), "danger")
    no = Button(call.say("Keep it"), kept, (number,))
    return View(question, ((yes, no),), private=True)
