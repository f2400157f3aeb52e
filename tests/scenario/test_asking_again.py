"""Whatever made an answer what it was is handed on by every way of asking again."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any

import pytest

from bot.domain.messages import GO_ON
from bot.settings.models import ModeTable
from bot.standins.model import Fault, Reply
from bot.turns.context import QUOTING
from tests.support import material
from tests.support.sent_files import TIDES, last_request
from tests.support.world import House, Someone

Body = Mapping[str, Any]

STRICT = "Answer strictly from the documents"


def is_strict(house: House) -> bool:
    return STRICT in str(last_request(house)["messages"][-1]["content"])


async def asked(house: House, alice: Someone) -> None:
    house.model.reply = "The moon [tides.pdf, p. 1]."
    await house.start()
    alice.sends_file("tides.pdf", material.pdf([TIDES]), caption="keep this")
    await alice.sees("The moon")
    assert not is_strict(house)
    await alice.commands("ask", "why are there tides?")
    await alice.sees("From the documents: tides.pdf, p. 1")
    assert is_strict(house)


async def test_an_answer_from_the_documents_stays_one(house: House, alice: Someone) -> None:
    await asked(house, alice)
    await alice.presses("Regenerate")
    await alice.sees("From the documents: tides.pdf, p. 1", times=2)
    await alice.commands("regenerate")
    await alice.sees("From the documents: tides.pdf, p. 1", times=3)
    await alice.commands("continue")
    await alice.sees("From the documents: tides.pdf, p. 1", times=4)
    assert is_strict(house)
    alice.says("and how are you?")
    await alice.sees("The moon", times=6)
    assert not is_strict(house)


async def test_a_citation_leads_to_its_own_document_and_page_whatever_is_shown_again(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Noted."
    await house.start()
    for times, pages in enumerate(([TIDES, "Neap tides come between."], ["Granite is an igneous rock."]), 1):
        alice.sends_file("notes.pdf", material.pdf(pages), caption="keep this")
        await alice.sees("Noted.", times=times)
    house.model.reply = "It is [notes.pdf, p. 2]."
    await alice.commands("ask", "when do neap tides come?")
    await alice.sees("From the documents: notes.pdf, p. 2")
    house.model.reply = "Rock [notes (2).pdf, p. 1], and nothing else [notes (2).pdf, p. 2]."
    await alice.presses("Regenerate")
    shown = await alice.sees("From the documents: notes (2).pdf, p. 1")
    assert "p. 2" not in shown.text
    assert 'name="notes (2).pdf"' in str(last_request(house)["messages"])
    await alice.presses("‹")
    await house.until(lambda: any("1/2" in m.labels and "notes.pdf, p. 2" in m.text for m in alice.answers()))
    [back] = [m for m in alice.answers() if "1/2" in m.labels]
    assert "From the documents: notes.pdf, p. 2" in back.text


async def test_a_model_chosen_for_one_answer_also_continues_it(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(openai_api_key="k", openai_base_url=house.model.url, openai_model="another")
    alice.says("hi")
    await alice.sees("Yes.")
    first = last_request(house)["model"]
    await alice.commands("regenerate", "openai/another")
    await alice.sees("Yes.", times=2)
    assert last_request(house)["model"] == "another" != first
    for times, ask in enumerate(("Regenerate", "regenerate", "continue"), 3):
        await (alice.presses(ask) if ask.istitle() else alice.commands(ask))
        await alice.sees("Yes.", times=times)
        assert last_request(house)["model"] == "another"
    alice.says("and now?")
    await alice.sees("Yes.", times=6)
    assert last_request(house)["model"] == first


# every kind of question, asked again in every way

WORDS = "why are there two of them each day?"
ONE, TWO = "mistral/mistral-medium-latest", "mistral/mistral-small-latest"
THIRD = "openai/another"
BOOK = "Spring tides: two come each day.".join(["Rocks, and then more rocks.\n\n" * 1_500] * 2).encode()
"""Too long to be read whole: what a model gets of it depends on what is asked."""


class Talk:
    """One person's questions, each answered in words of its own."""

    def __init__(self, house: House, someone: Someone, answers: "count[int]") -> None:
        self.house = house
        self.someone = someone
        self._answers = answers

    async def answered(self, act: Awaitable[object]) -> Body:
        """The request that comes of an act, once its answer is there."""
        number = next(self._answers)
        self.house.model.reply = Reply(f"Answer {number}.")
        await act
        self.shown = await self.someone.sees(f"Answer {number}.")
        return last_request(self.house)

    async def failed(self, act: Awaitable[object]) -> list[Body]:
        """The requests that come of an act that no model answers."""
        requests = self.house.model.requests
        before = len(requests)
        self.house.model.faults.extend([Fault("status", status=404)] * 3)
        await act
        await self.house.until(lambda: any("Try again" in label for label in self.someone.answers()[-1].labels))
        self.house.model.faults.clear()
        return [request.body for request in list(requests)[before:]]


Ask = Callable[[Talk, str], Awaitable[int]]


async def says(talk: Talk, words: str) -> int:
    return talk.someone.says(words)


async def asks(talk: Talk, words: str) -> int:
    """Nobody can edit a command of Discord's."""
    if talk.house.side.name == "telegram":
        return talk.someone.says(f"/ask {words}")
    await talk.someone.commands("ask", words)
    return 0


