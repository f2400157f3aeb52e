"""A gateway starts on the database of its oldest version, and the conversation continues."""

from contextlib import closing

from tests.storage.earlier import copy_into, make
from tests.support.fixtures import of_sqlite_alone
from tests.support.world import House, Someone


@of_sqlite_alone("the oldest versions had no other database")
async def test_a_conversation_of_the_oldest_schema_continues(house: House, alice: Someone) -> None:
    house.model.reply = "Nice to meet you."
    await house.start()
    alice.says("My name is Zebedee.")
    await alice.sees("Nice to meet you.")
    await house.stop()
    newest = house.directory / "newest.db"
    (house.directory / "parley.db").rename(newest)
    with closing(make(house.directory / "parley.db", 1)) as raw:
        copy_into(raw, newest)
    house.model.reply = "Zebedee."
    await house.start()
    alice.says("What is my name?")
    await alice.sees("Zebedee.")
    asked = house.model.requests[-1].body["messages"]
    assert [each["content"] for each in asked[-3:]] == ["My name is Zebedee.", "Nice to meet you.", "What is my name?"]
    await alice.commands("search", "name zebedee")
    await alice.sees("My name is Zebedee.")
    await house.stop()
