"""What an admin sees and does on the page."""

import re

import pytest

from bot.domain.blocks import plain_page
from bot.domain.people import Role
from bot.domain.places import Place, PlaceKind
from bot.page.site import SHOWN
from storage import acts, given_up, invites, ledger, outbox, people, places
from storage.acts import ActKind
from storage.outbox import Target
from storage.programs import Program
from tests.page.conftest import Browser, Pages


@pytest.fixture
async def ada(pages: Pages) -> Browser:
    return await pages.browser("Ada")


async def role_of(pages: Pages, name: str) -> Role:
    return (await pages.database.read(people.get(pages.ids[name]))).role


async def test_every_page_is_shown_and_what_people_call_themselves_stands_there_as_words(
    pages: Pages, ada: Browser
) -> None:
    for path in SHOWN:
        status, page = await ada.get(path.format(person=pages.ids["<b>Blo</b>"], mode="regular"))
        assert (status, "<b>Blo" in page) == (200, False), path
    assert "&lt;b&gt;Blo" in (await ada.get("/people"))[1]


@pytest.mark.parametrize(
    ("act", "name", "becomes"),
    [
        ("let_in", "Sten", Role.MEMBER),
        ("block", "Sten", Role.BLOCKED),
        ("promote", "Mel", Role.ADMIN),
        ("demote", "Grace", Role.MEMBER),
        ("block", "Grace", Role.BLOCKED),
    ],
)
async def test_an_act_changes_the_role_and_stands_in_the_log(
    pages: Pages, ada: Browser, act: str, name: str, becomes: Role
) -> None:
    status, page = await ada.sends(f"/people/{pages.ids[name]}/{act}")
    assert status == 200
    assert name in page
    assert await role_of(pages, name) is becomes
    [done, *_] = await pages.database.read(acts.latest(9))
    assert (done.kind, done.admin_name, done.whom_name, done.page) == (ActKind(act), "Ada", name, True)
    assert name in (await ada.get("/log"))[1]
    # Who asked to come in hears what became of it.
    assert len(pages.delivered) == (1 if name == "Sten" else 0)


async def test_tokens_are_given_once_however_often_the_form_is_sent(pages: Pages, ada: Browser) -> None:
    for _ in range(2):
        await ada.sends(f"/people/{pages.ids['Mel']}/give", amount="1.500", note="Thank you", once="a")
    assert await pages.database.read(ledger.balance(pages.ids["Mel"])) == 5500
    assert len(pages.delivered) == 1
    given = [one for one in await pages.database.read(acts.latest(9)) if one.kind is ActKind.GIVE]
    assert [(one.amount, one.note) for one in given] == [(1500, "Thank you")]
    assert "5,500" in (await ada.get("/people?q=mel"))[1]


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("/people/{Mel}/give", {"amount": "many", "once": "a"}, "is not a number of tokens"),
        ("/people/{Mel}/give", {"amount": "-5000", "once": "a"}, "you cannot take that many"),
        ("/people/{Ada}/block", {}, "That would lock you out"),
        ("/invites", {"uses": "1001"}, "An invitation is for 1 to 1,000 people"),
    ],
)
async def test_what_cannot_be_done_is_said_and_changes_nothing(
    pages: Pages, ada: Browser, path: str, fields: dict[str, str], told: str
) -> None:
    status, page = await ada.sends(path.format(**pages.ids), **fields)
    assert status == 422
    assert told in page
    assert await role_of(pages, "Ada") is Role.ADMIN
    assert await pages.database.read(ledger.balance(pages.ids["Mel"])) == 4000
    assert [one.kind for one in await pages.database.read(acts.latest(9))] == [ActKind.LOG_IN]


async def test_what_could_not_be_delivered_is_sent_again_and_its_words_are_not_shown(
    pages: Pages, ada: Browser
) -> None:
    assert "What could not be delivered" not in (await ada.get(""))[1]
    for number, words in enumerate(("a heron", "a weir")):
        await pages.database.write(_lost(pages, words, number))
    _, page = await ada.get("")
    assert "What could not be delivered" in page
    assert '<td class="figure">2</td><td class="long">I was removed or blocked' in page
    assert "heron" not in page
    place = re.search(r'name="place" value="(\w+)"', page)
    assert place is not None
    for _ in range(2):
        status, page = await ada.sends("/undelivered/again", place=place[1])
        assert (status, "What could not be delivered" in page) == (200, False)
    assert [one.page.text for one in pages.delivered] == ["a heron", "a weir"]
    done = [one for one in await pages.database.read(acts.latest(9)) if one.kind is ActKind.RESEND]
    assert [(one.admin_name, one.amount, one.note, one.page) for one in done] == [("Ada", 2, "telegram", True)]
    assert (await ada.sends("/undelivered/again", place="x"))[0] == 200


def _lost(pages: Pages, words: str, number: int) -> Program[None]:
    place = Place("telegram", "1", "-7", "", PlaceKind.GROUP)
    row, _ = yield from places.open_place(place, "")
    page = yield from outbox.add(Target(row, place), plain_page(words), pages.clock.now(), number=number)
    yield from given_up.keep(page, given_up.Reason.UNREACHABLE, pages.clock.now())


async def test_an_invitation_is_shown_once_and_can_be_withdrawn(pages: Pages, ada: Browser) -> None:
    _, page = await ada.sends("/invites", uses="3")
    code = re.search(r"/start ([\w-]+)", page)
    assert code is not None
    _, later = await ada.get("/invites")
    assert code[1] not in later
    invite = re.search(r'name="invite" value="(\w+)"', later)
    assert invite is not None
    assert await pages.database.write(invites.use(code[1], None)) is Role.MEMBER
    await ada.sends("/invites/withdraw", invite=invite[1])
    assert await pages.database.write(invites.use(code[1], None)) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ada", {"Ada"}),
        ("q=4713", {"Mel"}),
        ("q=%25", set()),
        ("role=stranger", {"Sten"}),
        ("role=admin&q=ra", {"Grace"}),
        ("before={Mel}", {"Ada", "Grace"}),
        ("role=nonsense&before=x", {"Ada", "Grace", "Mel", "Sten"}),
    ],
)
async def test_people_are_found(pages: Pages, ada: Browser, query: str, found: set[str]) -> None:
    _, page = await ada.get(f"/people?{query.format(**pages.ids)}")
    assert {name for name in ("Ada", "Grace", "Mel", "Sten") if f">{name}</a>" in page} == found


async def test_a_card_says_why_somebody_is_not_answered(pages: Pages, ada: Browser) -> None:
    assert "An admin has been asked to let you in" in (await ada.get(f"/people/{pages.ids['Sten']}"))[1]
    assert "not answered" not in (await ada.get(f"/people/{pages.ids['Mel']}"))[1]
    for odd in ("people/999", "people/x", "people/-1", f"people/{'9' * 30}", "nowhere", "people/1/nowhere"):
        status, text = await ada.get(f"/{odd}")
        assert (status, "There is no such page" in text, 'href="/admin/people"' in text) == (404, True, True)


async def test_what_could_not_be_read_is_read_again_and_what_still_cannot_be_is_said(
    pages: Pages, ada: Browser
) -> None:
    assert (await ada.sends("/unread/again", letter="1"))[0] == 200
    status, page = await ada.sends("/unread/again", letter="2")
    assert (status, "It still cannot be read." in page) == (422, True)
    assert (await ada.sends("/unread/again", letter="x"))[0] == 200
    assert pages.reread == [("Ada", 1), ("Ada", 2)]
