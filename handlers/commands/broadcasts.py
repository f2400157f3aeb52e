"""Broadcasts: for admins, who write them; for everybody, who gets them or not."""

from collections.abc import Sequence
from typing import Annotated

import structlog

from bot.broadcasts import Broadcasts
from bot.contracts.command import Field, Form, Scope, View, command
from bot.domain.blocks import Button
from bot.domain.errors import NoLonger, PersonError
from bot.domain.people import Role
from bot.incoming.call import Call
from bot.people import broadcasting
from bot.people.broadcasting import MISSES, MOST_LETTERS, ROLES, STATES, Looked
from bot.rendering.pages import escaped
from bot.rendering.titles import shorten_title
from bot.texts import moments, said_later
from handlers.commands.admins import by
from storage import broadcasts as kept
from storage import people
from storage.broadcasts import Audience, Broadcast, BroadcastState

log = structlog.get_logger(__name__)

_SHOWN = 5
_NAMED = 30
_GONE = said_later("That is no draft any longer. `/admin broadcast` shows what was sent.")


@command("broadcasts", "What was told to many", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcasts(call: Call) -> View:
    return await broadcasts_view(call)


async def broadcasts_view(call: Call) -> View:
    """Those that were sent, and the way to another one."""
    say, sent = call.say, await call.database.read(kept.latest(_SHOWN))
    lines = [f"- {_title(call, one)} · {say(STATES[one.state])} · {one.reached} / {one.people}" for one in sent]
    text = "\n".join(
        (say("Nothing has been broadcast yet.") if not sent else say("Broadcasts, the newest first:"), *lines)
    )
    cards = [(Button(_title(call, one), "broadcast_card", (str(one.id),)),) for one in sent]
    return View(text, ((Button(say("Write a broadcast"), "broadcast_write", (), "primary"),), *cards))


def _title(call: Call, one: Broadcast) -> str:
    when = moments.shown(one.made_at, moments.zone_of(call.caller.person.time_zone))
    return f"{when} {escaped(shorten_title(one.text))}"


@command("broadcast_write", "Tell many people something", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcast_write(call: Call, text: Annotated[str, "What they are told"] = "") -> View:
    if not text:
        label = call.say("What to tell people (at most {most} characters)", most=MOST_LETTERS)
        return View("", form=Form(call.say("A broadcast"), "broadcast_write", (Field("text", label, long=True),)))
    number = await call.database.write(broadcasting.written(by(call), text, Audience(), call.bots))
    return _draft(call, await call.database.read(broadcasting.looked_at(by(call), number, call.policy.roles)))


@command("broadcast_aim", "To whom a broadcast goes", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcast_aim(
    call: Call,
    number: Annotated[int, "Which broadcast"],
    role: Annotated[str, "Whom"],
    platform: Annotated[str, "Where"] = "",
    bot: Annotated[str, "By which bot"] = "",
) -> View:
    to = Audience.of(role, platform, bot)
    return _draft(call, await call.database.write(broadcasting.aim(by(call), number, to, call.policy.roles)))


def _draft(call: Call, looked: Looked | None) -> View:
    if looked is None:
        raise NoLonger(_GONE)
    number = looked.draft.id
    say, count = call.say, looked.counted
    lines = [say("This goes to {count} people, each once.", count=count.wanted)]
    if count.left:
        lines.append(say("Want no broadcasts: {count}", count=count.left))
    if count.no_chat:
        lines.append(say("Have never written to me in private there: {count}", count=count.no_chat))
    text = "\n\n".join((" ".join(lines), say("It looks like this:"), "---", looked.draft.text))
    send = Button(say("Send it to {count} people", count=count.wanted), "broadcast_send", (str(number),), "success")
    drop = Button(say("Discard"), "broadcast_drop", (str(number),), "danger")
    other = Button(say("Rewrite it"), "broadcast_write")
    return View(text, (*_aims(call, looked), (other, drop), (send,) if count.wanted else ()))


def _aims(call: Call, looked: Looked) -> Sequence[tuple[Button, ...]]:
    """To whom else it could go; what is chosen has a tick."""
    say, number, chosen = call.say, str(looked.draft.id), looked.draft.audience

    def aim(label: str, to: Audience) -> Button:
        role, *at = to.words
        args = (number, role or "all", *at)
        return Button(f"✓ {label}" if to == chosen else label, "broadcast_aim", args)

    whom = tuple(aim(say(words), Audience(role, chosen.platform, chosen.bot)) for role, words in ROLES.items())
    bots = [(label, bot) for label, bot in call.bots.labelled() if bot.bot]
    names = dict.fromkeys(bot.name for _, bot in bots)
    where = [aim(say("anywhere"), Audience(chosen.only))]
    where += [aim(name.capitalize(), Audience(chosen.only, name)) for name in names]
    single = tuple(aim(label, Audience(chosen.only, bot.name, bot.bot)) for label, bot in bots)
    return (whom, *((tuple(where),) if len(names) > 1 else ()), *((single,) if len(bots) > len(names) else ()))


@command("broadcast_send", "Send a broadcast", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False, decides=True)
async def broadcast_send(call: Call, number: Annotated[int, "Which broadcast"], *, sender: Broadcasts) -> View:
    if not await call.database.write(broadcasting.begin(by(call), number, call.policy.roles)):
        raise NoLonger(_GONE)
    log.info("broadcast_begun", broadcast=number, admin=call.caller.person.id)
    sender.look_again()
    return await _card(call, number)


@command("broadcast_drop", "Discard a broadcast", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcast_drop(call: Call, number: Annotated[int, "Which broadcast"]) -> View:
    await call.database.write(broadcasting.discard(by(call), number, call.policy.roles))
    return await broadcasts_view(call)


@command("broadcast_stop", "Stop a broadcast", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcast_stop(call: Call, number: Annotated[int, "Which broadcast"]) -> View:
    await call.database.write(broadcasting.stop(by(call), number))
    log.info("broadcast_stopped", broadcast=number, admin=call.caller.person.id)
    return await _card(call, number)


@command("broadcast_card", "How a broadcast went", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def broadcast_card(call: Call, number: Annotated[int, "Which broadcast"]) -> View:
    return await _card(call, number)


async def _card(call: Call, number: int) -> View:
    say, found = call.say, await call.database.read(kept.find(number))
    if found is None or found.state is BroadcastState.DRAFT:
        raise PersonError("That broadcast cannot be found. `/admin broadcast` shows what was sent.")
    head = f"**{_title(call, found)}** · {say(STATES[found.state])}\n\n{broadcasting.figures(say, found)}"
    lines = [
        f"- {escaped(name)}: {say(MISSES[why])}"
        for _, name, why in await call.database.read(kept.missed(number, _NAMED))
    ]
    if found.missed > len(lines):
        lines.append(say("… and {count} more", count=found.missed - len(lines)))
    named = f"\n\n{say('Not reached:')}\n" + "\n".join(lines) if lines else ""
    going = found.state is BroadcastState.GOING
    acts = (
        Button(say("Look again"), "broadcast_card", (str(number),)),
        Button(say("Stop"), "broadcast_stop", (str(number),), "danger"),
    )
    return View(head + named, ((acts,) if going else ()) + ((Button(say("Broadcasts"), "broadcasts"),),))


@command("broadcasts_off", "Get no more broadcasts", scope=Scope.PRIVATE, listed=False)
async def broadcasts_off(call: Call) -> View:
    await call.database.write(people.set_broadcasts(call.caller.person.id, wanted=False))
    again = Button(call.say("Get them again"), "set_broadcasts", ("on",))
    words = call.say("You get no more broadcasts from the operator. `/settings` brings them back.")
    return View(words, ((again,),), replace=False)


COMMANDS = (
    broadcasts, broadcast_write, broadcast_aim, broadcast_send, broadcast_drop, broadcast_stop, broadcast_card,
    broadcasts_off,
)  # fmt: skip
