"""For admins: the bots of this gateway. They are stopped, started and added without a restart."""

from collections.abc import Sequence
from typing import Annotated

from bot.contracts.abilities import BOT_MADE, MakesBots
from bot.contracts.command import Choice, Choices, Field, Form, Scope, View, command
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import NoLonger, PersonError
from bot.domain.people import Role
from bot.incoming.call import Call
from bot.rendering.pages import escaped, filled
from bot.roster import STATES, Listed, Roster, State
from handlers.commands.admins import by
from handlers.commands.endpoints import key_in
from handlers.commands.removal import removal

_EXAMPLE = """

```toml
modes = ["regular"]
language = "en"
```"""


@command("bots", "The bots of this gateway", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bots(call: Call, *, roster: Roster) -> View:
    return await bots_view(call, roster)


async def bots_view(call: Call, roster: Roster) -> View:
    """All bots, with what can be done about them."""
    return _list(call, roster, await roster.every())


def _list(call: Call, roster: Roster, listed: Sequence[Listed]) -> View:
    lines = [f"- {_line(call, roster, one)}" for one in listed]
    rows = [(Button(one.name or one.label, "bot_card", (one.platform, one.remote)),) for one in listed if one.remote]
    adding = [
        (Button(call.say("Add a bot on {platform}", platform=title), "bot_add", (name,)),)
        for name, title in roster.titles.items()
    ]
    return View("\n".join((call.say("The bots of this gateway:"), *lines)), (*rows, *adding, *_making(call)))


def _making(call: Call) -> ButtonRows:
    """The way to make one without a token, where the bot that is spoken with knows one."""
    platform = call.platform
    link = platform.way_to_make() if isinstance(platform, MakesBots) else ""
    return ((Button(call.say("Make a bot with a tap"), url=link),),) if link else ()


def _line(call: Call, roster: Roster, one: Listed) -> str:
    label = f"**{escaped(one.label)}**" if one.label != one.name else ""
    name = f"**{escaped(one.name)}**" if not label else escaped(one.name)
    parts = (label, name, roster.titles[one.platform], call.say(STATES[one.state]), escaped(one.trouble))
    return " · ".join(filter(None, parts))


@command("bot_card", "One bot", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_card(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    return _card(call, roster, await _find(roster, platform, number))


async def _find(roster: Roster, platform: str, number: str) -> Listed:
    found = [one for one in await roster.every() if (one.platform, one.remote) == (platform, number) and number]
    if not found:
        raise NoLonger("That bot cannot be found. `/admin bots` lists those that there are.")
    return found[0]


def _card(call: Call, roster: Roster, one: Listed) -> View:
    say, named = call.say, (one.platform, one.remote)
    act = (
        Button(say("Start"), "bot_start", named, "success")
        if one.state is State.STOPPED
        else Button(say("Stop"), "bot_stop", named, "danger")
    )
    gone = (Button(say("Remove"), "bot_remove", named, "danger"),) if one.added else ()
    rules = (Button(say("Rules"), "bot_rules", named),) if one.added else ()
    if one.rules:
        rules = (*rules, Button(say("Clear the rules"), "bot_unruled", named))
    rows = ((act, *gone), rules, _back(call))
    return View(f"{_line(call, roster, one)}{_rules(one)}", tuple(filter(None, rows)))


def _rules(one: Listed) -> str:
    """What holds for it alone, as it was written; "" where nothing does."""
    return f"\n\n````toml\n{one.rules}\n````" if one.rules else ""


@command("bot_stop", "Stop a bot", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_stop(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    found = await _other(call, roster, platform, number)
    await roster.stop(by(call), found)
    words = call.say("{name} is stopped. What people say to it waits until it is started again.", name=_called(found))
    return View(words, ((Button(call.say("Start"), "bot_start", (platform, number), "success"),), _back(call)))


@command("bot_start", "Start a bot again", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_start(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    found = await _find(roster, platform, number)
    await roster.start(by(call), found)
    return View(call.say("{name} is starting.", name=_called(found)), (_back(call),))


@command("bot_rules", "What holds for one bot alone", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_rules(
    call: Call,
    platform: Annotated[str, "Its platform"],
    number: Annotated[str, "Its number there"],
    rules: Annotated[str, "Its rules"] = "",
    *,
    roster: Roster,
) -> View:
    found = await _find(roster, platform, number)
    if rules:
        typed = "\n".join(line for line in rules.splitlines() if not line.startswith("```")).strip()
        return _card(call, roster, await roster.rule(by(call), found, typed))
    asked = Field("rules", call.say("Its rules, as below `[[bots]]` in parley.toml"), found.rules, long=True)
    form = Form(call.say("Rules"), "bot_rules", (asked,), (platform, number))
    words = call.say(
        "What holds for {name} alone: modes, default_mode, access, allow, language, welcome, refusal.",
        name=_called(found),
    )
    return View(f"{words}{_rules(found) or _EXAMPLE}", form=form, replace=False)


@command("bot_unruled", "Let the same hold for a bot as for all", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_unruled(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    return _card(call, roster, await roster.rule(by(call), await _find(roster, platform, number), ""))


@command("bot_remove", "Remove a bot", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False, decides=True)
async def bot_remove(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    found = await _other(call, roster, platform, number)
    text = call.say("Remove **{name}**, with its token? The conversations with it stay.", name=_called(found))
    return removal(call, text, platform, number, removed="bot_removed", kept="bot_card")


@command("bot_removed", "Remove a bot", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False, decides=True)
async def bot_removed(
    call: Call, platform: Annotated[str, "Its platform"], number: Annotated[str, "Its number there"], *, roster: Roster
) -> View:
    _refuse_own(call, platform, number)
    # Run again after a crash, it finds nothing to remove, and what was wished has been done.
    for one in await roster.every():
        if (one.platform, one.remote) == (platform, number):
            await roster.remove(by(call), one)
    left = [one for one in await roster.every() if (one.platform, one.remote) != (platform, number)]
    return _list(call, roster, left)


async def _other(call: Call, roster: Roster, platform: str, number: str) -> Listed:
    """That bot, if it is not the one that is spoken with. Raises PersonError."""
    _refuse_own(call, platform, number)
    return await _find(roster, platform, number)


def _refuse_own(call: Call, platform: str, number: str) -> None:
    """Raises PersonError if that is the bot that is spoken with."""
    place = call.invocation.place
    if (place.platform, place.bot) == (platform, number):
        raise PersonError("You are talking to this bot. Tell another one to do it, which can undo it again.")


async def platform_choices(call: Call, typed: str) -> Sequence[Choice]:
    """The platforms that there are."""
    names = dict.fromkeys(bot.name for bot in call.bots)
    return [Choice(name, name) for name in names if name.startswith(typed.lower())]


@command("bot_add", "Add a bot", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False, takes_secret=True)
async def bot_add(
    call: Call,
    platform: Annotated[str, "Its platform", Choices(platform_choices)],
    token: Annotated[str, "Its token"] = "",
    *,
    roster: Roster,
) -> View:
    title = roster.titles.get(platform)
    if title is None:
        raise PersonError("Choose one of these: {known}.", known=", ".join(roster.titles))
    if not token:
        asked = Field("token", call.say("Its token (I delete your message at once)"))
        form = Form(call.say("Add a bot on {platform}", platform=title), "bot_add", (asked,), (platform,))
        return View("", form=form, replace=False)
    made = await roster.add(by(call), platform, key_in(token))
    return View(call.say("{name} is starting.", name=_called(made)), (_back(call),), replace=False)


@command(BOT_MADE, "Run a bot that was made here", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_made(call: Call, number: Annotated[int, "Its number there"], *, roster: Roster) -> View:
    name = await roster.was_removed(call.platform.name, str(number))
    if not name:
        return await _taken_on(call, number, roster)
    # It has another token only: nothing says that it is wanted again.
    words = call.say(
        "{name} has a new token now. It was removed from here and stays removed.",
        name=escaped(name),
    )
    run = Button(call.say("Run it here again"), "bot_again", (str(number),))
    return View(words, ((run,), _back(call)), replace=False)


@command("bot_again", "Run a bot that was made here", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def bot_again(call: Call, number: Annotated[int, "Its number there"], *, roster: Roster) -> View:
    return await _taken_on(call, number, roster)


async def _taken_on(call: Call, number: int, roster: Roster) -> View:
    try:
        made = await roster.take_on(by(call), call.platform, str(number))
    except PersonError as error:
        again = Button(call.say("Try again"), "bot_again", (str(number),))
        return View(filled(call.say, error.tell, error.values), ((again,), _back(call)))
    if made.state is State.STOPPED:
        return View(call.say("{name} has a new token now and stays stopped.", name=_called(made)), (_back(call),))
    return View(call.say("{name} is starting.", name=_called(made)), (_back(call),))


def _called(one: Listed) -> str:
    return escaped(one.name or one.label)


def _back(call: Call) -> tuple[Button, ...]:
    return (Button(call.say("All bots"), "bots"),)


COMMANDS = (
    bots,
    bot_card,
    bot_stop,
    bot_start,
    bot_rules,
    bot_unruled,
    bot_remove,
    bot_removed,
    bot_add,
    bot_made,
    bot_again,
)
