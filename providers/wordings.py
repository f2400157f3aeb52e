"""The words by which refusals are told apart, as vendors and servers write them. Data only; see `providers.refusals`.

Collected in November 2026 from documentation and issue threads of OpenAI, Azure, Anthropic, Gemini, Mistral, xAI,
DashScope, DeepSeek, Moonshot, Zhipu, MiniMax, Groq, Cerebras, Together, Fireworks, Cohere, Perplexity, Cloudflare,
Bedrock, OpenRouter, GitHub Models, vLLM, SGLang, TGI, TensorRT-LLM, llama.cpp, LM Studio and Ollama.
"""

# ruff: noqa: E501  # a wording stays on one line

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_SIZE = r"(?:prompt|input|inputs|context|messages?|conversation|request|sequence|tokens?|text|history|n_keep)"

THROTTLED = _any_of(
    r"too many tokens,? please wait", r"throttl", r"rate[ _-]?limit(?! .{0,60}request too large)", r"too many requests"
)
"""Speaks of tokens, and means how many in a minute."""

QUOTA = _any_of(r"RESOURCE_EXHAUSTED|quota exceeded|exceeded.{0,24} quota|rateLimitExceeded|userRateLimitExceeded")
"""Of a 403: it is a limit, as some of Google's endpoints say it."""

REQUEST_OVER_RATE = _any_of(
    r"request (?:is )?too large for (?:model|gpt|o\d)", r"input or output tokens must be reduced"
)
"""One request alone is more than the rate allows: a shorter one is not."""

TOO_LONG = _any_of(
    r"context[_ ]?(?:length|window|size|limit|budget)[_ ]?(?:is |was |has been )?"
    r"(?:exceed|overflow|full|too|of|limit|is|reached|error)",
    r"(?:maximum|max|available|configured|model.s|n_ctx|supported).{0,24} context",
    r"exceed\w*[_ ](?:the )?(?:model.s |model |available |allowed |configured |maximum |max )*"
    r"(?:context|prompt|input|sequence)",
    r"exceeds? context",
    r"context[_ ](?:exceeded|overflow)",
    rf"\b{_SIZE}\w*(?: length| size| tokens| count| text)?(?: is| are| was| has| you \w+)? (?:\w+ )?(?:too|much too|far too) (?:long|large|big|many)",
    r"\b(?:larger|longer|greater|more|bigger) than (?:the |its )?(?:model.s |maximum |available |max )*"
    r"(?:context|model length|model.s|input|n_ctx|sequence|length|token limit)",
    r"longer than.{0,40}(?:model len|context|\d+ tokens|maximum)",
    r"too many (?:input |prompt )?tokens",
    r"too large for (?:the |this )?model",
    r"(?:maximum|max|allowed)[_ ]?(?:prompt|input|sequence|model|total|token)[_ ]?(?:tokens?[_ ]?|text )?"
    r"(?:length|len|size|limit|count)",
    r"maximum (?:number of )?(?:input |prompt |total )?tokens (?:allowed|is|of|per)",
    r"range of input length",
    r"length of (?:all )?(?:the )?(?:messages?|inputs?|prompts?)(?: is| must| exceed)",
    r"reduce (?:the |your )?(?:length|size|number|prompt|input|message|context|conversation)",
    r"shorten (?:the |your )",
    r"token (?:count|limit|length|size|budget)s?\b.{0,60}(?:exceed|too|over|more than|larger|greater)",
    r"exceed\w*.{0,60}(?:token|context) (?:limit|count|length|window|budget)",
    r"exceed\w*.{0,60}\d{3,} ?tokens",
    r"tokens?\b.{0,40}exceed\w*.{0,40}(?:max|limit|allow|model|support)",
    r"`?inputs`? (?:tokens )?(?:must have less than|\+ `?max_new_tokens)",
    r"must have less than \d+ tokens",
    r"current length is \d+ while limit is",
    r"prompt contains \d+ tokens",
    r"tokens in (?:the )?(?:prompt|messages?|input)\b.{0,60}(?:exceed|limit|max)",
    r"string too long\. expected a string with maximum length",
    r"string_above_max_length",
    r"(?:input|prompt|request|payload|entity|body)(?: entity| payload| body)? (?:is )?too (?:long|large)",
    r"request_too_large",
    r"request exceeds the maximum (?:size|allowed)",
    r"context shift is disabled",
    r"model_max_prompt_tokens|input_too_long|prompt_too_long|tokens_limit_reached|max_tokens_exceeded",
    r"requested tokens.{0,30}exceed|sum of prompt length|exceed max_num_tokens",
    r"n_ctx|n_keep",
    r"kv cache.{0,40}(?:full|exceed|not enough)",
    r"输入.{0,12}(?:超|过长|太长|长度)|上下文.{0,12}(?:超|过长|太长|长度)|(?:超过|超出).{0,16}(?:长度|上下文|token)|prompt.{0,6}(?:超长|过长)",
)

