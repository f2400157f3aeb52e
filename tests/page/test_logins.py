"""Logging in without a link: as a Mini App, by Telegram's signed word, and behind the operator's own proxy."""

import hmac
from hashlib import sha256
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import orjson
import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot.contracts.platform import Platform
from bot.page.links import LINK_MINUTES
from bot.page.visitors import NamingProxy
from handlers.telegram.mini_app import vouched
from storage import acts, codes
from tests.page.conftest import Browser, Pages

TOKEN = "123456789:AAEexample"
ADA, MEL = 4711, 4713


def signed(user: int | None, at_s: int, token: str = TOKEN, **others: str) -> str:
    """What Telegram's app hands to a Mini App, by the rule that Telegram publishes; `user` None: what is none."""
    told = {"id": user, "first_name": "A"} if user is not None else []
    fields = {"auth_date": str(at_s), "user": orjson.dumps(told).decode(), **others}
    text = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    secret = hmac.new(b"WebAppData", token.encode(), sha256).digest()
    return urlencode({**fields, "hash": hmac.new(secret, text.encode(), sha256).hexdigest()})


@pytest.fixture
async def stranger(pages: Pages) -> Browser:
    """A browser in which nobody has logged in."""
    bot: Any = SimpleNamespace(name="telegram", bot="1", vouched=lambda said: vouched(TOKEN, said))
    pages.bots.enlist(cast(Platform, bot))
    session = await pages.closing.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True)))
    return Browser(pages, session)


async def opened(browser: Browser, said: str) -> int:
    async with browser.session.post(f"{browser.pages.url}/app", data={"said": said}, allow_redirects=False) as answer:
        return answer.status


async def test_telegrams_word_logs_an_admin_in_once_and_while_it_is_fresh(pages: Pages, stranger: Browser) -> None:
    now_s = pages.clock.now() // 1000
    for refused in (
        "",
        "user=%7B%7D&hash=0",
        signed(ADA, now_s, token="1:other"),
        signed(ADA, now_s) + "&start_param=x",
        signed(ADA, now_s).replace(str(ADA), str(ADA + 1)),
        signed(MEL, now_s),
        signed(999, now_s),
        signed(ADA, now_s - LINK_MINUTES * 60 - 120),
        signed(ADA, now_s + 120),
        signed(None, now_s),
    ):
        assert await opened(stranger, refused) == 403, refused
        assert (await stranger.get("/people"))[0] == 403
    said = signed(ADA, now_s, query_id="AA")
    assert await opened(stranger, said) == 303
    assert (await stranger.get("/people"))[0] == 200
    async with stranger.session.get(f"{pages.url}/app", allow_redirects=False) as answer:
        assert answer.status == 303, "Opened again, it goes on."
    stranger.session.cookie_jar.clear()
    assert await opened(stranger, said) == 403, "It was used up."
    assert [one.kind for one in await pages.database.read(acts.latest(9))] == [acts.ActKind.LOG_IN]


async def test_the_page_of_the_app_runs_a_script_of_ours_and_no_other(pages: Pages, stranger: Browser) -> None:
    async with stranger.session.get(f"{pages.url}/app") as answer:
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'; script-src 'self'")
        page = await answer.text()
    assert page.count("<script") == 1 and 'src="/admin/app.js"' in page
    status, script = await stranger.get("/app.js")
    assert (status, "tgWebAppData" in script) == (200, True)


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("telegram:user:4711", 200),
        ("Ada@Example.org", 200),
        ("telegram:user:4713", 403),
        ("nobody@example.org", 403),
        ("", 403),
    ],
)
async def test_the_operators_proxy_says_who_it_is(pages: Pages, stranger: Browser, named: str, status: int) -> None:
    await pages.database.write(codes.set_email(pages.ids["Ada"], "ada@example.org"))
    async with stranger.session.get(f"{pages.url}/people?q=mel", headers={"X-Named": named}) as answer:
        assert (answer.status, "Mel" in await answer.text()) == (status, status == 200)
    async with stranger.session.post(f"{pages.url}/invites", headers={"X-Named": named}, data={"uses": "1"}) as answer:
        assert answer.status == 403, "A form needs its token, whoever the proxy names."


async def test_whoever_the_proxy_names_next_does_not_go_on_as_the_one_before(pages: Pages, stranger: Browser) -> None:
    for named in ("telegram:user:4711", "telegram:user:4712"):
        async with stranger.session.get(f"{pages.url}/log", headers={"X-Named": named}) as answer:
            assert answer.status == 200
    done = await pages.database.read(acts.latest(9))
    assert [one.admin_name for one in done] == ["Grace", "Ada"]
    async with stranger.session.get(f"{pages.url}/log", headers={"X-Named": "telegram:user:4713"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("addresses", "headers", "said"),
    [
        (("127.0.0.0/8",), [("X-Named", "a")], "a"),
        (("10.0.0.0/8", "::1/128"), [("X-Named", "a")], ""),
        ((), [("X-Named", "a")], ""),
        (("127.0.0.0/8",), [("X-Named", "a"), ("X-Named", "b")], ""),
        (("127.0.0.0/8",), [("X-Forwarded-For", "127.0.0.1")], ""),
    ],
)
@pytest.mark.parametrize("remote", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_only_a_proxy_that_is_trusted_is_believed(
    addresses: tuple[str, ...], headers: list[tuple[str, str]], said: str, remote: str
) -> None:
    request = make_mocked_request("GET", "/admin", headers=CIMultiDict(headers)).clone(remote=remote)
    assert NamingProxy("X-Named", tuple(map(ip_network, addresses))).named_by(request) == said
    assert NamingProxy("", tuple(map(ip_network, addresses))).named_by(request) == ""
