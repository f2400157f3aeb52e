"""Whatever made an answer what it was is handed on by every way of asking again."""

from tests.files import material
from tests.scenario.test_files import TIDES, last_request
from tests.scenario.world import House, Someone

STRICT = "Answer strictly from the documents"


def is_strict(house: House) -> bool:
    return STRICT in last_request(house)["messages"][0]["content"]


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


async def test_a_model_chosen_for_one_answer_goes_on_answering_it(house: House, alice: Someone) -> None:
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