CREDIT = _any_of(
    r"insufficient[_ -](?:account[_ -])?(?:quota|credits?|balance|funds)",
    r"(?:balance|credits?|funds|quota)(?: \w+){0,3} (?:is |are |was )?(?:insufficient|not enough|depleted|exhausted|used up|too low)",
    r"credit balance",
    r"billing_(?:hard_limit|not_active)|hard limit has been reached",
    r"payment[_ ]required|payment method|unpaid|past invoices|overdue|arrear",
    r"(?:n't|not|no) (?:have |has )?(?:any |enough |sufficient )?(?:credits?|funds|balance)",
    r"out of (?:credits?|funds)|run out of|more credits|can only afford|buy credits|purchase credits|add credits",
    r"key limit exceeded|(?:spend|spending|monthly|credit|budget|usage)[_ -]?limits?(?: \w+){0,3}"
    r" (?:exceeded|reached|hit)|spending limit|reached your specified api usage limits",
    r"exceeded_current_quota|budget has been exceeded|budget_exceeded|exceeded (?:your )?(?:monthly )?(?:included |spend)",
    r"monthly included credits",
    r"prepa(?:id|yment) credits",
    r"account (?:\S+ )?(?:is|has been) suspended",
    r"free[ _-](?:tier|quota)\w* (?:of the model )?(?:has been |is )?(?:exhausted|used up|only)|AllocationQuota\.FreeTierOnly",
    r"quota exceeded for metric.{0,200}\blimit: 0\b",
    r"余额不足|欠费|无可用资源包|账户.{0,6}余额|额度不足|\b1113\b",
)

DAILY = _any_of(
    r"per[ _-]?day|perday|\((?:RPD|TPD|ASD)\)|\b(?:RPD|TPD)\b|daily|by ?day|per 86400 ?s|free-models-per-day|a day\b",
    r"per[ _-]?(?:week|month)|weekly|monthly|calls / month|a month\b",
    r"今日|每日|每天|当日|5 ?小时",
)
"""Of a 429: the limit is that of a day or longer."""

GOOGLES_DAY = _any_of(r"\b\w+PerDay(?:Per\w+)?\b")
"""The id of one of Google's quotas for a day."""

TURNED_AWAY = _any_of(
    r"(?:country|region|territory|location|jurisdiction)\b.{0,60}\b(?:not|n't|un)[ -]?(?:\w+ )?(?:supported|available|allowed)",
    r"unsupported_(?:country|location|region)",
    r"(?:not|n't) (?:supported|available|allowed|served) (?:in|from|for) (?:your|this|the) "
    r"(?:country|region|location|area|territory|network)",
    r"model is not available in your",
    r"check your network settings|attention required|sorry, you have been blocked|error code: 10(?:09|20|10)",
    r"(?:ip|network)(?: address)? (?:is |has been |\S+ is )?(?:not allowed|blocked|banned|not authorized|not in)"
    r"|ip_not_authorized",
)

NOT_ALLOWED = _any_of(
    r"must be verified|verify (?:your )?organi[sz]ation|organi[sz]ation (?:has been |is )?(?:disabled|restricted)",
    r"missing scopes|insufficient permissions?|not (?:have|got) (?:the )?(?:required )?permissions?",
    r"(?:does not|doesn't|do not|don't|not) have access to (?:the |this )?(?:model|project|resource)|no access to model",
    r"not (?:authorized|allowed|permitted|entitled) (?:to )?(?:access|use|perform|sample|invoke)",
    r"model_terms_required|accept (?:the )?(?:model )?terms|requires terms",
    r"data policy|privacy settings|guardrail restrictions|settings/privacy",
    r"access to (?:this |the )?model (?:is )?(?:denied|restricted|gated)|gated (?:repo|model)|AccessDeniedException",
    r"must be a member of an organization|tier .{0,30}(?:required|not (?:allow|support))|upgrade your (?:plan|account|tier)",
    r"model_not_allowed|project .{0,60}(?:not have access|has not been used|disabled)|has not been used in project",
)

