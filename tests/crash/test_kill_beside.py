"""Killed at what there is beside an answer's words: pictures, files, calls of tools, summaries."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.domain.blocks import OutFile
from bot.rendering.pages import SENT_AGAIN
from bot.standins.dialects import Called
from bot.standins.model import Reply
from bot.standins.model.drawing import square
from tests.crash.scene import ANSWER, Scene, whole
from tests.crash.victim import KillAt
from tests.support import material
from tests.support.acting import SEND
from tests.support.sides import Shown

_DRAWS: dict[str, Any] = {"image_model": "openai/gpt-image-2", "openai_api_key": "key", "tokens_per_picture": 400}


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_where_a_picture_is_paid(scene: Scene, moment: Literal["before", "after"]) -> None:
    """It is paid once and sent once; drawn again only where it had not been kept."""
    scene.settings |= _DRAWS | {"openai_base_url": f"{scene.model.url}/v1"}
    room = await scene.meet("private")
    await scene.start(KillAt(moment, 1, "_unless_taken_up"))
    await scene.until(lambda: scene.side.knows("draw", room))
    scene.side.command(scene.alice, room, "draw", ("a red fox",))
    await scene.dies()
    assert scene.side.files(room) == []
    await scene.start()
    await scene.until(lambda: scene.side.files(room))
    await scene.nothing_left()
    await scene.ends()
    drawings = 1 if moment == "after" else 2
    assert [data for _, data in scene.side.files(room)] == [square(drawings)]
    assert scene.model.drawn == drawings
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3500
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'assistant'") == 2


async def test_killed_where_a_picture_is_sent(scene: Scene) -> None:
    """It is drawn and paid once; where nothing tells whether it has arrived, it comes again and says so."""
    scene.settings |= _DRAWS | {"openai_base_url": f"{scene.model.url}/v1"}
    room = await scene.meet("private")
    await scene.start(KillAt("before", 1, "_settle_page"))
    await scene.until(lambda: scene.side.knows("draw", room))
    scene.side.command(scene.alice, room, "draw", ("a red fox",))
    await scene.dies()
    assert len(scene.side.files(room)) == 1
    await scene.start()
    await scene.nothing_left()
    await scene.ends()
    shown = [message.text for message in scene.answers(room) if "the picture" in message.text]
    again = [text for text in shown if SENT_AGAIN in text]
    assert len(again) == len(shown) - 1 == (1 if scene.side.name == "telegram" else 0)
    assert [data for _, data in scene.side.files(room)] == [square(1)] * len(shown)
    assert scene.model.drawn == 1
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3500


# The model is asked anew only where its call has not been written.
AT_A_CALL = [
    (KillAt("before", 1, "add_calls"), 3),
    (KillAt("after", 1, "add_calls"), 2),
    (KillAt("after", 1, "end_call"), 2),
]


@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
@pytest.mark.parametrize(("point", "requests"), AT_A_CALL, ids=str)
async def test_killed_at_a_call_of_a_tool(scene: Scene, point: KillAt, requests: int) -> None:
    """The turn goes on from its last step: one answer, one call in it with its result, one price."""
    scene.settings["tools"] = "reading"
    room = await scene.meet("private")
    search = Called("search_sessions", '{"words": "hello"}')

    def looks_first(body: Mapping[str, Any]) -> Reply:
        has_looked = any(message["role"] == "tool" for message in body["messages"])
        return Reply(ANSWER) if has_looked else Reply("Let me look.", calls=(search,))

    scene.model.reply = looks_first
    await scene.start(point)
    scene.say(room, "have we met?")
    await scene.dies()
    await scene.start()

    def shown() -> list[Shown]:
        return [message for message in scene.answers(room) if "Used: your sessions" in message.text]

    await scene.until(shown)
    await scene.nothing_left()
    await scene.ends()
    assert len(shown()) == 1
    assert len(scene.model.requests) == requests
    assert not scene.model.refused
    ((parts,),) = scene.rows("SELECT parts FROM message WHERE author = 'assistant' ORDER BY id DESC LIMIT 1")
    said, called, result, answered = json.loads(parts)
    assert (said, called["tool"], result["outcome"]) == ({"text": "Let me look."}, "search_sessions", "done")
    assert answered == {"text": ANSWER}
    assert scene.query("SELECT COUNT(*) FROM tool_call") == 0
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


# What is pressed after the next start, if anything, and whether the letter has gone out by the end.
AT_AN_EFFECT = [
    (KillAt("after", 1, "add_calls"), "Allow once", 1),
    (KillAt("after", 1, "once"), "", 1),
    (KillAt("after", 1, "set_state"), "Leave it", 0),
    (KillAt("before", 1, "end_call"), "Leave it", 1),
]


@pytest.mark.parametrize("scene", ["telegram"], indirect=True)
@pytest.mark.parametrize(("point", "press", "sent"), AT_AN_EFFECT, ids=str)
async def test_killed_around_an_effect(scene: Scene, tmp_path: Path, point: KillAt, press: str, sent: int) -> None:
    """What has an effect has it once at most; where nobody knows whether it did, the person is asked."""
    scene.settings["tools"] = "reading"
    scene.letters = tmp_path / "letters"
    room = await scene.meet("private")

    def sends(body: Mapping[str, Any]) -> Reply:
        return Reply("That was it.") if body["messages"][-1]["role"] == "tool" else Reply("", calls=(SEND,))

    def card(label: str) -> Shown | None:
        return next((shown for shown in scene.answers(room) if label in shown.labels), None)

    scene.model.reply = sends
    await scene.start(point)
    scene.say(room, "tell Eve")
    if point.program != "add_calls":
        asks = await scene.until(lambda: card("Allow once"))
        assert asks is not None
        scene.side.press(scene.alice, room, asks, "Allow once")
    await scene.dies()
    await scene.start()
    if press:
        asks = await scene.until(lambda: card(press))
        assert asks is not None
        scene.side.press(scene.alice, room, asks, press)
    await scene.until(lambda: any("That was it." in shown.text for shown in scene.answers(room)))
    await scene.nothing_left()
    await scene.ends()
    assert scene.letters.read_text().split() == ["Eve"] * sent
    assert not scene.model.refused
    assert scene.query("SELECT COUNT(*) FROM tool_call") == 0
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_at_a_summary(scene: Scene, moment: Literal["before", "after"]) -> None:
    """It is made again where it was not kept, is there once, and is paid for once."""
    scene.settings |= {"context_messages": 2, "summaries": "person"}
    await scene.start(KillAt(moment, 1, "complete"))
    scene.say(scene.private, "hi")
    await scene.dies()
    await scene.start()
    await scene.until(lambda: scene.query("SELECT COUNT(*) FROM summary WHERE NOT wanted AND text <> ''"))
    await scene.nothing_left()
    await scene.ends()
    assert scene.query("SELECT COUNT(*) FROM summary") == 1
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
    assert scene.query("SELECT COUNT(*) FROM ledger WHERE kind = 'summary'") == 1
    assert len(scene.model.requests) == (3 if moment == "before" else 2)


FILE_POINTS = [
    KillAt(moment, number, program)
    for moment in ("before", "after")
    for program, number in (("keep", 1), ("begin", 2), ("_add_pages", 1), ("index_some", 1), ("note", 1))
]


@pytest.mark.parametrize("point", FILE_POINTS, ids=lambda point: f"{point.moment}-{point.program}")
async def test_killed_while_a_file_is_read(scene: Scene, point: KillAt) -> None:
    room = await scene.meet("private")
    await scene.start(point)
    document = OutFile("a.pdf", "application/pdf", material.pdf(["The first page.", "The second page."]))
    scene.side.send_files(scene.alice, room, [document], "what does it say?", reply_to=None)
    await scene.dies()
    await scene.start()
    shown = await scene.settled(room, 1)
    assert len([message for message in whole(shown) if SENT_AGAIN not in message.text]) <= 1
    assert scene.query("SELECT COUNT(*) FROM message WHERE author = 'system'") == 1
    assert scene.query("SELECT COUNT(*) FROM document WHERE complete") == 1
    assert scene.query("SELECT COUNT(*) FROM document_page") == 2
    assert scene.query("SELECT COUNT(*) FROM passage") == 2
    files = [path for path in (scene.data / "files").rglob("*") if path.is_file()]
    assert len(files) == scene.query("SELECT COUNT(*) FROM blob") == 1
    assert "The second page." in str(scene.model.requests[-1].body)
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800
