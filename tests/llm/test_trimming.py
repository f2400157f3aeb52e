"""What a model does not take is left out, by what its vendor says: of the length, of pictures, of files."""

import pytest

from bot.contracts.provider import PromptMessage
from bot.domain.ids import PersonId
from bot.domain.messages import Author, ImagePart, PassagePart, PdfPart, TextPart
from bot.domain.provider_errors import (
    Blind,
    ContextTooLong,
    RequestRefused,
)
from bot.llm.chain import ATTEMPTS
from bot.llm.own_endpoints import Opened
from bot.standins.model import Fault
from providers.openai_compatible import OpenAICompatible
from storage.endpoints import OwnEndpoint, OwnModel
from tests.llm.kitchen import OVERLOADED, READER, Kitchen, refusal, said, words
from tests.support import material


def lengths(kitchen: Kitchen) -> list[int]:
    return [len(request.body["messages"]) for request in kitchen.model.requests]


LONG = said(*"abcdefghijk")
TOO_LONG = refusal("maximum prompt length is 131072 but the request contains 537812 tokens")


async def test_a_conversation_that_is_too_long_is_halved_until_it_fits(kitchen: Kitchen) -> None:
    kitchen.model.fail(TOO_LONG, TOO_LONG)
    assert words(await kitchen.ask("a/one", messages=LONG)) == "Yes."
    assert lengths(kitchen) == [11, 5, 1]
    assert kitchen.model.requests[-1].body["messages"][-1]["content"] == "k"


WINDOW_OF_4096 = refusal("This model's maximum context length is 4096 tokens. However, your messages resulted in 9000.")


async def test_a_window_that_the_vendor_states_is_kept_from_then_on(kitchen: Kitchen) -> None:
    conversation = said(*["word " * 750] * 21)
    kitchen.model.fail(WINDOW_OF_4096)
    for _ in range(2):
        assert words(await kitchen.ask("a/one", messages=conversation)) == "Yes."
    assert lengths(kitchen) == [21, 3, 3]
    await kitchen.ask("a/other", messages=conversation)
    assert lengths(kitchen)[-1] == 21


async def test_a_window_is_only_ever_lowered(kitchen: Kitchen) -> None:
    conversation = said(*["word " * 750] * 21)
    kitchen.model.fail(WINDOW_OF_4096)
    await kitchen.ask("a/one", messages=conversation)
    for more in "131072", "16384":
        kitchen.model.fail(refusal(f"This model's maximum context length is {more} tokens."))
        await kitchen.ask("a/one", messages=conversation)
    kitchen.model.requests.clear()
    await kitchen.ask("a/one", messages=conversation)
    assert lengths(kitchen) == [3]


async def test_a_question_that_may_fit_a_learned_window_is_asked(kitchen: Kitchen) -> None:
    question = (PromptMessage(Author.USER, (TextPart("word " * 3750),)),)
    kitchen.model.fail(WINDOW_OF_4096)
    await kitchen.ask("a/one", messages=said(*["word " * 750] * 21))
    assert words(await kitchen.ask("a/one", messages=question)) == "Yes."


async def test_an_answer_that_is_asked_too_long_is_asked_shorter(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("maximum context length is 4096 tokens. However, you requested 4596 tokens (500 in the "
                               "messages, 4096 in the completion)."))  # fmt: skip
    own = OwnModel(1, OwnEndpoint(1, PersonId(1), "mine", "", "", ""), "big", None, 4096)
    provider = kitchen.open_provider("a")
    assert isinstance(provider, OpenAICompatible)
    await kitchen.ask("own/1", own=Opened(provider, own))
    assert [request.body["max_tokens"] for request in kitchen.model.requests] == [4096, 1024]


async def test_one_message_that_is_too_long_alone_says_so(kitchen: Kitchen) -> None:
    kitchen.model.fail(*[TOO_LONG] * 9)
    with pytest.raises(ContextTooLong) as caught:
        await kitchen.ask("a/one", messages=LONG)
    assert "Your message is longer" in caught.value.tell


