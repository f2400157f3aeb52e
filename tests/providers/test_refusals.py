"""Who is blamed for a refusal, and for how long: the wordings of vendors and servers, as they were met."""

# ruff: noqa: E501  # quotations stay whole

import orjson
import pytest

from bot.domain import provider_errors
from bot.domain.ids import UnixMs
from providers.refusals import Refusal

NOW = UnixMs(1_795_175_970_000)  # 20 November 2026, 11:59:30 UTC

TOO_LONG = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens (568 in the messages, 6048 in the completion).",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "context_length_exceeded",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens`",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
    "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
    "Input length (265330) exceeds model's maximum context length (262144).",
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller",
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 500",
    "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "exceed_context_size_error",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096",
    "Requested tokens (2000) exceed context window of 512",
    "the input length exceeds the context length",
    "Please reduce the length of the messages or completion.",
    "Current length is 9000 while limit is 8192",
    "too many tokens: size limit exceeded by 19296 tokens. Try using shorter or fewer inputs.",
    "Too many tokens: the total number of tokens in the prompt exceeds the limit of 4081.",
    "The total length of all messages is too long.",
    "Input is too long for requested model.",
    "Too many input tokens. Max input tokens: 8192",
    "Invalid request: Your request exceeded model token limit: 8192",
    "The prompt is too long: 300000, model maximum context length: 262143",
    "Prompt 超长",
    "输入长度超过限制",
    "context window exceeds limit (2013)",
    "Request body too large for gpt-4o-mini model. Max size: 8000 tokens. tokens_limit_reached",
    "The estimated number of input and maximum output tokens (9000) exceeded this model context window limit (7968).",
    "prompt token count of 140000 exceeds the limit of 128000 model_max_prompt_tokens_exceeded",
    "Model context window is 128k tokens, you requested 256k tokens",
    "Prompt tokens (9000) exceeds context size (4096)",
    "The sum of prompt length (9000.0), query length (0) should not exceed max_num_tokens (8192)",
    "inputs token length 5000 exceeds max sequence length 4096",
    "Context size has been exceeded.",
    "context shift is disabled",
    "request_too_large: Request exceeds the maximum size",
)  # fmt: skip
"""What is said where a conversation is longer than the model can read."""


LIMITS = (
    8192, 6048, None, None, 200_000, 200_000, 1_048_576, 32_768, 131_072, 30_720, 131_040, 262_144, 4096, 4096, 4096,
    4096, 1024, None, None, None, 4096, 512, None, None, 8192, None, 4081, None, None, 8192, 8192, 262_143, None, None,
    None, 8000, 7968, 128_000, 128_000, 4096, 8192, 4096, None, None, None,
)  # fmt: skip
"""The tokens that each of them says are the most."""


def refused(status: int, words: str, **headers: str) -> provider_errors.ProviderError:
    body = words if words.startswith(("{", "[", "<")) or not words else f'{{"error":{{"message":{_json(words)}}}}}'
    return Refusal.of(status, body, headers, NOW, "http://there/v1").error("stand-in", "")


