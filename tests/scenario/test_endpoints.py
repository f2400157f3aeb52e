"""A person's own endpoint: its key goes in and never comes out, its answers cost nothing, nobody else reaches it."""

from collections.abc import AsyncIterator

import pytest

from bot.standins.model import ModelServer
from tests.scenario.test_guest import called_by
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

KEY = "sk-planted-0123456789abcd"


@pytest.fixture
async def own_server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    server.reply = "From your own."
    await server.start()
    yield server
    await server.close()


async def add_endpoint(someone: Someone, server: ModelServer) -> None:
    await someone.commands("endpoint")
    await someone.presses("Add one")
    await someone.fills_all({"A name for it": "mine", "Its address": f"{server.url}/v1", "Its key": KEY})
    await someone.sees("Models: none yet")


async def use_it(someone: Someone, server: ModelServer) -> None:
    await add_endpoint(someone, server)
    await someone.presses("Add a model")
    await someone.presses("gpt-6-luna")
    await someone.sees("mine/gpt-6-luna")
    await someone.presses("Use it in this session")
    await someone.sees("mine/gpt-6-luna first")


async def test_an_own_model_answers_and_costs_nothing(
    house: House, alice: Someone, own_server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    house.model.reply = "From the operator's."
    await house.start(endpoint_addresses="any", log_level="debug")
    alice.says("hi")
    await alice.sees("From the operator's.")
    await use_it(alice, own_server)
    alice.says("and now?")
    await alice.sees("From your own.")
    assert own_server.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    await alice.commands("tokens")
    await alice.sees("You have 3,900 tokens")
    await alice.commands("history")
    assert "mine/gpt-6-luna" in (await alice.sees("and now?")).text
    await alice.commands("endpoint")
    await alice.sees("…abcd")
    house_files = await files_of(house)
    assert KEY.encode() not in house_files
    assert not any(KEY in message.text for message in alice.answers())
    assert KEY not in capsys.readouterr().out


async def files_of(house: House) -> bytes:
    await house.stop()
    return b"".join(file.read_bytes() for file in house.directory.rglob("*") if file.is_file())


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_the_message_with_the_key_is_taken_away(house: House, alice: Someone, own_server: ModelServer) -> None:
    await house.start(endpoint_addresses="any")
    await add_endpoint(alice, own_server)
    assert house.side.calls("deleteMessage") == 1
    assert isinstance(house.side, TelegramSide)
    assert KEY not in str(house.side.stand_in.transcript(alice.room.chat))


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_the_root_of_an_endpoint_is_found_below_v1(house: House, alice: Someone, own_server: ModelServer) -> None:
    await house.start(endpoint_addresses="any")
    await alice.commands("endpoint")
    await alice.presses("Add one")
    await alice.fills_all({"A name for it": "mine", "Its address": own_server.url, "Its key": KEY})
    await alice.sees(f"{own_server.url}/v1")
    await alice.presses("Test")
    await alice.sees("It works. Models there:")


async def test_testing_says_in_one_line_what_came_back(house: House, alice: Someone, own_server: ModelServer) -> None:
    await house.start(endpoint_addresses="any")
    await add_endpoint(alice, own_server)
    await alice.presses("Test")
    await alice.sees("It works. Models there:")


async def test_a_private_address_is_refused_unless_the_operator_allows_it(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("endpoint")
    await alice.presses("Add one")
    answers = {"A name for it": "mine", "Its address": "https://127.0.0.1/v1", "Its key": KEY}
    if house.side.name == "telegram":
        # There the key is not asked for any more.
        answers.pop("Its key")
    await alice.fills_all(answers)
    await alice.sees("not public")


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_wrong_answer_is_told_before_the_next_question(
    house: House, alice: Someone, own_server: ModelServer
) -> None:
    await house.start(endpoint_addresses="any")
    await alice.commands("endpoint")
    await alice.presses("Add one")
    await alice.sees("A name for it")
    alice.says("a/b")
    assert "A name for it" in (await alice.sees("no slash")).text
    alice.says("mine")
    await alice.sees("Its address, like")
    for wrong in "not an address", "https://user:word@api.example.com":
        alice.says(wrong)
        assert "Its address, like" in (await alice.sees("address")).text
    own_server.listed = b"<!doctype html><title>Log in</title>"
    alice.says(f"{own_server.url}/v1/chat/completions")
    assert "Its key" in (await alice.sees("There is nothing at that address")).text
    alice.says("two words")
    assert "Its key" in (await alice.sees("does not look like a key")).text
    alice.says(f"OPENAI_API_KEY='{KEY[:9]}\n{KEY[9:]}\u200b' ")
    assert "…abcd" in (await alice.sees("Models: none yet")).text
    assert house.side.calls("deleteMessage") == 2


async def test_endpoints_are_not_for_groups(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    alice_here, _ = house.group(alice, bob)
    if house.side.name == "telegram":
        await alice_here.commands("endpoint")
        await alice_here.sees("works in a private chat")
    else:
        assert not house.side.knows("endpoint", alice_here.room)


async def test_a_removed_endpoint_gives_its_sessions_back_to_their_mode(
    house: House, alice: Someone, own_server: ModelServer
) -> None:
    house.model.reply = "From the operator's."
    await house.start(endpoint_addresses="any")
    alice.says("hi")
    await alice.sees("From the operator's.")
    await use_it(alice, own_server)
    await alice.commands("endpoint")
    await alice.presses("mine")
    await alice.presses("Remove")
    await alice.sees("with its key and its models?")
    await alice.presses("Remove it")
    await alice.sees("You have no endpoints yet")
    alice.says("who answers?")
    await alice.sees("From the operator's.", times=2)
    await alice.commands("tokens")
    await alice.sees("You have 3,800 tokens")


async def test_when_the_own_endpoint_fails_the_operators_models_are_not_used(
    house: House, alice: Someone, own_server: ModelServer
) -> None:
    house.model.reply = "From the operator's."
    await house.start(endpoint_addresses="any", tokens_start=100)
    alice.says("hi")
    await alice.sees("From the operator's.")
    await use_it(alice, own_server)
    await own_server.close()
    alice.says("anybody?")
    await alice.sees("Nothing was charged", hurried=True)
    assert len(house.model.requests) == 1


LONG = "hf.co/unsloth/Some-Very-Long-Model-Name-Instruct-2507-GGUF:UD-Q4_K_XL"


async def test_a_model_with_a_long_name_is_chosen_and_used_on_a_fresh_account(
    house: House, alice: Someone, own_server: ModelServer
) -> None:
    own_server.listed = {"data": [{"id": LONG}, {"id": "short"}]}
    await house.start(endpoint_addresses="any")
    await alice.commands("endpoint")
    await alice.presses("Add one")
    fields = {"Its address": f"{own_server.url}/v1/chat/completions", "Its key": "OPENAI_API_KEY='ollama'"}
    await alice.fills_all({"A name for it": "mine", **fields})
    await alice.sees("Models: none yet")
    await alice.presses("Add a model")
    await alice.presses(LONG[:40])  # the label is cut where the platform has less room
    await alice.sees(f"mine/{LONG}")
    await alice.presses("Use it in this session")
    await alice.sees("answers first")
    alice.says("hello")
    await alice.sees("From your own.")
    request = own_server.requests[-1]
    assert (request.model, request.headers["Authorization"]) == (LONG, "Bearer ollama")
    assert not house.model.requests


async def test_why_an_own_key_is_refused_is_told_to_its_owner_alone(
    house: House, alice: Someone, bob: Someone, own_server: ModelServer
) -> None:
    (away, other) = called_by(house, alice, bob)
    await house.start(endpoint_addresses="any")
    await add_endpoint(alice, own_server)
    await alice.presses("Add a model")
    await alice.presses("gpt-6-luna")
    await alice.sees("mine/gpt-6-luna")
    await alice.presses("Use it in this session")
    await alice.sees("in the sessions you start")
    own_server.keys = frozenset({"sk-another"})
    away.says("Hello?")
    await alice.sees("Your endpoint does not accept your key.")
    await other.sees("I have told you why in private.")
    assert "key" not in str([shown.text for shown in other.answers()])
