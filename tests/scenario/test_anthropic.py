"""A vendor with a format of its own, as a person meets it: thinking, an overload in the middle, a limit."""

import base64
import io

import orjson
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from bot.domain.turns import FinishReason
from bot.standins.model import Fault, Reply
from tests.scenario.test_trouble import balance
from tests.support import material
from tests.support.world import House, Someone

OVERLOADED = b"".join(
    b"data: " + orjson.dumps(event) + b"\n\n"
    for event in (
        {"type": "message_start", "message": {"role": "assistant", "usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "ping"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    )
)


async def test_an_overload_in_the_middle_is_tried_again_and_costs_nothing(house: House, alice: Someone) -> None:
    await house.start(anthropic_api_key="k", anthropic_base_url=house.model.url, mistral_api_key=None)
    house.model.replies.extend(("Never.", Reply("Yes.", reasoning="Hm."), Reply("As far", reason=FinishReason.LENGTH)))
    house.model.fail(Fault("status", status=200, body=OVERLOADED, headers={"Content-Type": "text/event-stream"}))
    alice.says("hello")
    await alice.sees("Yes.")
    alice.says("more")
    await alice.sees("As far")
    assert await balance(house) == 4000 - 200
    assert [request.dialect for request in house.model.requests] == ["anthropic"] * 3
    assert house.model.refused == []


async def test_a_refusal_in_the_middle_is_told_and_costs_nothing(house: House, alice: Someone) -> None:
    await house.start(anthropic_api_key="k", anthropic_base_url=house.model.url, mistral_api_key=None)
    house.model.reply = Reply("As far as this", reason=FinishReason.FILTERED)
    alice.says("hello")
    answer = await alice.sees("As far as this")
    assert "The model's filter ended the answer here." in answer.text
    assert await balance(house) == 4000


def plan() -> bytes:
    """A page with a drawing and a word."""
    target = io.BytesIO()
    canvas = Canvas(target)
    canvas.drawString(60, 700, "The berths of pier C, as they are numbered from the lighthouse.")
    canvas.drawImage(ImageReader(Image.new("RGB", (9, 9), "navy")), 60, 100, 400, 500)
    canvas.save()
    return target.getvalue()


def pdfs_in(house: House, number: int) -> list[bytes]:
    """The PDFs themselves in a request."""
    messages = house.model.requests[number].body["messages"]
    blocks = [block for message in messages for block in message["content"]]
    return [base64.b64decode(block["source"]["data"]) for block in blocks if block["type"] == "document"]


async def test_a_pdf_that_shows_more_than_text_goes_itself_and_stays_where_it_stood(
    house: House, alice: Someone
) -> None:
    await house.start(anthropic_api_key="k", anthropic_base_url=house.model.url, mistral_api_key=None)
    drawn = plan()
    house.model.reply = "Number nine."
    alice.sends_file("plan.pdf", drawn, caption="which is free?")
    alice.sends_file("letter.pdf", material.pdf(["Only words."]), caption="and this?")
    alice.says("and next to it?")
    await alice.sees("Number nine.", times=3)
    assert [pdfs_in(house, number) for number in range(3)] == [[drawn]] * 3
    first, last = (house.model.requests[number].body["messages"] for number in (0, 2))
    plain = [[{**block, "cache_control": None} for block in messages[0]["content"]] for messages in (first, last)]
    assert plain[0] == plain[1], "To the byte."
    assert '<document name="plan.pdf">' in str(first)
    assert "Only words." in str(last)
    assert house.model.refused == []


@pytest.mark.parametrize("pdfs", ["off", "always"])
async def test_the_operator_says_which_pdfs_go_themselves(pdfs: str, house: House, alice: Someone) -> None:
    keys = {"anthropic_api_key": "k", "anthropic_base_url": house.model.url, "mistral_api_key": None}
    await house.start(**keys, pdfs=pdfs)
    house.model.reply = "Yes."
    alice.sends_file("letter.pdf", material.pdf(["Only words."]), caption="read this")
    await alice.sees("Yes.")
    assert len(pdfs_in(house, 0)) == (pdfs == "always")