def _json(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("status", [400, 413, 422, 500])
@pytest.mark.parametrize("words", TOO_LONG)
def test_a_conversation_that_is_too_long_is_known_as_one(words: str, status: int) -> None:
    assert type(refused(status, words)) is provider_errors.ContextTooLong


@pytest.mark.parametrize(("words", "limit"), [*zip(TOO_LONG, LIMITS, strict=True)])
def test_the_limit_is_heard_of_what_is_too_long(words: str, limit: int | None) -> None:
    error = refused(400, words)
    assert isinstance(error, provider_errors.ContextTooLong)
    assert error.limit_tokens == limit


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ('{"error":{"message":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}', 4096),
        ('{"error":{"message":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":"x"}}', None),
        ("request (5001 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("This model's maximum context length is 1,048,576 tokens.", 1_048_576),
        ("This model's maximum context length is 3 tokens.", None),
        ("This model's maximum context length is 99999999999999999999 tokens.", None),
        ("Request too large for gpt-6 on tokens per min (TPM): Limit 30000, Requested 40000.", 30_000),
    ],
)
def test_only_a_plausible_limit_counts(body: str, limit: int | None) -> None:
    error = refused(429 if "TPM" in body else 400, body)
    assert isinstance(error, provider_errors.ContextTooLong)
    assert error.limit_tokens == limit


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        # Credit
        (403, "Your team 4711 doesn't have any credits yet. You can purchase those on https://console.x.ai", provider_errors.NoCredit),
        (403, "Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys", provider_errors.NoCredit),
        (429, '{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}', provider_errors.NoCredit),
        (402, "This request requires more credits, or fewer max_tokens. You can only afford 100.", provider_errors.NoCredit),
        (429, '{"error":{"type":"exceeded_current_quota_error","message":"suspended due to insufficient balance"}}', provider_errors.NoCredit),
        (400, '{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}', provider_errors.NoCredit),
        (412, "Account acme is suspended, possibly due to reaching the monthly spending limit or past invoices", provider_errors.NoCredit),
        (400, "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", provider_errors.NoCredit),
        (429, "Your prepayment credits are depleted. Please go to AI Studio", provider_errors.NoCredit),
        (402, "You have exceeded your monthly included credits for Inference Providers.", provider_errors.NoCredit),
        (400, "Budget has been exceeded! Current cost: 10.2, Max budget: 10.0", provider_errors.NoCredit),
        (200, '{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', provider_errors.NoCredit),
        # The account
        (403, '{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}', provider_errors.TurnedAway),
        (400, "User location is not supported for the API use.", provider_errors.TurnedAway),
        (403, "Access denied. Please check your network settings.", provider_errors.TurnedAway),
        (403, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", provider_errors.TurnedAway),
        (403, "You have insufficient permissions for this operation. Missing scopes: model.request", provider_errors.NotAllowed),
        (403, "Project `proj_1` does not have access to model `gpt-6`", provider_errors.NotAllowed),
        (400, '{"error":{"code":"model_terms_required","message":"The model requires terms acceptance."}}', provider_errors.NotAllowed),
        (404, "No endpoints found matching your data policy (Free model publication).", provider_errors.NotAllowed),
        (400, "API Key not found. Please pass a valid API key.", provider_errors.BadCredentials),
        (400, "Incorrect API key provided: sk***. You can obtain an API key from https://console.x.ai.", provider_errors.BadCredentials),
        (401, "User not found.", provider_errors.BadCredentials),
        (403, "", provider_errors.BadCredentials),
        # The address
        (404, '{"detail":"Not Found"}', provider_errors.WrongAddress),
        (404, "<html><title>404 Not Found</title></html>", provider_errors.WrongAddress),
        (404, "", provider_errors.WrongAddress),
        (404, "Invalid URL (POST /chat/completions)", provider_errors.WrongAddress),
        (405, '{"detail":"Method Not Allowed"}', provider_errors.WrongAddress),
        (400, "Unexpected endpoint or method. (POST /chat/completions)", provider_errors.WrongAddress),
        (301, "", provider_errors.WrongAddress),
        (308, "<html>moved</html>", provider_errors.WrongAddress),
        # The model
        (404, "The model `gpt-9` does not exist or you do not have access to it.", provider_errors.ModelMissing),
        (404, 'model "llama9" not found, try pulling it first', provider_errors.ModelMissing),
        (404, "No endpoints found for foo/bar.", provider_errors.ModelMissing),
        (400, "Model Not Exist", provider_errors.ModelMissing),
        (400, "The provided model identifier is invalid.", provider_errors.ModelMissing),
        (400, "Invocation of model ID x.y with on-demand throughput isn't supported. Retry with an inference profile.", provider_errors.ModelMissing),
        (404, "No models loaded. Please load a model in the developer page or use the `lms load` command.", provider_errors.ModelMissing),
        (400, "The model `gemma-7b-it` has been decommissioned and is no longer supported.", provider_errors.ModelMissing),
        (404, "models/gemini-1 is not found for API version v1beta, or is not supported for generateContent.", provider_errors.ModelMissing),
        # The request
        (404, "No endpoints found that support image input", provider_errors.Blind),
        (404, "No endpoints found that support tool use", provider_errors.RequestRefused),
        (400, "Failed to deserialize the JSON body into the target type: messages[3]: unknown variant `image_url`, expected `text`", provider_errors.Blind),
        (400, "Image input modality is not enabled for models/gemma-3-1b-it", provider_errors.Blind),
        (400, "Invalid content type. image_url is only supported by certain models.", provider_errors.Blind),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", provider_errors.Blind),
        (400, "This model does not support image input.", provider_errors.Blind),
        (400, "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes", provider_errors.PictureRefused),
        (400, "Could not process image", provider_errors.PictureRefused),
        (400, "Unable to process input image. Please retry or report", provider_errors.PictureRefused),
        (400, '{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}', provider_errors.RequestRefused),
        (400, "Content Exists Risk", provider_errors.RequestRefused),
        (400, "The request was rejected because it was considered high risk", provider_errors.RequestRefused),
        (404, "This request violates our usage policy", provider_errors.RequestRefused),
        (400, "Something that nobody has met", provider_errors.RequestRefused),
        # What passes
        (408, "", provider_errors.Overloaded),
        (409, "Conflict", provider_errors.Overloaded),
        (404, "Model x is currently loading", provider_errors.Overloaded),
        (424, "Model not ready for inference. Wait and try your request again.", provider_errors.Overloaded),
        (425, "Too early", provider_errors.Overloaded),
        (498, "Flex tier capacity exceeded", provider_errors.Overloaded),
        (503, "Loading model", provider_errors.Overloaded),
        (529, "overloaded_error", provider_errors.Overloaded),
        (429, "Too many tokens, please wait before trying again.", provider_errors.RateLimited),
        (429, "You exceeded your current quota, please check your plan and billing details.", provider_errors.RateLimited),
        (429, "Rate limit reached for gpt-6 on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.", provider_errors.RateLimited),
        (429, "Request too large for gpt-6 on tokens per min (TPM): Limit 30000, Requested 40000.", provider_errors.ContextTooLong),
        (413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000", provider_errors.ContextTooLong),
        (403, '{"error":{"message":"Rate Limit Exceeded","errors":[{"reason":"userRateLimitExceeded"}]}}', provider_errors.RateLimited),
        # A day's limit
        (403, '{"error":{"message":"Quota exceeded for limit \'Queries per day\'","status":"RESOURCE_EXHAUSTED"}}', provider_errors.QuotaSpent),
        (429, "Rate limit reached for gpt-6 on requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s.", provider_errors.QuotaSpent),
        (429, "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", provider_errors.QuotaSpent),
        (429, '{"error":{"details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}', provider_errors.QuotaSpent),
        (429, "you have used up your daily free allocation of 10,000 neurons", provider_errors.QuotaSpent),
        (429, "Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 43200 seconds.", provider_errors.QuotaSpent),
        (429, "You are using a Trial key, which is limited to 1000 API calls / month.", provider_errors.QuotaSpent),
    ],
)  # fmt: skip
def test_who_is_blamed_is_to_blame(status: int, words: str, expected: type[provider_errors.ProviderError]) -> None:
    assert type(refused(status, words)) is expected


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Please try again in 3.967s.", 3.967),
        ("Please try again in 1m30s. Visit https://example.com", 90),
        ("try again in 2h", 7_200),
        ("Please try again in 7m12s", 432),
        ("Please try again in 120ms", 0.12),
        ("Please retry in 41.212s.", 41.212),
        ("Please retry after 26 seconds.", 26),
        ("Please wait 43200 seconds before retrying", 43_200),
        ("Try again in about 3 hours", 10_800),
        ("try again in 1 hour and 5 minutes", 3_900),
        ("please wait a minute", 60),
        ("Rate limit resets at 2026-11-20 12:00:30 UTC", 60),
        ("retry_after: 12", 12),
        ("请在60秒后重试", 60),
        ('{"error":{"details":[{"@type":"RetryInfo","retryDelay":"7.5s"}]}}', 7.5),
        ('{"error":{"metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1795175979000"}}}}', 9),
        ('{"error":"x is loading","estimated_time":20.5}', 20.5),
        ('{"error":{"retry_after_ms":1500}}', 1.5),
        ('{"error":{"details":"a string"}}', None),
        ('{"error":{"details":null}}', None),
        ('{"error":{"details":["a","b"]}}', None),
        ('{"error":{"details":[{"retryDelay":{"seconds":7,"nanos":500000000}}]}}', 7),
        ('{"error":{"details":[{"retryDelay":{"seconds":null}}]}}', None),
        ("Please try again later.", None),
        ("max 5 requests per 1 minute", None),
        ("Limit 30000, Used 29000, Requested 2000.", None),
    ],
)
def test_the_wait_is_heard_in_the_words(words: str, seconds: float | None) -> None:
    assert refused(429, words).retry_after_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "3967", "retry-after": "4"}, 3.967),
        ({"Retry-After": "Fri, 20 Nov 2026 12:00:30 GMT"}, 60),
        ({"Retry-After": "Thu, 19 Nov 2026 12:00:30 GMT"}, 0),
        ({"Retry-After": "4.5"}, 4.5),
        ({"X-Retry-After": "7"}, 7),
        ({"Retry-After": "4", "x-ratelimit-reset-requests": "60s", "x-ratelimit-remaining-requests": "0"}, 4),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"x-ratelimit-reset-requests": "8.64s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests": "8.64s", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-tokens": "6m0s",
          "x-ratelimit-remaining-tokens": "100"}, 8.64),
        ({"X-RateLimit-Reset": "1795175975000"}, 5),
        ({"X-RateLimit-Reset": "1795175975"}, 5),
        ({"X-RateLimit-Reset": "5"}, 5),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:00Z", "anthropic-ratelimit-tokens-remaining": "0"}, 30),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:00Z", "anthropic-ratelimit-tokens-remaining": "9"}, None),
        ({"RateLimit": '"default";r=0;t=30'}, 30),
        ({"x-ratelimit-reset": "99999999999999999999"}, None),
    ],
)  # fmt: skip
def test_the_wait_is_heard_in_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    body = '{"error":{"message":"Too many requests."}}'
    error = Refusal.of(429, body, headers, NOW).error("stand-in", "")
    assert error.retry_after_s == pytest.approx(seconds)