async def points(talk: Talk, words: str) -> int:
    """In a thread of Discord's everything is said to the bot."""
    if talk.house.side.name == "discord":
        return talk.someone.says(words)
    news = talk.someone.says("The news of today.", to_bot=False)
    return talk.someone.says(words, reply_to=news)


async def edits(talk: Talk, message: int, ask: Ask) -> None:
    talk.someone.edits(message, f"/ask {WORDS.upper()}" if ask is asks else WORDS.upper())


async def sends_book(talk: Talk) -> None:
    await talk.answered(_sends_book(talk))


async def _sends_book(talk: Talk) -> None:
    talk.someone.sends_file("book.txt", BOOK, caption="keep this")


async def chooses(talk: Talk) -> None:
    await talk.someone.commands("model", TWO)
    await talk.someone.sees(f"{TWO} first")


async def goes_to_documents(talk: Talk) -> None:
    await talk.someone.commands("mode", "documents")
    await talk.someone.sees("The mode is documents")
    await sends_book(talk)


KINDS: Mapping[str, tuple[Ask, tuple[Callable[[Talk], Awaitable[None]], ...]]] = {
    "model": (says, (chooses,)),
    "ask": (asks, (sends_book, chooses)),
    "documents": (says, (goes_to_documents,)),
    "pointed": (points, ()),
}


def without(body: Body, words: str) -> tuple[str, str, str, str]:
    """What made an answer what it is: model, prompt, and all that comes with the question beside its words."""
    last = str(body["messages"][-1]["content"]).removeprefix(f"{QUOTING}\n")
    assert words in last
    return body["model"], body["messages"][0]["content"], last.replace(words, "…"), str(body.get("temperature"))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_asked_again_is_asked_as_it_was(house: House, alice: Someone, kind: str) -> None:
    ask, steps = KINDS[kind]
    modes = {name: ModeTable(chain=(ONE, TWO, THIRD)) for name in ("regular", "documents")}
    openai = {"openai_api_key": "k", "openai_base_url": house.model.url, "openai_model": "another"}
    await house.start(mode_tables=modes, **openai)
    talk = Talk(house, house.group(alice)[0] if kind == "pointed" else alice, count(1))
    someone = talk.someone
    await talk.answered(says(talk, "hello"))
    for step in steps:
        await step(talk)
    asked: list[int] = []

    async def first() -> None:
        asked.append(await ask(talk, WORDS))

    base = await talk.answered(first())
    answer = talk.shown
    assert base["model"] == ("mistral-small-latest" if chooses in steps else "mistral-medium-latest")
    assert ("Answer strictly" in str(base["messages"][-1])) is (ask is asks or kind == "documents")
    assert await talk.answered(someone.presses("Regenerate")) == base
    assert await talk.answered(someone.commands("regenerate")) == base
    assert await talk.answered(someone.commands_on("regenerate", answer)) == base
    assert await talk.answered(someone.commands("regenerate", THIRD)) == {**base, "model": "another"}
    await someone.presses("‹")
    await house.until(lambda: any("3/5" in label or "4/5" in label for m in someone.answers() for label in m.labels))
    assert await talk.answered(someone.commands("regenerate")) == base
    on = await talk.answered(someone.commands("continue"))
    # What a question points at stands before the answer that goes on.
    kept = slice(2) if ask is points else slice(None)
    assert without(on, GO_ON.text)[kept] == without(base, WORDS)[kept]
    await someone.commands_on("fork", talk.shown)
    await someone.sees("continues from here")
    assert without(await talk.answered(first()), WORDS) == without(base, WORDS)
    if asked[-1]:
        edited = await talk.answered(edits(talk, asked[-1], ask))
        assert without(edited, WORDS.upper()) == without(base, WORDS)
    failed = await talk.failed(first())
    assert await talk.answered(someone.commands("continue")) == failed[0]
    failed = await talk.failed(first())
    assert await talk.answered(someone.presses("Try again")) == failed[0]


# a model that the operator takes away


async def test_a_model_that_is_offered_no_more_is_never_asked_and_missed_once(house: House, alice: Someone) -> None:
    with_third = {"regular": ModeTable(chain=(ONE, TWO, THIRD))}
    openai = {"openai_api_key": "k", "openai_base_url": house.model.url, "openai_model": "another"}
    await house.start(mode_tables=with_third, **openai)
    talk, gone = Talk(house, alice, count(1)), "openai/another is no longer offered here"
    await talk.answered(says(talk, "hello"))
    await talk.answered(alice.commands("regenerate", THIRD))
    by_third = talk.shown
    await alice.commands("model", THIRD)
    await alice.sees(f"{THIRD} first")
    assert (await talk.answered(says(talk, "again")))["model"] == "another"
    await house.stop()
    await house.start(mode_tables={name: ModeTable(chain=(ONE, TWO)) for name in ("regular", "documents")})
    asked = await talk.answered(says(talk, "and now?"))
    assert asked["model"] == "mistral-medium-latest"
    assert f"{gone}, so {ONE} answers from now on." in talk.shown.text
    told = await alice.sees(gone)
    for act in (says(talk, "more"), alice.commands("regenerate"), alice.commands("continue")):
        assert (await talk.answered(act))["model"] == "mistral-medium-latest"
        assert await alice.sees(gone) == told
    # What was chosen for that answer alone is asked for once more, and missed in its place.
    await talk.answered(alice.presses("Regenerate", on=by_third))
    assert gone in talk.shown.text
    assert "another" not in [request.model for request in list(house.model.requests)[4:]]
