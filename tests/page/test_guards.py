"""Who is not let in to the page, and what a forged request changes: nothing."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from bot.domain.people import Role
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.page.links import LINK_MINUTES, PageLinks
from bot.page.site import DONE, SHOWN
from bot.page.visitors import COOKIE, SESSION_HOURS, Visitors
from storage import acts, people
from storage.programs import Program
from tests.page.conftest import Pages


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


def filled(pages: Pages, path: str) -> str:
    act = "stop" if "bots" in path else "block"
    return pages.url + path.format(person=pages.ids["Mel"], act=act, mode="regular")


async def changed(pages: Pages) -> bool:
    """Whether anything was done to Mel, or to anybody beside logging in."""
    mel = await pages.database.read(people.get(pages.ids["Mel"]))
    done = await pages.database.read(acts.latest(9))
    return mel.role is not Role.MEMBER or any(one.kind is not acts.ActKind.LOG_IN for one in done)


async def test_who_is_not_logged_in_sees_nothing_and_does_nothing(pages: Pages, client: ClientSession) -> None:
    for cookies in ({}, {COOKIE: "made-up"}, {COOKIE: ""}):
        for path in SHOWN:
            async with client.get(filled(pages, path), cookies=cookies) as answer:
                assert (answer.status, "Mel" in await answer.text()) == (403, False), path
        for path in DONE:
            async with client.post(filled(pages, path), cookies=cookies, data={"token": "x"}) as answer:
                assert answer.status == 403, path
    assert not await changed(pages)


@pytest.mark.parametrize("name", ["Mel", "Sten", "<b>Blo</b>"])
async def test_a_link_of_somebody_who_is_no_admin_opens_nothing(pages: Pages, name: str) -> None:
    browser = await pages.browser(name)
    assert browser.status == 403
    assert (await browser.get("/people"))[0] == 403


async def test_an_admin_who_no_longer_is_one_is_out_at_once(pages: Pages) -> None:
    grace, ada = await pages.browser("Grace"), await pages.browser("Ada")
    assert (await grace.get("/people"))[0] == 200
    await ada.sends(f"/people/{pages.ids['Grace']}/demote")
    assert (await grace.get("/people"))[0] == 403
    # Made an admin again, the old session is still gone.
    await ada.sends(f"/people/{pages.ids['Grace']}/promote")
    assert (await grace.get("/people"))[0] == 403


async def test_a_session_ends_by_itself_and_by_hand(pages: Pages) -> None:
    early, late = await pages.browser(), await pages.browser()
    assert (await early.sends("/logout"))[0] == 200
    assert ((await early.get(""))[0], (await late.get(""))[0]) == (403, 200)
    await pages.clock.advance(SESSION_HOURS * 3600)
    assert (await late.get(""))[0] == 403


async def test_a_link_works_once_for_a_while_and_looking_at_it_uses_nothing_up(
    pages: Pages, client: ClientSession
) -> None:
    used, replaced, old = [await pages.links.make(pages.ids["Ada"]) for _ in range(3)]
    link = pages.url + old.partition("/admin")[2]
    for _ in range(2):
        async with client.get(link) as answer:
            assert (answer.status, "Ada" in await answer.text()) == (200, True)
    statuses = []
    for each in (used, replaced, old, old):
        async with client.post(pages.url + each.partition("/admin")[2], allow_redirects=False) as answer:
            statuses.append(answer.status)
    # A newer link takes the place of those before.
    assert statuses == [403, 403, 303, 403]
    late = await pages.links.make(pages.ids["Ada"])
    await pages.clock.advance(LINK_MINUTES * 60)
    for ask in (client.get, client.post):
        async with ask(pages.url + late.partition("/admin")[2]) as answer:
            assert answer.status == 403


@pytest.mark.parametrize("token", ["", "x", "é", "of another session"])
async def test_what_does_not_come_from_the_page_changes_nothing(pages: Pages, token: str) -> None:
    ada, grace = await pages.browser("Ada"), await pages.browser("Grace")
    if token == "of another session":
        _, page = await grace.get("/people")
        token = page.partition('name="token" value="')[2].partition('"')[0]
        assert len(token) == 64
    for path in DONE:
        status, _ = await ada.sends(filled(pages, path).removeprefix(pages.url), token=token, uses="1")
        assert (status, await changed(pages)) == (403, False), path


async def test_the_cookie_and_the_headers_keep_others_out(pages: Pages, client: ClientSession) -> None:
    link = await pages.links.make(pages.ids["Ada"])
    async with client.post(pages.url + link.partition("/admin")[2], allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=43200"))
    async with client.get(pages.url) as answer:
        rules = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in rules
        assert "frame-ancestors 'none'" in rules
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_only_hashes_of_keys_are_kept(pages: Pages) -> None:
    link = await pages.links.make(pages.ids["Ada"])

    def look() -> Program[str]:
        return str((yield ("SELECT * FROM page_key", ())))

    assert link.rpartition("/")[2] not in await pages.database.read(look())


@pytest.mark.parametrize(
    ("root", "path", "secure"),
    [
        ("https://bot.example.org", "/admin", True),
        ("https://example.org/bot/", "/bot/admin", True),
        ("http://[::1]:8080", "/admin", False),
    ],
)
async def test_behind_a_proxy_the_cookie_is_for_the_address_that_browsers_see(
    pages: Pages, root: str, path: str, secure: bool
) -> None:
    links = PageLinks(root, pages.database, pages.clock, is_on=True, is_local=False)
    policy = Policy(modes=Modes({}, "regular"))
    answer = web.Response()
    Visitors(pages.database, policy, links, pages.clock).remember(answer, "key")
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], bool(cookie["secure"])) == (path, secure)


async def test_without_a_database_every_address_says_so(pages: Pages, client: ClientSession) -> None:
    """A login too, whose link is good for later."""
    link = (await pages.links.make(pages.ids["Ada"])).partition("/admin")[2]
    await pages.database.write(_damage())
    for method, path in (("GET", link), ("POST", link), ("GET", "/people")):
        async with client.request(method, pages.url + path, cookies={COOKIE: "made-up"}) as answer:
            assert answer.status == 503, path
            assert "The database cannot be reached right now." in await answer.text()


def _damage() -> Program[None]:
    yield ("DROP TABLE page_key", ())
