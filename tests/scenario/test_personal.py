"""What concerns one person alone is shown to nobody else among several people, whatever they call there.

Each command of the registry is called in a group by somebody who has something of everything: by a press, with the
numbers of what is theirs. So a new command is covered on the day it is added.
"""

import re

from bot.contracts.command import Command, Scope, call_to_data
from handlers.commands import COMMANDS
from tests.scenario.test_isolation import press_all
from tests.support.world import House, Someone

SECRET = "xyzzy"
BALANCE = 47_000
OF_ALICE = re.compile(rf"{SECRET}|4[67],\d\d\d")
"""What she has said and chosen in private, and about how many tokens she has."""


def called(command: Command) -> str:
    """The command as a button: with the number of the first of its kind where it has to have one."""
    return call_to_data(command.name, ["1" for param in command.params if param.required])


async def furnish(house: House, alice: Someone) -> None:
    """Give Alice a session, a folder, a fact, a reminder and a prompt that she alone may read."""
    alice.says(f"my {SECRET} question")
    await alice.sees("Harmless.")
    for name, words in (("folder", "folder"), ("memory", "is what I like"), ("remind", "in 3 days")):
        await alice.commands(name, f"{words} {SECRET}")
        await alice.sees(SECRET)
        house.side.take_away(alice.room, alice.answers()[-1].id)
    await alice.commands("settings")
    await alice.presses("System prompt")
    await alice.fills("What every model should know or do", f"Say {SECRET}.")
    await alice.sees(f"Say {SECRET}.")


async def test_nobody_reads_in_a_group_what_is_anothers_own(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Harmless."
    await house.start(tokens_start=BALANCE, rate_limit_per_minute=0)
    await furnish(house, alice)
    here, other = house.group(alice, bob)
    here.says("hi")
    shown = await here.sees("Harmless.")
    # The rest is refused there, in one and the same sentence.
    there = [command for command in COMMANDS if command.scope is Scope.ANYWHERE]
    await press_all(house, here, shown, [called(command) for command in there])
    await house.stop()
    assert not [message.text for message in other.answers() if OF_ALICE.search(message.text)]
    alone = house.side.told(alice.person, here.room)
    assert any("46," in text for text in alone), "She has called what shows her own."
