"""Answers in the platform's plain form, for apps that show the richer one poorly: some cannot copy code from it."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button, OutFile
from bot.domain.errors import PersonError
from bot.domain.ids import MessageId
from bot.domain.messages import Author
from bot.domain.people import RichUse
from bot.incoming.call import Call
from bot.people.reaching import reachable_message
from bot.rendering.pages import AS_PLAIN, paginate
from bot.turns.answer import MOST_PAGES
from handlers.commands.reach import number_of
from storage import people


@command(AS_PLAIN, "Show this answer as plain text", listed=False)
async def as_plain(call: Call, answer: Annotated[str, "Which answer"]) -> View:
    found = await call.database.read(reachable_message(call.caller, MessageId(number_of(answer))))
    if found is None or found[1].author is not Author.ASSISTANT:
        raise PersonError("That answer is no longer here.")
    message, say = found[1], call.say
    wants_rich = (call.caller.person.rich or call.policy.rich) is not RichUse.NEVER
    buttons = ((Button(say("Always as plain text"), "always_plain"),),) if wants_rich else ()
    if len(paginate(call.platform, call.invocation.place, message.text)) > MOST_PAGES:
        file = OutFile("answer.md", "text/markdown", message.text.encode())
        return View(say("The whole answer is in the file."), buttons, replace=False, files=(file,))
    return View(message.text, buttons, replace=False, answer=message.id, plain=True)


@command("always_plain", "Show all answers as plain text", listed=False)
async def always_plain(call: Call) -> View:
    await call.database.write(people.set_rich(call.caller.person.id, RichUse.NEVER))
    return View(call.say("From now on your answers come as plain text. `/settings` changes that."), replace=False)


COMMANDS = (as_plain, always_plain)
