"""A broadcast on the page: looked at before it is sent, sent once, stopped, and whom it did not reach."""

import re
from collections.abc import Sequence

from bot.domain.people import RoleRules
from bot.people.broadcasting import MOST_LETTERS
from storage import acts, broadcasts
from storage.acts import ActKind
from storage.broadcasts import Audience, BroadcastState, Miss
from storage.programs import Program
from tests.page.conftest import Pages


async def test_a_broadcast_is_looked_at_sent_once_and_stopped(pages: Pages) -> None:
    ada, grace = await pages.browser("Ada"), await pages.browser("Grace")
    for text in ("", "x" * (MOST_LETTERS + 1)):
        status, page = await ada.sends("/broadcasts", text=text)
        assert (status, text in page) == (422, True)
    _, page = await ada.sends("/broadcasts", text="We **move** <script>tonight.", role="admin", where=":")
    assert "We <b>move</b>" in page
    assert "<script>tonight" not in page
    assert "This goes to 2 people, each once." in page
    draft = re.search(r'name="broadcast" value="(\d+)"', page)
    assert draft is not None
    number = int(draft[1])
    # Another admin's draft is nobody else's to send.
    await grace.sends("/broadcasts/send", broadcast=draft[1])
    await grace.sends("/broadcasts/discard", broadcast=draft[1])
    assert "It looks like this:" not in (await grace.get("/broadcasts"))[1]
    for _ in range(2):
        _, page = await ada.sends("/broadcasts/send", broadcast=draft[1])
        assert "on its way" in page
    await pages.database.write(broadcasts.note_missed(number, pages.ids["Grace"], Miss.UNREACHABLE))
    _, page = await grace.sends("/broadcasts/stop", broadcast=draft[1])
    assert "stopped" in page
    found = await pages.database.read(broadcasts.find(number))
    assert found is not None
    assert (found.state, found.people) == (BroadcastState.STOPPED, 2)
    assert "I was removed or blocked" in (await ada.get(f"/broadcasts?of={number}"))[1]
    done = [(one.kind, one.admin_name, one.amount) for one in await pages.database.read(acts.latest(2))]
    assert done == [(ActKind.STOP_BROADCAST, "Grace", None), (ActKind.BROADCAST, "Ada", 2)]
    assert [(await ada.sends(f"/broadcasts/{act}", broadcast="x"))[0] for act in ("send", "stop", "discard")] == [
        200
    ] * 3


async def test_people_are_counted_without_reading_their_chats(pages: Pages) -> None:
    for where in (("", ""), ("telegram", ""), ("telegram", "1")):
        statement = next(broadcasts.count(Audience.of("", *where), RoleRules()))
        assert isinstance(statement, tuple)
        sql, parameters = statement
        rows = await pages.database.read(explained(sql, parameters))
        chats = [step for step in rows if "identity_of_chat" in step]
        assert chats, where
        assert all("COVERING INDEX" in step for step in chats), where


def explained(sql: str, parameters: Sequence[object]) -> Program[list[str]]:
    """The steps of a statement."""
    return [row[-1] for row in (yield (f"EXPLAIN QUERY PLAN {sql}", parameters))]
