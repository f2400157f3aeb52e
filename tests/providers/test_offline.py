"""The model without a network says what it is, and shows that it listens."""

import tomllib
from pathlib import Path

import pytest

from bot.contracts.provider import Prompt, PromptMessage
from bot.domain.events import ImageMade, TextDelta
from bot.domain.messages import Author, InstructionPart, PassagePart, TextPart
from bot.files.grounding import STRICT
from providers.offline import Offline
from tests.support.clock import FakeClock


def prompt_of(*texts: str) -> Prompt:
    authors = (Author.USER, Author.ASSISTANT)
    messages = tuple(PromptMessage(authors[i % 2], (TextPart(text),)) for i, text in enumerate(texts))
    return Prompt("any", messages)


async def answer(offline: Offline, prompt: Prompt) -> str:
    return "".join([event.text async for event in offline.stream(prompt) if isinstance(event, TextDelta)])


async def test_it_says_what_is_missing_and_how_to_fix_it() -> None:
    text = await answer(Offline(FakeClock(), pace_s=0), prompt_of("What is the capital of France?"))
    assert "model" in text
    assert "MISTRAL_API_KEY=" in text
    assert ".env" in text
    assert "What is the capital of France?" in text
    assert "no earlier messages" in text


async def test_it_counts_what_it_can_see() -> None:
    text = await answer(Offline(FakeClock(), pace_s=0), prompt_of("One", "Two", "Three"))
    assert "2 earlier messages" in text
    assert "> Three" in text


async def test_a_long_question_is_repeated_in_part() -> None:
    text = await answer(Offline(FakeClock(), pace_s=0), prompt_of("word " * 5000))
    assert len(text) < 1000


async def test_asked_again_it_answers_in_other_words() -> None:
    offline = Offline(FakeClock(), pace_s=0)
    answers = [await answer(offline, prompt_of("Hello")) for _ in range(3)]
    assert len(set(answers)) == 3


async def test_it_speaks_word_by_word() -> None:
    clock = FakeClock()
    events = Offline(clock, pace_s=0.5).stream(prompt_of("Hello"))
    first = await anext(events)
    assert isinstance(first, TextDelta)
    assert len(first.text.split()) == 1
    await events.aclose()


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("Show me a table, please", "|--:|"),
        ("A FORMULA!", "\\frac"),
        ("some code?", "```python"),
        ("Write a long answer", "## 12."),
        ("Draw a picture", "sunset"),
        ("a list of steps", "2. Warm"),
        ("Give me a quote", "> A journey"),
        ("Explain how tides work, in three sentences", "**Moon**"),
        ("Write a Python function that finds prime numbers", "sieve"),
    ],
)
async def test_it_plays_what_is_asked_for_and_says_that_it_is_played(question: str, shown: str) -> None:
    text = await answer(Offline(FakeClock(), pace_s=0), prompt_of(question))
    assert shown in text
    assert text.startswith("*Played by the built-in model")


async def test_it_plays_several_things_in_the_order_asked_for() -> None:
    text = await answer(Offline(FakeClock(), pace_s=0), prompt_of("A quote, and then a table"))
    assert 0 < text.index("> A journey") < text.index("| Planet")


async def test_what_a_newcomer_is_offered_is_played_in_every_language() -> None:
    for file in (Path(__file__).parents[2] / "bot" / "texts").glob("*.toml"):
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        said = said.get("texts", said)
        for question, sign in (("Explain how tides", "Moon"), ("Write a Python function that", "sieve")):
            asked = next(text for key, text in said.items() if key.startswith(question))
            assert sign in await answer(Offline(FakeClock(), pace_s=0), prompt_of(asked)), asked


async def test_a_picture_is_made_where_one_is_asked_for() -> None:
    events = [event async for event in Offline(FakeClock(), pace_s=0).stream(prompt_of("A picture of the sea"))]
    made = [event for event in events if isinstance(event, ImageMade)]
    assert [image.media_type for image in made] == ["image/png"]
    assert made[0].data.startswith(b"\x89PNG")


LEASE = PassagePart("lease.pdf", 3, "The deposit is two months of rent and is paid back within six weeks.")


@pytest.mark.parametrize(
    ("question", "from_it"),
    [
        ("How high is the deposit?", True),
        ("What is this about?", True),
        ("Summarise the document", True),
        ("What does lease.pdf say?", True),
        ("", True),
        ("Hello there", False),
        ("Explain how tides work, in three sentences", False),
        ("Show me a formula", False),
        ("hi", False),
    ],
)
async def test_documents_answer_only_what_asks_about_them(question: str, from_it: bool) -> None:
    prompt = Prompt("any", (PromptMessage(Author.USER, (TextPart(question), LEASE)),))
    assert ("[lease.pdf, p. 3]" in await answer(Offline(FakeClock(), pace_s=0), prompt)) is from_it


async def test_strictly_from_the_documents_they_answer_everything() -> None:
    messages = (PromptMessage(Author.USER, (LEASE, TextPart("Hi"), InstructionPart(STRICT))),)
    assert "[lease.pdf, p. 3]" in await answer(Offline(FakeClock(), pace_s=0), Prompt("any", messages))
