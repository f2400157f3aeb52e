"""What of a conversation a model gets to read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import ModelProfile, PromptMessage
from bot.domain.messages import Author, PdfPart, TextPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import ContextTooLong
from bot.llm.fitting import (
    ANSWER_ROOM,
    PAGE_TOKENS,
    UNKNOWN_WINDOW,
    budget_of,
    fit,
    halved,
    is_small,
    size_of,
    without_pdfs,
)
from bot.llm.spending import Request

SYSTEM = PromptMessage(Author.SYSTEM, (TextPart("Be kind."),))


def said(author: Author, text: str) -> PromptMessage:
    return PromptMessage(author, (TextPart(text),))


def conversation(turns: int, words: str = "word " * 20) -> tuple[PromptMessage, ...]:
    spoken = [said(author, f"{n} {words}") for n in range(turns) for author in (Author.USER, Author.ASSISTANT)]
    return (SYSTEM, *spoken, said(Author.USER, "newest"))


@given(st.integers(1, 12), st.integers(50, 2_000))
def test_what_fits_is_whole_newest_and_begins_with_a_question(turns: int, budget: int) -> None:
    whole = conversation(turns)
    fitted = fit(whole, budget)
    assert sum(map(size_of, fitted)) <= budget
    assert fitted[0] == SYSTEM
    assert fitted[1].author is Author.USER
    assert fitted[1:] == whole[len(whole) - len(fitted) + 1 :]


@given(st.integers(1, 6), st.integers(1, 4), st.integers(50, 60_000))
def test_a_pdf_itself_takes_the_place_of_nothing_that_was_said(turns: int, pages: int, budget: int) -> None:
    whole = conversation(turns)
    pdf = PdfPart("plan.pdf", b"%PDF-", "0", pages, 9)
    with_it = (whole[0], replace(whole[1], parts=(pdf, *whole[1].parts)), *whole[2:])
    fitted = fit(with_it, budget)
    assert sum(map(size_of, fitted)) <= budget
    assert without_pdfs(fitted) == fit(whole, budget)
    assert (pdf in fitted[1].parts) == (sum(map(size_of, with_it)) <= budget)


def test_a_page_of_a_pdf_is_reckoned_as_a_picture_and_its_text_once_more() -> None:
    pdf = PdfPart("plan.pdf", b"%PDF-", "0", 3, 400)
    request = Request(ModelName("m"), (PromptMessage(Author.USER, (pdf, TextPart("Which pier?"))),))
    assert request.beside.pictures == 3
    assert request.used().input_tokens >= 3 * PAGE_TOKENS + 400


def test_a_newest_message_that_is_too_long_is_refused_with_the_way_out() -> None:
    with pytest.raises(ContextTooLong) as refused:
        fit((SYSTEM, said(Author.USER, "x" * 10_000)), 1_000)
    assert "Send a shorter one" in refused.value.tell


def test_half_of_a_conversation_is_its_newer_half() -> None:
    whole = conversation(4)
    half = halved(whole)
    assert half is not None
    assert half == (SYSTEM, *whole[-len(half) + 1 :])
    assert len(half) <= len(whole) // 2 + 1
    assert halved((SYSTEM, said(Author.USER, "alone"))) is None


@given(st.lists(st.text(max_size=200), max_size=5), st.integers(1, 4_000))
def test_what_is_called_small_fits(texts: list[str], limit: int) -> None:
    messages = [said(Author.USER, text) for text in texts]
    if is_small(messages, limit):
        assert sum(map(size_of, messages)) <= limit


def test_room_for_the_answer_is_left() -> None:
    assert budget_of(ModelProfile()) == UNKNOWN_WINDOW - ANSWER_ROOM
    assert budget_of(ModelProfile(context_tokens=8_192)) == 8_192 - 2_048
    assert budget_of(ModelProfile(context_tokens=200_000, output_tokens=1_000)) == 199_000


def test_what_becomes_more_in_another_form_is_not_small() -> None:
    messages = [said(Author.USER, "ﷺ" * 100)]
    assert not is_small(messages, 3_000)
    assert is_small([said(Author.USER, "é" * 100)], 3_000)
