"""What a vendor refuses is one of our errors, whatever its own words: one contract for every provider."""

import traceback

import pytest

from bot.domain import provider_errors
from bot.domain.provider_errors import ProviderError
from bot.standins.model import Fault, ModelServer
from tests.providers.asking import (
    ANTHROPIC,
    GEMINI,
    KEY,
    LITELLM,
    OPENAI,
    WIRED,
    Open,
    Vendor,
)
from tests.providers.contract import fail, openai_error, over

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, provider_errors.RequestRefused),
        (401, provider_errors.BadCredentials),
        (402, provider_errors.NoCredit),
        (403, provider_errors.BadCredentials),
        (404, provider_errors.ModelMissing),
        (413, provider_errors.ContextTooLong),
        (422, provider_errors.RequestRefused),
        (429, provider_errors.RateLimited),
        (500, provider_errors.Overloaded),
        (503, provider_errors.Overloaded),
        (529, provider_errors.Overloaded),
    ],
)
@over(*WIRED)
async def test_a_status_has_its_error(
    vendor: Vendor, status: int, expected: type[ProviderError], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault("status", status=status))
    assert type(heard.error) is expected
    assert heard.error.retry_after_s is None
    assert heard.error.tell == expected.default_tell


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0), ("soon", None)])
@over(*WIRED)
async def test_the_vendor_says_how_long_to_wait(
    vendor: Vendor, value: str, seconds: float | None, status: int, server: ModelServer, open_: Open
) -> None:
    fault = Fault("status", status=status, headers={"Retry-After": value})
    heard = await fail(open_(vendor), server, fault)
    assert heard.error is not None
    assert heard.error.retry_after_s == seconds


def gemini_error(status: str, message: str, *details: dict[str, str]) -> object:
    return {"error": {"code": 400, "message": message, "status": status, "details": list(details)}}


def anthropic_error(kind: str, message: str) -> object:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    ("vendor", "status", "body", "expected"),
    [
        (
            OPENAI,
            400,
            openai_error("context_length_exceeded", "This model's maximum context length is 8192 tokens."),
            provider_errors.ContextTooLong,
        ),
        (OPENAI, 400, openai_error("3051", "Prompt is too long for this model."), provider_errors.ContextTooLong),
        (OPENAI, 429, openai_error("insufficient_quota", "You exceeded your current quota."), provider_errors.NoCredit),
        (OPENAI, 400, openai_error("content_filter", "The response was filtered."), provider_errors.RequestRefused),
        (OPENAI, 400, openai_error("400", "foo/bar is not a valid model ID"), provider_errors.ModelMissing),
        (OPENAI, 403, openai_error("403", "Your input was flagged by moderation."), provider_errors.RequestRefused),
        (OPENAI, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
        (OPENAI, 302, "", provider_errors.WrongAddress),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens."),
            provider_errors.ContextTooLong,
        ),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            provider_errors.BadCredentials,
        ),
        (GEMINI, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
        (
            LITELLM,
            400,
            anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            provider_errors.ContextTooLong,
        ),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            provider_errors.ContextTooLong,
        ),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "Your credit balance is too low to access the API."),
            provider_errors.NoCredit,
        ),
        (ANTHROPIC, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
    ],
)
async def test_telling_words_make_the_difference(
    vendor: Vendor,
    status: int,
    body: object,
    expected: type[ProviderError],
    server: ModelServer,
    open_: Open,
) -> None:
    heard = await fail(open_(vendor), server, Fault("status", status=status, body=body))
    assert type(heard.error) is expected


async def test_gemini_says_in_its_own_way_how_long_to_wait(server: ModelServer, open_: Open) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
    body = gemini_error("RESOURCE_EXHAUSTED", "You exceeded your current quota.", detail)
    heard = await fail(open_(GEMINI), server, Fault("status", status=429, body=body))
    assert type(heard.error) is provider_errors.RateLimited
    assert heard.error.retry_after_s == 7.5


@over(*WIRED)
async def test_a_key_that_the_vendor_repeats_is_in_no_log(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    body = {"error": {"message": f"Incorrect key {KEY} " + "and so on " * 200, "type": "authentication_error"}}
    heard = await fail(open_(vendor), server, Fault("status", status=401, body=body))
    assert type(heard.error) is provider_errors.BadCredentials
    assert KEY not in "".join(traceback.format_exception(heard.error))
    assert len(str(heard.error)) < 400
    assert "Incorrect" not in heard.error.tell
