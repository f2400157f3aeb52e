"""Streams that go wrong, and what takes too long: one contract for every provider."""

import socket
from typing import Literal

import pytest

from bot.contracts.provider import TimeLimits
from bot.domain import provider_errors
from bot.domain.turns import FinishReason
from bot.standins.model import Fault, ModelServer, Reply
from tests.providers.asking import (
    WIRED,
    Open,
    Vendor,
    hear,
)
from tests.providers.contract import HASTY_S, end_of, fail, over

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")


@pytest.mark.parametrize("kind", ["cut", "truncate", "malformed", "error"])
@over(*WIRED)
async def test_a_stream_that_breaks_keeps_what_came(
    vendor: Vendor, kind: Literal["cut", "truncate", "malformed", "error"], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault(kind, after_tokens=2))
    assert type(heard.error) is provider_errors.StreamBroken
    assert heard.text == "one two "


@over(*WIRED)
async def test_an_answer_without_a_word_is_no_answer(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("empty"))
    assert type(heard.error) is provider_errors.EmptyAnswer


@over(*WIRED)
async def test_a_filter_before_the_first_word_is_a_refusal(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.reply = Reply("", reason=FinishReason.FILTERED)
    heard = await hear(open_(vendor))
    assert type(heard.error) is provider_errors.RequestRefused


@over(*WIRED)
async def test_a_connection_that_breaks_before_the_first_byte(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("reset"))
    assert type(heard.error) is provider_errors.ProviderUnreachable


@over(*WIRED)
async def test_nobody_listens(vendor: Vendor, open_: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        heard = await hear(open_(vendor, root=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert type(heard.error) is provider_errors.ProviderUnreachable


@pytest.mark.parametrize(
    ("limits", "fault", "says"),
    [
        (TimeLimits(HASTY_S * 5, 20, 20), Fault("slow", delay_s=20), "No answer|Nothing more"),
        (TimeLimits(20, HASTY_S, 20), Fault("stall", after_tokens=2), "Nothing more"),
        (TimeLimits(20, 20, HASTY_S * 8), Fault("slow", delay_s=HASTY_S * 3), "No end"),
    ],
    ids=["first byte", "between", "total"],
)
@over(*WIRED)
async def test_waiting_has_a_limit(
    vendor: Vendor, limits: TimeLimits, fault: Fault, says: str, server: ModelServer, open_: Open
) -> None:
    await hear(open_(vendor))  # what libraries do once, at their first call, must not count
    server.requests.clear()
    heard = await fail(open_(vendor, limits), server, fault)
    assert type(heard.error) is provider_errors.ProviderTimeout
    with pytest.raises(provider_errors.ProviderTimeout, match=says):
        raise heard.error
    assert await end_of(server.requests[0]) == "left"
