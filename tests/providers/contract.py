"""What the tests of the contract share: a fault, and the end of a request."""

import asyncio

import pytest

from bot.contracts.provider import Provider
from bot.standins.model import Fault, ModelServer, Received
from tests.providers.asking import (
    Heard,
    Vendor,
    hear,
)
from tests.support.patience import PATIENCE_S

HASTY_S = 0.2


async def fail(provider: Provider, server: ModelServer, fault: Fault) -> Heard:
    """What comes of a call that meets `fault`; the call is one request, whatever happens."""
    server.reply = "one two three four"
    server.fail(fault)
    heard = await hear(provider)
    assert len(server.requests) == 1
    assert heard.finished is None
    return heard


async def end_of(request: Received) -> str:
    await asyncio.wait_for(request.ended.wait(), PATIENCE_S)
    return request.state


def over(*vendors: Vendor) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vendor", vendors, ids=lambda vendor: vendor.kind)


def openai_error(code: str, message: str) -> object:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