def quota(*ids: str) -> str:
    details = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": one} for one in ids]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "25.4s"},
    ]
    body = {"error": {"code": 429, "message": "You exceeded your current quota.", "details": details}}
    return orjson.dumps([body] if len(ids) > 1 else body).decode()


MINUTE, DAY = (
    "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
    "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
)
TO_MIDNIGHT_THERE_S = 20 * 3600 + 30


@pytest.mark.parametrize(
    ("ids", "kind", "wait_s"),
    [
        ((MINUTE,), provider_errors.RateLimited, 25.4),
        ((DAY,), provider_errors.QuotaSpent, TO_MIDNIGHT_THERE_S),
        ((MINUTE, DAY), provider_errors.QuotaSpent, TO_MIDNIGHT_THERE_S),
        (("GenerateContentInputTokensPerModelPerDay-FreeTier",), provider_errors.QuotaSpent, TO_MIDNIGHT_THERE_S),
    ],
)
def test_googles_quota_of_a_day_is_over_at_midnight_there(
    ids: tuple[str, ...], kind: type[provider_errors.ProviderError], wait_s: float
) -> None:
    error = refused(429, quota(*ids))
    assert type(error) is kind
    assert error.retry_after_s == pytest.approx(wait_s)


VALUES: tuple[object, ...] = (
    None,
    False,
    7,
    -1.5,
    "",
    "x",
    [],
    {},
    [None],
    ["x"],
    [[]],
    {"x": {}},
    "9" * 400,
    "1e400",
    "-5s",
    "NaN",
)


