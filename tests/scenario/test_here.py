"""What holds in a chat is chosen by who keeps order in it; a topic's own goes before its chat's."""

from dataclasses import replace

from bot.contracts.command import call_to_data
from bot.domain.model_names import ModelName
from bot.settings.models import ModeTable
from tests.scenario.test_modes import system_prompt
from tests.support.sides import Room
from tests.support.world import House, Someone

PIRATE = ModeTable(
    description="Talks like a pirate", system_prompt="You sail.", chain=("mistral/mistral-small-latest",)
)
WHAT_TO_TELL = "What every model should know or do here"
ONLY_THEY = "Only an admin of this chat can choose what holds here."


SMALL, MEDIUM, LARGE = (ModelName(f"mistral/mistral-{size}-latest") for size in ("small", "medium", "large"))


async def chooses_model(admin: Someone, model: str) -> None:
    await admin.commands("here")
    await admin.presses("Model")
    await admin.presses(model)
    await admin.sees(f"Model: {model}")


async def test_a_chats_admin_chooses_what_holds_in_it(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Arr."
    await house.start(mode_tables={"pirate": PIRATE})
    _, here, other = house.group(house.newcomer("Carol"), alice, bob)
    await other.commands("here")
    await other.sees(ONLY_THEY)
    house.side.appoint(bob.person, other.room)
    await other.commands("here")
    card = await other.sees("Mode of new sessions: regular")
    for label in ("Mode", "System prompt"):
        await here.presses(label, on=card)
        await here.is_told(ONLY_THEY)
    await other.presses("Mode")
    await other.presses("pirate ·")
    await other.sees("Mode of new sessions: pirate")
    await other.presses("System prompt")
    if house.side.name == "discord":
        await other.fills(WHAT_TO_TELL, "Answer in rhymes.")
    else:  # Among others a bot is only told what is said to it.
        other.says("Answer in rhymes.", reply_to=await other.sees(WHAT_TO_TELL))
    await other.sees("System prompt: Answer in rhymes.")
    await other.presses("Language")
    await other.presses("Deutsch")
    await other.sees("Sprache: Deutsch")
    here.says("ahoy")
    await here.sees("Arr.")
    assert house.model.requests[-1].body["model"] == "mistral-small-latest"
    assert system_prompt(house) == "You sail.\n\nAnswer in rhymes."
    if house.side.name == "discord":  # Elsewhere it is not shown among others: it tells what somebody has left.
        await here.commands("status")
        await here.is_told("Modus: pirate")


async def test_a_thread_takes_its_chats_choice_until_it_has_its_own(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(mode_tables={"regular": ModeTable(chain=(MEDIUM, SMALL, LARGE))})
    one, other = house.threads_of_one_chat(alice, bob)
    house.side.appoint(bob.person, other.room)
    await chooses_model(replace(other, room=Room(other.room.chat)), SMALL)
    one.says("hi")
    await one.sees("Yes.")
    assert house.model.requests[-1].body["model"] == "mistral-small-latest"
    inside = replace(other, room=one.room)
    await chooses_model(inside, LARGE)
    one.says("and now?")
    await one.sees("Yes.", times=2)
    assert house.model.requests[-1].body["model"] == "mistral-large-latest"
    await inside.presses("Reset all of it")
    await inside.sees(f"Model: {SMALL}")


async def test_in_private_it_is_the_settings_that_are_meant(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("here")
    await alice.sees("In private, /settings shows what holds for you.")


async def test_what_is_not_open_there_cannot_be_chosen_there(house: House, alice: Someone, bob: Someone) -> None:
    alone = ModeTable.model_validate({"system_prompt": "x", "private_only": True})
    await house.start(mode_tables={"alone": alone})
    _, other = house.group(alice, bob)
    house.side.appoint(bob.person, other.room)
    await other.commands("here")
    card = await other.sees("What holds in this chat:")
    house.side.forge(bob.person, other.room, card, call_to_data("here_mode", ("alone",)))
    await other.is_told("The mode alone is for private chats.")


async def test_the_operator_can_keep_it_for_admins_of_the_bot(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(here=False, admins=f"{house.side.name}:user:{alice.person}")
    here, other = house.group(alice, bob)
    house.side.appoint(bob.person, other.room)
    await other.commands("here")
    await other.sees("Only an admin of this bot can choose what holds here.")
    await here.commands("here")
    await here.sees("What holds in this chat:")


async def test_a_model_that_is_no_longer_offered_is_chosen_no_more(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(mode_tables={"regular": ModeTable(chain=(MEDIUM, SMALL))})
    here, _ = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    await chooses_model(here, SMALL)
    here.says("hi")
    await here.sees("Yes.")
    assert house.model.requests[-1].body["model"] == "mistral-small-latest"
    await house.stop()
    await house.start(mode_tables={"regular": ModeTable(chain=(MEDIUM,))})
    for number in (2, 3):
        here.says("and now?")
        await here.sees("Yes.", times=number)
        assert house.model.requests[-1].body["model"] == "mistral-medium-latest"
    await here.sees("is no longer offered here")