async def test_a_refusal_that_nobody_understands_gets_one_try_with_half_of_the_conversation(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Bad thing 17"))
    assert words(await kitchen.ask("a/one", messages=LONG)) == "Yes."
    assert lengths(kitchen)[0] == 11 > lengths(kitchen)[1]
    kitchen.model.requests.clear()
    kitchen.model.fail(refusal("Bad thing 17"), refusal("Bad thing 17"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one", messages=LONG)
    assert len(kitchen.model.requests) == 2
    kitchen.model.fail(refusal("Bad thing 17"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one")
    assert len(kitchen.model.requests) == 3


async def test_what_a_filter_refuses_is_not_asked_twice(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Content Exists Risk"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one", messages=LONG)
    assert len(kitchen.model.requests) == 1


async def test_what_is_not_taken_beside_the_words_is_left_out_at_once_and_remembered(kitchen: Kitchen) -> None:
    kitchen.model.fail(
        refusal("Unsupported value: 'temperature' does not support 0.5 with this model."),
        refusal("Unknown parameter: 'stream_options'"),
        refusal("Your organization must be verified to stream this model."),
    )
    assert words(await kitchen.ask("a/one", temperature=0.5)) == "Yes."
    assert len(kitchen.model.requests) == 4
    assert words(await kitchen.ask("a/one", temperature=0.5)) == "Yes."
    assert len(kitchen.model.requests) == 5
    assert not {"temperature", "stream_options"} & kitchen.model.requests[-1].body.keys()


BLIND = refusal("Failed to deserialize: unknown variant `image_url`, expected `text`")
PICTURE = ImagePart(b"x", "image/png")


async def test_an_older_picture_does_not_close_a_conversation_to_a_model_that_does_not_see(kitchen: Kitchen) -> None:
    first, *others = said("What is this?", "A cat.", "And now?")
    seen = (PromptMessage(Author.USER, (PICTURE, *first.parts)), *others)
    kitchen.model.fail(BLIND)
    assert words(await kitchen.ask("a/one", messages=seen)) == "Yes."
    assert words(await kitchen.ask("a/one", messages=seen)) == "Yes."
    assert ["image_url" in str(request.body) for request in kitchen.model.requests] == [True, False, False]


async def test_one_persons_picture_takes_a_model_away_from_nobody(kitchen: Kitchen) -> None:
    question = (PromptMessage(Author.USER, (PICTURE, TextPart("What is this?"))),)
    for fault in BLIND, refusal("No endpoints found that support image input", 404):
        kitchen.model.fail(fault)
        with pytest.raises(Blind):
            await kitchen.ask("a/one", messages=question)
        kitchen.model.requests.clear()
        assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
        assert kitchen.asked() == ["one"]


PLAN = PdfPart("plan.pdf", material.pdf(["Pier C"]), "plan", 1, 9)


def with_a_pdf(pdf: PdfPart = PLAN) -> tuple[PromptMessage, ...]:
    """A question about a PDF that came with an earlier one."""
    first, *others = said("And this?", "A plan.", "Which pier?")
    return (PromptMessage(Author.USER, (pdf, PassagePart(pdf.source, 1, "Pier C"), *first.parts)), *others)


def sent_pdfs(kitchen: Kitchen) -> list[bool]:
    for request in kitchen.model.requests:
        assert "Pier C" in str(request.body), "Its text is always there."
    return ["file_data" in str(request.body) for request in kitchen.model.requests]


async def test_a_pdf_itself_goes_to_models_that_are_known_to_take_it(kitchen: Kitchen) -> None:
    kitchen.model.fail(*(OVERLOADED,) * ATTEMPTS)
    assert words(await kitchen.ask(READER, "a/two", messages=with_a_pdf())) == "Yes."
    assert sent_pdfs(kitchen) == [True] * ATTEMPTS + [False]


@pytest.mark.parametrize(
    "fault",
    [
        refusal("The PDF specified was not valid."),
        refusal("A maximum of 100 PDF pages may be provided."),
        refusal("Invalid value: 'file'. Supported values are: 'text' and 'image_url'."),
        refusal("No endpoints found that support file input", 404),
        refusal("Provider does not support PDF files", 500),
        refusal("Something about this request is wrong."),
        refusal("Request too large", 413),
        refusal("prompt is too long: 210000 tokens > 200000 maximum"),
    ],
)
async def test_a_pdf_that_is_refused_is_read_as_text_from_then_on(fault: Fault, kitchen: Kitchen) -> None:
    kitchen.model.fail(fault)
    for _ in range(2):
        assert words(await kitchen.ask(READER, messages=with_a_pdf())) == "Yes."
    other = PdfPart("map.pdf", PLAN.data, "map", 1, 9)
    assert words(await kitchen.ask(READER, messages=with_a_pdf(other))) == "Yes."
    assert sent_pdfs(kitchen) == [True, False, False, True], "Another one is not to blame."
    assert all(len(request.body["messages"]) == 3 for request in kitchen.model.requests), "Nothing else was left out."
    assert kitchen.model.refused == []


async def test_what_leaves_no_room_for_what_was_said_is_read_as_text(kitchen: Kitchen) -> None:
    atlas = PdfPart("atlas.pdf", PLAN.data, "atlas", 20, 9)
    assert words(await kitchen.ask(READER, messages=with_a_pdf(atlas))) == "Yes."
    assert sent_pdfs(kitchen) == [False], "Twenty pages are more than this model is taken to read."
    assert len(kitchen.model.requests[0].body["messages"]) == 3
