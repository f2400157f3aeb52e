"""What a person names must not lead into the operator's network."""

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.contracts.provider import Endpoint, TimeLimits
from bot.domain.addresses import NotPublic, is_public
from bot.domain.errors import PersonError
from bot.domain.provider_errors import ProviderUnreachable
from bot.standins.model import ModelServer
from providers import open_provider
from providers.guard import GuardedResolver, check_address, guarded_connector
from providers.openai_compatible import OpenAICompatible

PRIVATE = (
    "127.0.0.1", "127.255.255.255", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # noqa: S104
    "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.1",
    "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::",
    "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:5ef5:79fd::f5ff:fffe", "nonsense",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


class Changing(AbstractResolver):
    """A name that means something else each time it is asked for."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        address = self.answers.pop(0)
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_the_connection_goes_to_what_was_checked_and_each_one_is_checked() -> None:
    names = Changing("8.8.8.8", "127.0.0.1")
    guard = GuardedResolver(names)
    assert [found["host"] for found in await guard.resolve("rebind.example")] == ["8.8.8.8"]
    with pytest.raises(NotPublic):
        await guard.resolve("rebind.example")


async def test_a_name_that_leads_inside_is_never_connected_to() -> None:
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(Changing("127.0.0.1")), use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises((aiohttp.ClientConnectorError, NotPublic)):
            await session.get("http://inside.example:1/")


async def test_no_address_that_a_name_had_is_kept() -> None:
    connector = guarded_connector()
    assert not connector.use_dns_cache
    await connector.close()


def test_of_a_wrong_address_only_its_beginning_is_repeated() -> None:
    with pytest.raises(PersonError) as refused:
        check_address("ftp://" + "x" * 200, only_public=True)
    assert refused.value.values == {"url": "ftp://" + "x" * 74}


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f000001"])
async def test_odd_spellings_of_this_machine_are_not_reached(name: str) -> None:
    model = ModelServer()
    await model.start()
    port = model.url.rpartition(":")[2]
    provider = open_provider(
        Endpoint("own", "openai_compatible", f"http://{name}:{port}/v1", "k", guarded=True), TimeLimits()
    )
    assert isinstance(provider, OpenAICompatible)
    try:
        with pytest.raises(ProviderUnreachable):
            await provider.models()
    finally:
        await provider.close()
        await model.close()
    assert not model.requests


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not an address"),
        ("example", "is not an address"),
        ("ftp://example.com", "is not an address"),
        ("file:///etc/passwd", "is not an address"),
        ("https://", "is not an address"),
        ("https://a.example/v1?x=1", "is not an address"),
        ("https://a.example/v1#x", "is not an address"),
        (f"https://a.example/{'x' * 283}", "is not an address"),
        ("https://[::1", "is not an address"),
        ("https://a.example:99999", "is not an address"),
        ("https://user:pw@a.example", "user name and password"),
        ("https://user@a.example", "user name and password"),
        ("http://a.example/v1", "begin with https://"),
        ("https://127.0.0.1/v1", "not public"),
        ("https://[::ffff:10.0.0.1]/v1", "not public"),
        ("https://169.254.169.254/latest", "not public"),
    ],
)
def test_addresses_that_are_refused_at_once(url: str, said: str) -> None:
    with pytest.raises(PersonError, match=said):
        check_address(url, only_public=True)


@pytest.mark.parametrize(
    "typed",
    [
        "api.example.com/v1",
        "<https://api.example.com/v1>",
        "`https://api.example.com/v1/`",
        "“https://api.example.com/v1”.",
        "\u200bhttps://api.example.com/v1\n",
        "https://api.example.com/v1/models",
        "https://api.example.com/v1/messages",
        "https://api.example.com/v1/chat/completions/",
        "api.example.com/v1/audio/transcriptions",
    ],
)
def test_an_address_is_taken_as_people_copy_it(typed: str) -> None:
    assert check_address(typed, only_public=True) == "https://api.example.com/v1"


@pytest.mark.parametrize("typed", ["http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434/api/tags"])
def test_the_root_of_a_server_at_home_is_found(typed: str) -> None:
    assert check_address(typed, only_public=False) == "http://127.0.0.1:11434"


def test_addresses_that_are_taken() -> None:
    longest = f"https://a.example/{'x' * 282}"
    assert len(longest) == 300 and check_address(longest, only_public=True) == longest
    assert check_address(" https://api.example.com/v1/ ", only_public=True) == "https://api.example.com/v1"
    assert check_address("http://192.168.1.5:11434/v1", only_public=False) == "http://192.168.1.5:11434/v1"