KEY = _any_of(
    r"api[ _-]?key\b.{0,24}(?:not valid|not found|invalid|expired|incorrect|missing|required|revoked|disabled|wrong)",
    r"(?:invalid|incorrect|wrong|expired|missing|unknown|no|bad)[ _-](?:\w+[ _-])?(?:api[ _-]?key|credentials?|(?:bearer|access|auth\w*)[ _-]token|token provided|x-api-key|authorization)",
    r"authentication[_ ](?:error|fails|failed|required)|unauthenticated|not authenticated|no auth credentials|user not found",
    r"令牌.{0,8}(?:无效|过期|不正确)|身份验证",
)

ADDRESS = _any_of(
    r"invalid url \(|unexpected endpoint or method|unknown (?:request )?(?:url|endpoint|path)|no route|no such route",
    r"(?:page|path|url|route|endpoint|resource) (?:was |is |could )?not (?:be )?found|cannot (?:post|get) /",
    r"method not allowed|\"?detail\"?:? ?\"?not found|^not found\.?$|requested url .{0,80}was not found",
    r"no static resource|static resource not found",
)

MODEL = _any_of(
    r"model_not_found|invalid_model|unknown_model|model_decommissioned|model_not_available|model_not_supported|ModelNotOpen|UnsupportedModel",
    r"not a valid model|invalid model|unknown model|unsupported model|no such model|model_id|no models? (?:is |are )?loaded",
    r"models?\b.{0,120}(?:not found|not exist|n't exist|no longer|deprecated|decommissioned|retired|not available"
    r"|unavailable|not supported|n't supported|is not loaded|not loaded|unknown|shut down|end of life|not a chat model)",
    r"no (?:endpoints|allowed providers|available channels?|instances?|providers?) (?:found |are |is )?(?:available )?for",
    r"try pulling it first|the model .{0,80}required|no model .{0,40}(?:found|specified|named)",
    r"model identifier is invalid|with on-demand throughput",
    r"模型.{0,12}(?:不存在|下线|未开通)",
)

FILTER = _any_of(
    r"content[_ -]?(?:filter|policy|management|violation|moderation|risk)|content exists risk|moderation|flagged|safety"
    r"|responsible ?ai",
    r"usage polic|acceptable use|policy[_ ]violation|violat\w+ .{0,30}(?:polic|terms|guideline)|inappropriate"
    r"|data_?inspection|sensitive (?:content|information|words?)|high risk|prohibited[_ ]content|harmful|jailbreak"
    r"|invalid_prompt|blocked by|cyber_policy|recitation",
    r"敏感|违规|不安全|风险",
)

_PICTURE = r"(?:images?|image_url|pictures?|photos?|vision|multi-?modal|image input modality|non-text)"
BLIND = _any_of(
    rf"(?:not|n't|un|only|no)[ -]?(?:\w+ ){{0,4}}(?:support\w*|accept\w*|allow\w*|enabled|capable|permitted)\b.{{0,60}}\b{_PICTURE}",
    rf"\b{_PICTURE}\b.{{0,60}}(?:not|n't|un|only)[ -]?(?:\w+ )?(?:support|accept|allow|enabled|available|permitted|capab)",
    rf"no endpoints found that support {_PICTURE}",
    rf"unknown (?:variant|content type|part type|type)\W{{0,4}}`?{_PICTURE}",
    rf"(?:invalid|unsupported|unexpected|unrecognized) (?:value|content|type|content type|part|field|param\w*)\W{{0,6}}(?:type )?\W{{0,3}}{_PICTURE}",
    r"expected (?:a )?string.{0,40}(?:got|found|received) (?:a |an )?(?:array|list|sequence|object)",
    r"content (?:must|should|needs to) be (?:a |of type )?(?:valid )?string|invalid type: sequence, expected a string",
    r"no mmproj|mmproj|not a multimodal model|is not a vision model|text[- ]only|only (?:supports |accepts )?text",
    r"missing data required for image input|0 image\(s\) may be provided|at most 0 image",
)
"""The model does not look at pictures at all."""

