"""Whether the bot keeps for a while what is said beside it: chosen by a chat's admins, told to all, left by anybody."""

from collections.abc import Sequence
from typing import Annotated

from bot.contracts.command import Choice, Choices, View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.people import Role
from bot.incoming.call import Call
from bot.incoming.known_customs import KnownCustoms
from bot.texts import Say, said_later
from handlers.commands.here import choose, must_keep_order, unseen
from storage import overheard

LEAVE_OUT = said_later("Leave me out")
TAKE_IN = said_later("Do not leave me out")
_HOURS = overheard.KEPT_MS // 3_600_000

_CHOICES = {
    "on": said_later("Start listening"),
    "off": said_later("Stop listening"),
    "out": LEAVE_OUT,
    "in": TAKE_IN,
}


async def _choices(call: Call, typed: str) -> Sequence[Choice]:
    return [Choice(name, call.say(label)) for name, label in _CHOICES.items() if name.startswith(typed.lower())]


@command("listen", "Whether I keep what is said beside me in this chat", role=Role.STRANGER)
async def listen(
    call: Call,
    what: Annotated[str, "Start, stop, or be left out", Choices(_choices)] = "",
    *,
    known: KnownCustoms,
) -> View:
    person, say = call.caller.person.id, call.say
    match what.strip().lower():
        case "":
            return await _card(call, listens=bool(call.caller.customs.listens))
        case "on" | "off" as choice:
            return await _chosen(call, known, listens=choice == "on")
        case "out":
            await call.database.write(overheard.leave_out(person, call.now))
            await call.database.wipe_free()
            return _told(
                call, say("You are left out: I keep nothing that you say beside me, and what I had is erased.")
            )
        case "in":
            await call.database.write(overheard.take_in(person))
            return _told(call, say("You are no longer left out where I listen."))
        case "erase":
            await call.database.write(overheard.erase_of(person))
            await call.database.wipe_free()
            return _told(call, say("What I kept of what you said beside me is erased."))
        case _:
            raise PersonError("Choose one of {known}.", known=", ".join(_CHOICES))


async def _chosen(call: Call, known: KnownCustoms, *, listens: bool) -> View:
    """An admin of the chat has decided; everybody there is told."""
    _must_be_among_others(call)
    await must_keep_order(call)
    if listens and not call.policy.listen:
        raise PersonError("The operator of this bot does not let it listen.")
    await choose(call, known, listens=listens)
    return await _card(call, listens=listens)


def _must_be_among_others(call: Call) -> None:
    if call.caller.place.kind.private:
        raise PersonError("I listen only in groups and channels, and only if one of their admins wants it.")


async def _card(call: Call, *, listens: bool) -> View:
    """What is kept there, for everybody to read."""
    _must_be_among_others(call)
    say = call.say
    if not listens:
        text = say("I keep nothing here that is not said to me. An admin of this chat changes that with `/listen on`.")
        return View(text, ((Button(say(_CHOICES["on"]), "listen", ("on",)),),), replace=False)
    text = "\n\n".join(filter(None, (_told_to_all(say), await unseen(call))))
    off = Button(say(_CHOICES["off"]), "listen", ("off",), "danger")
    return View(text, (own_buttons(say), (off,)), replace=False)


def _told_to_all(say: Say) -> str:
    head = say("I am listening here.")
    lines = (
        say(
            "I keep what is said here, also if not to me: the newest {most} messages, for {hours} hours at most.",
            most=overheard.MOST,
            hours=_HOURS,
        ),
        say("I read it when somebody asks me something here. It goes to the vendor of the model with the question."),
        say("I keep no files, no commands, nothing that bots say, and nothing of people who have themselves left out."),
        say("No search finds it. `/privacy` shows and erases your part. If you delete a message, I may still have it."),
        say("An admin of this chat ends it with `/listen off`; all of it is erased then."),
    )
    return f"**{head}**\n\n" + "\n".join(f"- {line}" for line in lines)


def own_buttons(say: Say) -> tuple[Button, ...]:
    """What everybody may press for themselves."""
    return Button(say(LEAVE_OUT), "listen", ("out",)), Button(say(TAKE_IN), "listen", ("in",))


def _told(call: Call, text: str) -> View:
    # Who has typed it hears it where they typed it.
    return View(text, private=bool(call.invocation.receipt), replace=False)


COMMANDS = (listen,)
