"""The model without a network says what it is, and shows that it listens."""

from bot.events import TextDelta
from bot.provider import Prompt, PromptMessage
from bot.types import Author, TextPart
from providers.offline import Offline
from tests.clock import FakeClock


def prompt_of(*texts: str) -> Prompt:
    authors = (Author.USER, Author.ASSISTANT)
    messages = tuple(PromptMessage(authors[i % 2], (TextPart(text),)) for i, text in enumerate(texts))
    return Prompt("any", messages)


async def answer(offline: Offline, prompt: Prompt) -> str:
    return "".join([event.text async for event in offline.stream(prompt) if isinstance(event, TextDelta)])


async def test_it_says_what_is_missing_and_how_to_mend_it() -> None:
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
