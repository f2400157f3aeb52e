"""A command that takes long keeps its chat in order, and nobody else waits for it."""

from bot.standins.model import ModelServer
from tests.scenario.test_endpoints import KEY, add_endpoint, own_server
from tests.support.world import House, Someone

__all__ = ["own_server"]


async def test_a_slow_command_holds_up_its_own_chat_and_no_other(
    house: House, alice: Someone, bob: Someone, own_server: ModelServer
) -> None:
    """What waits behind it comes afterwards, in order; also when the gateway ends meanwhile and starts again."""
    house.model.reply = lambda body: f"Answer to {body['messages'][-1]['content']}."
    await house.start(endpoint_addresses="any", shutdown_grace_s=0)
    await add_endpoint(alice, own_server)
    own_server.lists.clear()
    await alice.presses("Add a model")
    alice.says("one")
    await alice.commands("rename", "Renamed")
    alice.says("two")
    for name in ("hi", "hello"):  # Two batches of other people's, one behind the other.
        bob.says(name)
        await bob.sees(f"Answer to {name}.")
    assert not any("Answer to" in message.text for message in alice.answers())
    await house.stop()
    assert KEY.encode() not in b"".join(file.read_bytes() for file in house.directory.rglob("parley.db*"))
    await house.start()
    bob.says("and now")
    await bob.sees("Answer to and now.")
    assert not any("Answer to" in message.text for message in alice.answers())
    own_server.lists.set()
    await alice.sees("Answer to two.")
    shown = [message.text for message in alice.answers()]
    assert any("gpt-6-luna" in label for message in alice.answers() for label in message.labels)
    assert [text for text in shown if text.startswith("Answer to")] == ["Answer to one.", "Answer to two."]
    assert sum("Renamed" in text for text in shown) == 1