PICTURE = _any_of(
    rf"\b{_PICTURE}\b.{{0,80}}(?:invalid|exceed|too (?:large|big|small|many)|corrupt|not valid|malformed|could not|cannot|can't|unable"
    r"|fail|must be|dimension|maximum|limit|size|resolution|format|decode)",
    rf"(?:invalid|could not|cannot|can't|unable to|failed to|fail to|unsupported|corrupt\w*|too many|at most|bad)\b"
    rf".{{0,40}}\b{_PICTURE}",
    r"unsupported (?:image|mime|media)|invalid_image|image_parse|image_too|base64",
)
"""One of the pictures is what is wrong."""

_PDF = r"(?:pdfs?\b|pdf (?:pages|files?)|document (?:blocks?|inputs?|content)|input_file|file_data|file (?:inputs?|parts?|content)s?)"
PDF = _any_of(
    rf"(?:not|n't|un|only|no)[ -]?(?:\w+ ){{0,4}}(?:support\w*|accept\w*|allow\w*|enabled|capable|permitted)\b.{{0,60}}\b{_PDF}",
    rf"\b{_PDF}.{{0,60}}(?:not|n't|un|only)[ -]?(?:\w+ )?(?:support|accept|allow|enabled|available|permitted|capab|valid|process|read)",
    rf"no endpoints found that support {_PDF}|\b{_PDF}.{{0,60}}(?:password|encrypt|corrupt|damaged|invalid|too (?:large|many))",
    rf"(?:unknown|invalid|unsupported|unexpected|unrecogni[sz]ed) (?:variant|value|type|content type|part type|content part)\W{{0,6}}(?:type )?\W{{0,3}}(?:{_PDF}|file\b|document\b)",
    r"(?:maximum of|at most) \d+ pdf pages|document has no pages|pdf (?:specified|provided) was",
)
"""A file itself is what is wrong, or the model takes none."""

TOOLS = _any_of(
    r"support tool use|tools? (?:is|are) not supported|does not support (?:tools|function)",
    r"(?:tool|function)[ _-]?(?:use|calls?|calling|choice)['\"`]? (?:is |are )?not (?:\w+ )?(?:supported|enabled|allowed|available)",
    r"(?:not|n't) support (?:the )?['\"`]?(?:tool|function)",
    r"enable-auto-tool-choice|tools param requires|tool-call-parser",
)
THINKING_BACK = _any_of(r"reasoning_(?:content|details)")

UNFINISHED = _any_of(
    r"(?:^|· )loading model|\bmodel\b(?: \S{1,80})? is (?:currently |still )?(?:loading|being loaded|starting)",
    r"is warming up|(?:^|· )model (?:is )?not ready",
)
"""Comes right by itself in a moment, whatever the status is."""

# What accompanies the words and is not accepted; each only counts if the request held it.

TEMPERATURE = _any_of(r"\btemperature\b")
CONVERSATION = _any_of(r"prompt_?cache_?key")
COUNTS = _any_of(r"stream_?options|include_usage")
EFFORT = _any_of(r"reasoning|thinking|\beffort\b|output_?config")
LENGTH = _any_of(r"max_?(?:completion_?|output_?|new_?)?tokens\b|(?:completion|output) tokens")
LENGTH_OF_PROMPT = _any_of(r"\b(?:input length|prompts?|contexts?|messages|input tokens)\b")
"""Named beside the length of the answer: the conversation is what is too long."""
SYSTEM = _any_of(
    r"\b(?:system|developer)['\"`]?(?: role| messages?| prompts?| instructions?)*\b.{0,40}"
    r"(?:not|n't|un)[ -]?(?:\w+ )?(?:support|allow|enabled|accept|available|permitted|valid|recogni)",
    r"(?:not|n't|un|invalid|unknown|unexpected|no)[ -]?(?:\w+ ){0,3}(?:support\w*|allow\w*|accept\w*|variant|role|value)?\W{0,6}"
    r"(?:a |the |role |with )?['\"`]?(?:system|developer)\b['\"`]?",
    r"roles? must alternate|alternat\w+ .{0,40}roles?|only (?:'?user'?|the user).{0,30}roles?|must start with a user|first message .{0,30}user",
    r"system message must be",
)
STREAM = _any_of(
    r"verified to stream",
    r"\bstream(?:ing|ed)?\b['\"`]?.{0,40}(?:not|n't|un)[ -]?(?:\w+ )?(?:support|allow|enabled|available|permitted)",
    r"(?:not|n't|un)[ -]?(?:\w+ )?(?:support\w*|allow\w*|permit\w*)\b.{0,24}\bstream(?:ing|ed)?\b",
    r"\bstream\b['\"`]? (?:must|should|has to) be false|stream ?[=:] ?true",
)
