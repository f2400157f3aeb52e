"""Usage as people see it: a picture, the same in words, and everyone's for admins; and who pays nothing."""

import csv
import io
import re

from bot.domain.ids import PersonId
from bot.domain.turns import Usage
from bot.standins.model import Reply
from handlers.commands.usage import table
from storage.usage import PersonsUse, Used
from tests.scenario.test_coming_back import named
from tests.support.world import House, Someone

PRICED = {"prices": "mistral/mistral-small-latest=1/2"}


async def asks(someone: Someone, question: str, answer: str, usage: Usage) -> None:
    someone.house.model.replies.append(Reply(answer, usage=usage))
    someone.says(question)
    await someone.sees(answer)


async def test_what_was_used_is_a_picture_and_words(house: House, alice: Someone) -> None:
    await house.start(**PRICED)
    await alice.commands("usage")
    await alice.sees("Nothing was used in this period.")
    assert house.side.files(alice.room) == []
    await asks(alice, "one", "First.", Usage(600, 100, cached_tokens=300))
    await asks(alice, "two", "Second.", Usage(400, 200))
    await alice.commands("usage", "week")
    shown = await alice.sees("By model:")
    assert "Answers: 2 · tokens: 1,300 · $" in shown.text
    assert "Read from the cache: 30 %" in shown.text
    assert "mistral/" in shown.text
    name, data = await alice.gets_file()
    assert re.fullmatch(r"(usage|photo).*", name) and data.startswith((b"\x89PNG", b"\xff\xd8"))
    assert "Answers: 2" in house.side.file_words(alice.room), "who does not see it is told what it shows"
    await alice.commands("delete")
    await alice.presses("Delete")
    await alice.sees("deleted")
    await alice.presses("Today", on=shown)
    await alice.sees("Answers: 2", times=2)


async def test_only_an_admin_sees_what_others_have_used(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(admins=named(house, alice))
    await asks(bob, "one", "First.", Usage(60, 40))
    await bob.commands("usage", "month", "2")
    # Where arguments are typed, a person's number is none for Bob.
    refused = ("Only an admin can look at what others have used.", "is not a period.")
    await house.until(lambda: any(words in message.text for message in bob.answers() for words in refused))
    await alice.commands("usage", "month", "1")
    assert "Bob ·" in (await alice.sees("By model:")).text
    await alice.commands("admin")
    await alice.presses("Usage")
    shown = await alice.sees("By person:")
    assert "Everyone" in shown.text and "Bob" in shown.text and "tokens: 100" in shown.text
    await alice.presses("As a table (CSV)", on=shown)
    await house.until(lambda: any(name.endswith(".csv") for name, _ in house.side.files(alice.room)))
    name, data = next(each for each in house.side.files(alice.room) if each[0].endswith(".csv"))
    (line,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert line["bot"] in ("Telegram · @parley_bot", "Discord · Parley")
    assert (name, line["name"], line["answers"], line["output_tokens"]) == ("usage-month.csv", "Bob", "1", "40")


def test_no_name_is_a_formula_in_the_table() -> None:
    used = Used(1, 2, 0, 3, 5_000_000, 0)
    names = ("=1+1", "+1", "-1", "@A1", "\t=1", "Bob")
    uses = [PersonsUse(PersonId(number), name, ("", ""), "m", used) for number, name in enumerate(names)]
    written = table([("2026-11-29", uses)], lambda _: "@parley_bot").decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(written)))
    assert [line["name"] for line in lines] == ["'=1+1", "'+1", "'-1", "'@A1", "'\t=1", "Bob"]
    assert (lines[0]["day"], lines[0]["answers"], lines[0]["usd"]) == ("2026-11-29", "1", "5.000000")


async def test_admins_pay_nothing_where_the_operator_says_so(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(admins=named(house, alice), admins_free=True, tokens_start=100, tokens_per_request=100)
    await asks(alice, "one", "First.", Usage(60, 40))
    await asks(alice, "two", "Second.", Usage(60, 40))
    await alice.commands("tokens")
    await alice.sees("answers cost you nothing")
    await asks(bob, "one", "Yours.", Usage(60, 40))
    bob.says("two")
    await bob.sees("You have 0 tokens left")
