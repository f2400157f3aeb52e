"""Sessions of one title, and threads beside each other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.command import Choice
from handlers.commands.reach import told_apart
from handlers.discord.commands import offered
from tests.scenario.test_conversations import spoken
from tests.support.sides import DiscordSide, Shown, TelegramSide
from tests.support.world import House, Someone

titles = st.lists(st.tuples(st.sampled_from(["Plans", "plans", "x" * 100, "x" * 99, "Winds"]), st.sampled_from("ab")))


@given(titles)
def test_no_two_labels_are_the_same(named: list[tuple[str, str]]) -> None:
    labels = told_apart(named)
    assert len({label[:64] for label in labels}) == len(named)
    assert all(
        label.casefold().startswith(title[:40].casefold()) for label, (title, _) in zip(labels, named, strict=True)
    )
    names = [choice["name"] for choice in offered([Choice("1", title) for title, _ in named])]
    assert len(set(names)) == len(names) == min(len(named), 25)
    assert all(len(name) <= 100 for name in names)


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_sessions_of_one_title_are_told_apart_in_choices(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    for times in (1, 2):
        await alice.commands("new")
        await alice.sees("A new session is open", times=times)
        alice.says("tides and winds")
        await alice.sees("Yes.", times=times)
    assert isinstance(house.side, DiscordSide)
    stand_in = house.side.stand_in
    number = stand_in.people.complete(alice.person, alice.room.chat, "switch", "session", "new")
    choices = await house.until(lambda: stand_in.interaction(number).choices)
    names = [choice["name"] for choice in choices or ()]
    assert len(set(names)) == 2
    assert all(name.startswith("New session · ") for name in names)


async def test_words_around_a_mention_are_all_kept(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    (in_group,) = house.group(alice)
    side = house.side
    name = f"@{side.bot.username}" if isinstance(side, TelegramSide) else f"<@{side.stand_in.application_id}>"  # type: ignore[attr-defined]
    asked = side.say(alice.person, in_group.room, f"hey {name} what is a tide?", reply_to=None, mention=False)
    in_group.room.thread = asked if side.name == "discord" else None
    await in_group.sees("Yes.")
    (question,) = spoken(house)
    assert "hey " in question
    assert question.endswith(" what is a tide?")


async def test_what_one_has_begun_in_another_thread_is_found_and_led_to(
    house: House, alice: Someone, bob: Someone
) -> None:
    await house.start()
    title = "One" if house.side.name == "telegram" else "about tides"  # A topic's session is called as the topic.
    here, there = house.threads_of_one_chat(alice, bob)
    there_as_alice = replace(there, person=alice.person)
    house.model.replies.extend(["Mine.", "Bob's."])
    here.says("about tides")
    await here.sees("Mine.")
    there.says("about winds")
    await there.sees("Bob's.")
    there_as_alice.room.thread = there.room.thread
    await there_as_alice.commands("sessions")
    shown = await there_as_alice.sees(f"{title} · regular")
    assert "↗" in shown.text
    await house.until(lambda: link_of(house, there_as_alice, shown).endswith(f"/{here.room.thread}"))
    await there_as_alice.commands("switch", title)
    await there_as_alice.sees("continues where it was started")
    house.model.replies.append("Still about winds.")
    there.says("and now?")
    await there.sees("Still about winds.")
    assert "about tides" not in str(house.model.requests[-1].body), "It was not torn into this thread."
    await there.commands("sessions")
    listed = await there.sees(" ← open", times=2 if house.side.name == "telegram" else 1)
    assert f"{title} ·" not in listed.text, "What others have begun is theirs."


def link_of(house: House, someone: Someone, shown: Shown) -> str:
    """The address behind the first button of a message that has one."""
    if isinstance(house.side, TelegramSide):
        keyboard = house.side.people.chat(someone.room.chat).messages[shown.id].keyboard or []
        buttons = [button for row in keyboard for button in row]
    else:
        assert isinstance(house.side, DiscordSide)
        channel = house.side.stand_in.world.channel(someone.room.thread or someone.room.chat)
        buttons = [button for row in channel.messages[shown.id].components for button in row["components"]]
    return str(next(button["url"] for button in buttons if "url" in button))
