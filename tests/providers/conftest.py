"""The stand-in for the vendors, and providers that ask it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.contracts.provider import Endpoint, Provider, TimeLimits
from bot.standins.model import ModelServer
from providers import open_provider
from tests.providers.asking import KEY, PATIENT, Open, Vendor
from tests.support.clock import FakeClock


class HastyClock(FakeClock):
    """Its pauses take no time: the offline model's pace is for the eye."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def open_(server: ModelServer) -> AsyncIterator[Open]:
    opened = []

    def open_at(vendor: Vendor, limits: TimeLimits = PATIENT, root: str = "") -> Provider:
        endpoint = Endpoint(vendor.name, vendor.kind, (root or server.url) + vendor.path, KEY)
        opened.append(open_provider(endpoint, limits, HastyClock()))
        return opened[-1]

    yield open_at
    for provider in opened:
        await provider.close()


def pytest_make_parametrize_id(val: object) -> str | None:
    """A vendor by its kind: one worker runs all tests that import litellm, which knows them by their names."""
    return val.kind if isinstance(val, Vendor) else None