@pytest.mark.parametrize(
    "field", ["error", "details", "violations", "quotaId", "retryDelay", "message", "code", "status"]
)
def test_no_type_in_a_refusal_is_an_error_of_another_kind(field: str) -> None:
    for value in VALUES:
        body = orjson.loads(quota(MINUTE))
        holders = [body, body["error"], *body["error"]["details"], body["error"]["details"][0]["violations"][0]]
        for holder in holders:
            if field in holder:
                holder[field] = value
        error = refused(429, orjson.dumps(body).decode())
        assert isinstance(error, provider_errors.RateLimited)
        assert error.retry_after_s is None or 0 <= error.retry_after_s <= 31 * 86_400
    for value in VALUES:
        for name in ("retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-requests", "ratelimit"):
            error = refused(429, "Too many requests.", **{name: str(value)})
            assert error.retry_after_s is None or 0 <= error.retry_after_s <= 31 * 86_400, (name, value)


def test_what_a_server_repeats_of_the_request_decides_nothing_and_is_in_no_log() -> None:
    body = '{"detail":[{"msg":"Field required","input":{"content":"my secret: insufficient quota, context length exceeded"}}]}'
    error = refused(422, body)
    assert type(error) is provider_errors.RequestRefused
    assert "secret" not in str(error)
    assert "http://there/v1" in str(error)


def kinds(
    root: type[provider_errors.ProviderError] = provider_errors.ProviderError,
) -> list[type[provider_errors.ProviderError]]:
    return [root, *(below for kind in root.__subclasses__() for below in kinds(kind))]


@pytest.mark.parametrize("kind", kinds())
def test_that_nothing_was_charged_is_said_by_the_turn_alone(kind: type[provider_errors.ProviderError]) -> None:
    assert not any("charged" in value for name, value in vars(kind).items() if name.endswith("tell"))


@pytest.mark.parametrize(
    ("kind", "wait_s", "said"),
    [
        (provider_errors.RateLimited, 30, "in a minute"),
        (provider_errors.RateLimited, 300, "5 minutes"),
        (provider_errors.QuotaSpent, 7_200 * 3, "6 hours"),
        (provider_errors.QuotaSpent, None, "for today"),
    ],
)
def test_a_limit_says_until_when(kind: type[provider_errors.RateLimited], wait_s: float | None, said: str) -> None:
    error = kind("", retry_after_s=wait_s)
    assert said in error.tell.format(**error.values)
