"""Everything outside is reached by the proxy that was named, by name, and nothing goes past it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import SettingsError
from bot.outside import Routes
from bot.settings import Settings
from bot.standins.model import ModelServer
from bot.web.proxies import Exceptions, Proxies
from tests.support.proxy import HttpProxy, LocalProxy, SocksProxy
from tests.support.world import House, Someone


@pytest.fixture(params=[HttpProxy, SocksProxy], ids=["http", "socks"])
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[LocalProxy]:
    async with request.param("parley", "pass:w@rd") as proxy:
        yield proxy


def named(url: str, name: str) -> str:
    """An address of this machine under a name that only a proxy knows."""
    return url.replace("127.0.0.1", name)


def settings_behind(house: House) -> dict[str, Any]:
    """Everything has a name that cannot be looked up here."""
    api = f"{house.side.name}_api_url"
    return {
        api: named(house.side.settings()[api], "platform.test"),
        "mistral_base_url": named(f"{house.model.url}/v1", "vendor.test"),
    }


def quoted(proxy: LocalProxy) -> str:
    return proxy.url.replace("pass:w@rd", "pass%3Aw%40rd")


async def test_platform_gateway_and_vendor_are_reached_by_the_proxy(
    house: House, alice: Someone, proxy: LocalProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    house.model.reply = "From behind."
    await house.start(proxy=quoted(proxy), **settings_behind(house))
    alice.says("hi")
    await alice.sees("From behind.")
    hosts = {asked.partition(":")[0] for asked in proxy.asked}
    assert {"platform.test", "vendor.test"} <= hosts
    if house.side.name == "discord":
        # The gateway's WebSocket, whose address the stand-in tells.
        assert "127.0.0.1" in hosts
    assert "w@rd" not in capsys.readouterr().out


async def test_the_environments_proxy_counts_and_no_proxy_makes_exceptions(
    house: House, alice: Someone, proxy: LocalProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", quoted(proxy))
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    api = f"{house.side.name}_api_url"
    await house.start(**{api: settings_behind(house)[api]})
    alice.says("hi")
    await alice.sees("hi")
    assert {asked.partition(":")[0] for asked in proxy.asked} == {"platform.test"}


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_persons_own_endpoint_is_never_reached_by_a_proxy(
    house: House, alice: Someone, proxy: LocalProxy
) -> None:
    """What guards it looks at where the connection goes: a proxy would go wherever the name leads."""
    await house.start(proxy=quoted(proxy), telegram_proxy="none", **settings_behind(house) | house.side.settings())
    await alice.commands("endpoint")
    await alice.presses("Add one")
    fields = {"A name for it": "mine", "Its address": "https://inside.test/v1", "Its key": "sk-0123456789"}
    await alice.fills_all(fields)
    await alice.sees("Models: none yet")
    await alice.presses("Test")
    await alice.sees("Nothing answers there", hurried=True)
    assert not any("inside.test" in asked for asked in proxy.asked)


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [
        ("*", "https://api.example.com", True),
        ("example.com", "https://api.example.com", True),
        (".example.com", "https://api.example.com", True),
        ("*.example.com", "https://api.example.com/v1", True),
        ("example.com", "https://badexample.com", False),
        ("EXAMPLE.com.", "https://example.com", True),
        ("example.com:443", "https://example.com", True),
        ("example.com:8443", "https://example.com", False),
        ("10.0.0.0/8", "http://10.1.2.3:11434", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("10.0.0.0/8:11434", "http://10.1.2.3:11434", True),
        ("192.168.1.5:8000", "http://192.168.1.5:8000/v1", True),
        ("192.168.1.5:8000", "http://192.168.1.5:9000/v1", False),
        ("::1", "http://[::1]:80", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("fd00::/8", "http://[fd00::5]", True),
        ("localhost, 127.0.0.1", "http://localhost:1234", True),
        ("a.test b.test", "wss://b.test", True),
        ("", "http://localhost", False),
    ],
)
def test_no_proxy_is_understood_in_every_form(exceptions: str, url: str, direct: bool) -> None:
    found = Proxies({"all": "http://proxy:3128"}, Exceptions.of(exceptions)).for_url(url)
    assert (found is None) is direct


@pytest.mark.parametrize(
    ("given", "environ", "telegram", "discord", "vendors"),
    [
        ({}, {}, None, None, None),
        ({"proxy": "p:1"}, {"HTTPS_PROXY": "http://e:2"}, "http://p:1", "http://p:1", "http://p:1"),
        ({"telegram_proxy": "socks5h://t:1"}, {"https_proxy": "e:2"}, "socks5h://t:1", "http://e:2", "http://e:2"),
        ({"discord_proxy": "none"}, {"ALL_PROXY": "socks://e:2"}, "socks5://e:2", None, "socks5://e:2"),
        ({"proxy": "none"}, {"HTTPS_PROXY": "http://e:2"}, None, None, None),
        ({}, {"HTTP_PROXY": "http://e:2"}, None, None, None),
    ],
)
def test_what_is_named_nearest_counts(
    given: dict[str, Any], environ: dict[str, str], telegram: str | None, discord: str | None, vendors: str | None
) -> None:
    routes = Routes.of(Settings(**given), environ)
    every = (routes.platforms["telegram"], routes.platforms["discord"], routes.vendors)
    found = [by.for_url("https://somewhere.example") for by in every]
    assert found == [telegram, discord, vendors]


def test_a_proxy_in_the_environment_that_is_none_is_named_without_its_value() -> None:
    with pytest.raises(SettingsError, match="HTTPS_PROXY in the environment") as caught:
        Routes.of(Settings(), {"HTTPS_PROXY": "ftp://secret@x"})
    assert "secret" not in str(caught.value)


def test_the_doctor_names_the_proxy_without_its_password() -> None:
    values: dict[str, Any] = {
        "telegram_bot_token": "1:a",
        "mistral_api_key": "key",
        "proxy": "socks5://me:secret@p:1080",
    }
    settings = Settings(**values)
    said = [finding.what for finding in Routes.of(settings, {"NO_PROXY": "api.mistral.ai"}).findings(settings)]
    assert said[0] == "Telegram is reached through the proxy socks5://p:1080."
    assert not any("secret" in line or "mistral" in line for line in said)


async def test_a_tunnel_is_asked_for_where_the_connection_is_protected(server: ModelServer) -> None:
    async with HttpProxy() as proxy:
        async with aiohttp.ClientSession(connector=Proxies({"all": proxy.url}).connector()) as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"https://vendor.test:{server.url.rpartition(':')[2]}/")
        assert proxy.asked == [f"vendor.test:{server.url.rpartition(':')[2]}"]


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    await server.start()
    yield server
    await server.close()
