"""Albums and long pastes in a group: the parts that do not name the bot."""

import pytest

from bot.domain.incoming import Inbound
from handlers.telegram.unfinished import Unfinished
from handlers.telegram.updates import read_update
from tests.handlers.telegram.updates import BOB, DATE, GROUP, ME, SIZES, entity, mentioning, message, take


def test_the_rest_of_an_album_in_a_group_follows_its_first_part() -> None:
    unfinished = Unfinished()
    first = message(
        GROUP,
        caption="@Parley_Bot look",
        caption_entities=[entity("mention", "@Parley_Bot look", "@Parley_Bot")],
        photo=SIZES,
        media_group_id="A",
    )
    heard = take({"update_id": 1, "message": first}, unfinished)
    assert isinstance(heard, Inbound)
    assert heard.album == "A"
    unfinished.note(heard)
    rest = message(GROUP, photo=SIZES, media_group_id="A", message_id=6)
    assert isinstance(take({"update_id": 2, "message": rest}, unfinished), Inbound)
    assert take({"update_id": 3, "message": {**rest, "media_group_id": "B"}}, unfinished) is None
    assert take({"update_id": 4, "message": {**rest, "from": BOB}}, unfinished) is None


@pytest.mark.parametrize("named", [1, 2, 3])
def test_an_album_is_whole_whichever_part_names_the_bot(named: int) -> None:
    unfinished, heard = Unfinished(), list[str]()
    call = {
        "caption": "@Parley_Bot look",
        "caption_entities": [entity("mention", "@Parley_Bot look", "@Parley_Bot")],
    }
    for number in (1, 2, 3):
        words = call if number == named else {}
        part = message(GROUP, message_id=number, photo=SIZES, media_group_id="A", **words)
        for incoming in read_update({"update_id": number, "message": part}, ME, unfinished):
            assert isinstance(incoming, Inbound)
            heard.append(incoming.remote_id)
    assert heard == ["1", "2", "3"]


def test_the_rest_of_a_long_paste_in_a_group_follows_at_once_or_not_at_all() -> None:
    unfinished = Unfinished()
    heard = take({"update_id": 1, "message": mentioning("@Parley_Bot " + "x" * 4084, "@Parley_Bot")}, unfinished)
    assert isinstance(heard, Inbound)
    unfinished.note(heard)
    rest = message(GROUP, text="the end", message_id=6, date=DATE + 1)
    later = message(GROUP, text="something else", message_id=7, date=DATE + 9)
    assert take({"update_id": 2, "message": later}, unfinished) is None
    end = take({"update_id": 3, "message": rest}, unfinished)
    assert isinstance(end, Inbound)
    unfinished.note(end)
    assert take({"update_id": 4, "message": {**rest, "message_id": 8}}, unfinished) is None
