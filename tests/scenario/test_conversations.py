"""Sessions, the tree, and how messages become turns."""

from bot.domain.ids import PersonId
from bot.domain.sessions import Reach
from bot.standins.model import Hold, Reply
from storage import messages, people, sessions
from storage.programs import Program
from tests.support.fixtures import every_way
from tests.support.world import House, Someone


def asked_of(house: House) -> list[str]:
    """What the model was asked, the last message of each request."""
    return [str(request.body["messages"][-1]["content"]) for request in house.model.requests]


def spoken(house: House) -> list[str]:
    """What the model read at its last request, without the system prompt."""
    return [str(m["content"]) for m in house.model.requests[-1].body["messages"] if m["role"] != "system"]


async def test_questions_in_a_row_are_answered_in_order(house: House, alice: Someone) -> None:
    house.model.hold = hold = Hold()
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}."
    await house.start()
    for word in ("one", "two", "three"):
        alice.says(word)
    hold.over.set()
    await alice.sees("About three.")
    answers = [message.text for message in alice.answers() if "is queued" not in message.text]
    assert answers == ["About one.", "About two.", "About three."]


async def test_a_reply_to_an_older_answer_goes_on_from_there(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Answer A.", "Answer B.", "Answer C."])
    await house.start()
    alice.says("a")
    first = await alice.sees("Answer A.")
    alice.says("b")
    await alice.sees("Answer B.")
    alice.says("c", reply_to=first)
    await alice.sees("Answer C.")
    assert spoken(house) == ["a", "Answer A.", "c"]


@every_way
async def test_an_edit_asks_again_beside_the_old_branch(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Old answer.", "New answer."])
    await house.start()
    message = alice.says("waht?")
    await alice.sees("Old answer.")
    alice.edits(message, "what?")
    await alice.sees("New answer.")
    assert spoken(house) == ["what?"]
    await house.stop()

    def texts() -> Program[list[str]]:
        rows = yield ("SELECT id FROM message ORDER BY id", ())
        found = []
        for (number,) in rows:
            message = yield from messages.get(number)
            found.append(message.text if message else "")
        return found

    assert await house.read(texts()) == ["waht?", "Old answer.", "what?", "New answer."]


async def test_an_edit_that_changes_nothing_does_nothing(house: House, alice: Someone) -> None:
    await house.start()
    house.model.reply = "Once."
    message = alice.says("hi")
    await alice.sees("Once.")
    alice.edits(message, "hi")
    house.model.reply = "Next."
    alice.says("next")
    await alice.sees("Next.")
    assert asked_of(house) == ["hi", "next"]


async def test_regenerate_answers_the_same_question_again(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First try.", "Second try."])
    await house.start()
    alice.says("hi")
    await alice.sees("First try.")
    await alice.presses("Regenerate")
    await alice.sees("Second try.")
    assert spoken(house) == ["hi"]


@every_way
async def test_a_button_pressed_after_a_restart_works(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First try.", "Second try."])
    await house.start()
    alice.says("hi")
    shown = await alice.sees("First try.")
    await house.stop()
    await house.start()
    await alice.presses("Regenerate", on=shown)
    await alice.sees("Second try.")


async def test_history_survives_a_restart(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Noted.", "42."])
    await house.start()
    alice.says("remember 42")
    await alice.sees("Noted.")
    await house.stop()
    await house.start()
    alice.says("what was it?")
    await alice.sees("42.")
    assert spoken(house) == ["remember 42", "Noted.", "what was it?"]


async def test_what_was_said_while_the_gateway_was_down_is_answered(house: House, alice: Someone) -> None:
    house.model.reply = "Here I am."
    await house.start()
    alice.says("hi")
    await alice.sees("Here I am.")
    await house.stop()
    alice.says("anybody there?")
    await house.start()
    await alice.sees("Here I am.", times=2)


async def test_each_mode_keeps_its_own_history(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("in regular")
    await alice.sees("Yes.")
    await alice.commands("mode", "documents")
    await alice.sees("The mode is documents")
    alice.says("in documents")
    await alice.sees("Yes.", times=2)
    assert spoken(house) == ["in documents"]
    await alice.commands("mode", "regular")
    await alice.sees("The mode is regular")
    alice.says("back")
    await alice.sees("Yes.", times=3)
    assert spoken(house) == ["in regular", "Yes.", "back"]


async def test_uncensored_asks_for_consent_and_stays_out_of_groups(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("mode", "uncensored")
    await alice.sees("without the usual restraint")
    await alice.presses("I am an adult")
    await alice.sees("The mode is uncensored")
    (group,) = house.group(alice)
    await group.commands("mode", "uncensored")
    await group.sees("is for private chats")


async def test_a_group_shares_a_session_and_each_message_says_who_spoke(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.replies.extend(["To Alice.", "To Bob."])
    await house.start()
    in_group, bob_in_group = house.group(alice, bob)
    in_group.says("just talking to Bob", to_bot=False)
    in_group.says("one")
    await in_group.sees("To Alice.")
    bob_in_group.says("two")
    await in_group.sees("To Bob.")
    assert spoken(house) == ["Alice: one", "To Alice.", "Bob: two"]
    await house.stop()

    def paid() -> Program[list[int]]:
        rows = yield ("SELECT SUM(amount) FROM ledger GROUP BY person ORDER BY person", ())
        return [amount for (amount,) in rows]

    assert await house.read(paid()) == [3900, 3900]


async def test_what_is_said_in_private_does_not_reach_the_group(house: House, alice: Someone) -> None:
    house.model.reply = "Fine."
    await house.start()
    alice.says("my secret is 42")
    await alice.sees("Fine.")
    (in_group,) = house.group(alice)
    in_group.says("what is my secret?")
    await in_group.sees("Fine.")
    assert "42" not in str(house.model.requests[-1].body["messages"])
    await in_group.commands("sessions")
    listed = await in_group.sees("Today")
    assert "secret is" not in listed.text


async def test_the_model_writes_a_title_but_never_over_a_persons_own(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: "Tides and the Moon" if "title" in str(body["messages"][0]) else "It is the moon."
    await house.start(titles=True)
    alice.says("why are there tides on the sea?")
    await alice.sees("It is the moon.")
    await house.until(lambda: len(house.model.requests) >= 2)
    await alice.commands("rename", "My own")
    await alice.sees("is now called My own")
    await alice.commands("new")
    await alice.sees("A new session is open")
    alice.says("and winds?")
    await alice.sees("It is the moon.", times=2)
    await house.until(lambda: len(house.model.requests) >= 4)
    await house.stop()

    assert await house.read(_titles()) == ["My own", "Tides and the Moon"]


async def test_retitle_is_the_persons_own_wish_also_after_a_rename(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: "Tides and the Moon" if "title" in str(body["messages"][0]) else "It is the moon."
    await house.start()
    alice.says("why are there tides on the sea?")
    await alice.sees("It is the moon.")
    await alice.commands("rename", "My own")
    await alice.sees("is now called My own")
    await alice.commands("retitle")
    await alice.sees("A new title is on its way")
    for times in range(1, 100):
        await alice.commands("sessions")
        if "Tides and the Moon" in (await alice.sees("Today", times=times)).text:
            break
    await house.stop()
    assert await house.read(_titles()) == ["Tides and the Moon"]


def _titles() -> Program[list[str]]:
    person = yield from people.get(PersonId(1))
    found = yield from sessions.page(Reach(owner=person.id), "", 0, 10)
    return sorted(session.title for session in found)


async def test_delete_asks_then_can_be_undone(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("keep this")
    await alice.sees("Yes.")
    await alice.commands("delete")
    await alice.sees("Delete keep this with all its messages?")
    await alice.presses("Delete")
    await alice.sees("keep this is deleted.")
    await alice.presses("Undo")
    await alice.sees("is back and open")
    alice.says("go on")
    await alice.sees("Yes.", times=2)
    assert spoken(house) == ["keep this", "Yes.", "go on"]


async def test_settings_change_how_the_model_is_asked(house: House, alice: Someone) -> None:
    house.model.reply = "Arr."
    await house.start()
    await alice.commands("settings")
    await alice.presses("System prompt")
    await alice.fills("What every model should know", "Talk like a pirate.")
    await alice.sees("System prompt: Talk like a pirate.")
    await alice.presses("Temperature")
    await alice.presses("1.5")
    await alice.sees("Temperature: 1.5")
    alice.says("hello")
    await alice.sees("Arr.")
    body = house.model.requests[-1].body
    assert "Talk like a pirate." in body["messages"][0]["content"]
    assert body["temperature"] == 1.5


async def test_regenerate_with_a_model_that_nobody_has_is_a_sentence(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("hi")
    await alice.sees("Yes.")
    await alice.commands("regenerate", "nobody/nothing")
    await alice.sees("There is no model “nobody/nothing”")
    assert len(house.model.requests) == 1


async def test_what_a_model_thinks_is_not_shown_unless_the_operator_wants_it(house: House, alice: Someone) -> None:
    thought_aloud = "<think>\nHmm, tides.\n</think>\n\nThe moon."
    house.model.replies.extend([thought_aloud, Reply("The sun.", reasoning="Hmm, light.")])
    await house.start()
    alice.says("tides?")
    shown = await alice.sees("The moon.")
    assert shown.text == "The moon."
    await house.stop()
    await house.start(show_reasoning=True)
    alice.says("light?")
    shown = await alice.sees("The sun.")
    assert "Hmm, light." in shown.text
    alice.says("more")
    await house.until(lambda: len(house.model.requests) == 3)
    assert spoken(house) == ["tides?", "The moon.", "light?", "The sun.", "more"]


async def test_an_answer_can_say_who_gave_it_and_at_what_cost(house: House, alice: Someone) -> None:
    house.model.reply = "Hello."
    await house.start(show_model=True)
    alice.says("hi")
    shown = await alice.sees("Hello.")
    assert "mistral/mistral-medium-latest · tokens: 100" in shown.text


async def test_each_person_decides_what_is_shown_beside_their_answers(house: House, alice: Someone) -> None:
    house.model.reply = Reply("The sun.", reasoning="Hmm, light.")
    await house.start(show_model=True)
    bob = house.newcomer("Bob")
    for button, choice in (("Which model answered", "no"), ("The model's reasoning", "yes")):
        await alice.commands("settings")
        await alice.presses(button)
        menu = await alice.sees("Show below answers which" if choice == "no" else "Show a model's reasoning above")
        await alice.presses(choice, on=menu if choice in menu.labels else None)
        await alice.sees(f"{button}, and its cost: no" if choice == "no" else f"{button}: yes")
    for someone in (alice, bob):
        someone.says("light?")
    shown, others = await alice.sees("The sun."), await bob.sees("The sun.")
    assert "Hmm, light." in shown.text
    assert "mistral/" not in shown.text
    assert others.text.startswith("The sun.")
    assert "mistral/mistral-medium-latest" in others.text


async def test_who_waits_for_several_answers_is_told_how_many(house: House, alice: Someone) -> None:
    house.model.hold = hold = Hold()
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}."
    await house.start()
    for word in ("one", "two", "three"):
        alice.says(word)
    await alice.sees("Your message is queued; 2 ahead of it.")
    hold.over.set()
    await alice.sees("About three.")
    assert sum("is queued" in message.text for message in alice.answers()) == 1
