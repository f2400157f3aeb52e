"""The question before something of a person's own is removed for good."""

from bot.contracts.command import View
from bot.domain.blocks import Button
from bot.incoming.call import Call


def removal(call: Call, question: str, *named: str, removed: str, kept: str) -> View:
    """The question, with the commands that remove what is named so, or show it again."""
    yes = Button(call.say("Remove it"), removed, named, "danger")
    no = Button(call.say("Keep it"), kept, named)
    return View(question, ((yes, no),), private=True)
