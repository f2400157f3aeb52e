"""Why a model did not answer.

ProviderError                a model did not answer; `worth_retrying` and `model_at_fault` steer the chain
├── BadCredentials · NoCredit · NotAllowed · TurnedAway · WrongAddress · ModelMissing
├── RequestRefused       this request, not the model, is what is wrong
│   ├── SourceRepeated
│   ├── LanguageRefused
│   │   └── EnglishOnly      as engines of this machine are
│   └── PictureRefused   a picture in it
│       └── Blind        any picture: the model does not see
├── ContextTooLong · NotTaken
├── RateLimited
│   └── QuotaSpent       for a day or longer
├── Overloaded · ProviderUnreachable · ProviderTimeout
├── StreamBroken
└── EmptyAnswer
    ├── ToolWanted · ThoughtOnly
    └── LimitSpent       by thinking, before the first word
"""

import math
from typing import ClassVar

from bot.domain.errors import ParleyError


class ProviderError(ParleyError):
    """A model did not answer, or not to the end.

    `retry_after_s` is how long the vendor asked us to wait, None if it said nothing.
    """

    worth_retrying: ClassVar[bool] = False
    """Whether the same model may well answer the same request in a moment."""
    model_at_fault: ClassVar[bool] = True
    """Whether the next request to this model would probably fail too, so that it is left alone for a while."""
    own_tell: ClassVar[str] = ""
    """What is said instead where the model is one of the person's own, so that it is theirs to put right."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, tell: str | None = None) -> None:
        super().__init__(message, tell=tell)
        self.retry_after_s = retry_after_s

    def for_owner(self) -> "ProviderError":
        """Itself, said to somebody whose own model it was."""
        if self.own_tell and self.tell == self.default_tell:
            self.tell = self.own_tell
        return self

    @property
    def concerns_owner(self) -> bool:
        """Whether it tells of the account or key of whoever asked, which is nobody else's business."""
        return bool(self.own_tell) and self.tell == self.own_tell


class BadCredentials(ProviderError):
    """401 or 403: the key is wrong, missing or not allowed to do this."""

    default_tell = (
        "The model's vendor does not accept the key. The operator has to replace it. Try another model with /mode."
    )
    own_tell = "Your endpoint does not accept your key. Add it again with a new one: /endpoint."


class NoCredit(ProviderError):
    """402: the account with the vendor is empty."""

    default_tell = "The account with the model's vendor has no credit left. The operator has to top it up."
    own_tell = (
        "Your account with your own endpoint's provider has no credit left. Top it up, or choose another model: /model."
    )


class NotAllowed(ProviderError):
    """The key is right and may not use this model: the organisation is not verified, terms or a policy are in the way.

    Not the model's fault: what is refused can be a way of asking, such as one that a policy of the account closes.
    """

    model_at_fault = False
    default_tell = (
        "The account with the model's vendor may not use this model. The operator has to look into it. "
        "Try another model with /mode."
    )
    own_tell = "Your endpoint does not let your account use this model. Check it there, or choose another one: /model."


class TurnedAway(ProviderError):
    """The vendor does not serve the country or the network that this gateway is in."""

    default_tell = (
        "The model's vendor does not serve the country or network that this bot runs in. The operator has"
        " to choose another one. Try another model with /mode."
    )
    own_tell = (
        "Your endpoint does not serve the country or network that this bot runs in. Choose another model: /model."
    )


class WrongAddress(ProviderError):
    """What answers at the address is no API of this kind, or has another path."""

    default_tell = (
        "There is no model at the address that is set for it. The operator has to correct the address. "
        "Try another model with /mode."
    )
    own_tell = "There is no model at the address of your endpoint. Add it again with the right one: /endpoint."


class ModelMissing(ProviderError):
    """404: the vendor does not have this model, or no longer."""

    default_tell = "The model is no longer available. Choose another mode with /mode, or tell the operator."
    own_tell = "Your endpoint does not offer this model, or no longer does. Choose another one: /model."


class Unpriced(ProviderError):
    """What the model costs is not known, and only so much may be spent."""

    model_at_fault = False
    default_tell = (
        "This model's price is unknown, and this bot has a spending limit. The operator has to set its "
        "price. Try another model with /mode."
    )


class BudgetSpent(ProviderError):
    """The models could cost more today than the operator has allowed."""

    model_at_fault = False
    default_tell = "This bot has reached its spending limit for today. Please try again tomorrow."


class RequestRefused(ProviderError):
    """400, 413, 422 or a vendor's filter: it will not answer this request."""

    model_at_fault = False
    default_tell = "The model refused this request. Rephrase it, or start a new session with /new."

    unexplained = False
    """Whether the vendor's words say nothing that is known: something older in the conversation may be the cause."""


class SourceRepeated(RequestRefused):
    """The answer would have been somebody else's text; the vendor ends such ones."""

    default_tell = (
        "The model stopped because its answer would have repeated a source word for word. Ask it to use its own words."
    )


class LanguageRefused(RequestRefused):
    """The model does not speak the language of the request."""

    default_tell = "The model does not answer in this language. Ask in another one, or choose another model: /model."


class EnglishOnly(LanguageRefused):
    """The model neither reads nor understands any other language, and this is one, or cannot be made out."""


class PictureRefused(RequestRefused):
    """A picture cannot be read: broken, too large, or of a kind that the vendor does not take."""

    default_tell = "The model cannot read that picture. Send it in another size or as a JPEG, or choose another model."


class Blind(PictureRefused):
    """The model does not look at pictures."""

    default_tell = "This model cannot see pictures. Ask without the picture, or choose another model: /model."


class ContextTooLong(ProviderError):
    """The conversation is longer than the model can read."""

    model_at_fault = False
    default_tell = "This conversation has become too long for the model. Start a new one with /new."

    limit_tokens: int | None = None
    """The most tokens by the vendor's own account; None if it does not say."""


class NotTaken(ProviderError):
    """The endpoint does not take something beside the words; the provider leaves it out from now on.

    Raised only where the next request will differ: ask again at once.
    """

    model_at_fault = False


class RateLimited(ProviderError):
    """429: too many requests."""

    worth_retrying = True
    default_tell = "The model is receiving too many requests right now. Please try again in a minute."
    minutes_tell: ClassVar[str] = (
        "The model cannot be asked again yet. It will answer again in {count} minutes. Choose another one: /model."
    )
    hours_tell: ClassVar[str] = (
        "The model has reached its vendor's limit. It will answer again in {count} hours. Choose another one: /model."
    )

    def __init__(self, message: str, *, retry_after_s: float | None = None, tell: str | None = None) -> None:
        super().__init__(message, retry_after_s=retry_after_s, tell=tell)
        if tell is None and retry_after_s is not None and retry_after_s > 60:
            hours = retry_after_s >= 2 * 3600
            self.tell = self.hours_tell if hours else self.minutes_tell
            self.values = {"count": math.ceil(retry_after_s / (3600 if hours else 60))}


class QuotaSpent(RateLimited):
    """429 for a day or longer: asking again in a moment is useless. `retry_after_s` says until when, where known."""

    worth_retrying = False
    default_tell = "The model has reached its vendor's limit for today. Choose another one: /model."


class Overloaded(ProviderError):
    """5xx: the vendor is in trouble."""

    worth_retrying = True
    default_tell = "The model is overloaded right now. Please try again in a minute."


class ProviderUnreachable(ProviderError):
    """No connection, or one that broke before the first byte of the answer."""

    worth_retrying = True
    default_tell = "The model cannot be reached right now. Please try again in a minute."


class ProviderTimeout(ProviderError):
    """No first byte, no next byte, or no end within the time allowed. The person has waited long enough for it."""

    default_tell = "The model took too long to answer. Please try again, or with a shorter question."


class StreamBroken(ProviderError):
    """The stream ended without saying that it was done, or made no sense."""

    worth_retrying = True
    default_tell = "The model's answer broke off. Please try again."


class EmptyAnswer(ProviderError):
    """The model said that it was done and had said nothing, or nothing that can be seen."""

    worth_retrying = True
    model_at_fault = False
    default_tell = "The model returned an empty answer. Rephrase it, or try again."


class ToolWanted(EmptyAnswer):
    """The model called a tool instead of answering, though none was offered."""

    default_tell = (
        "The model wanted to use a tool that it does not have here, and did not answer. Ask again, or choose another "
        "model: /model."
    )


class ThoughtOnly(EmptyAnswer):
    """The model thought, and said that it was done."""

    default_tell = (
        "The model finished its reasoning, but stopped before the first word of its answer. Ask again, or choose "
        "another model: /model."
    )


class LimitSpent(EmptyAnswer):
    """The limit for one answer was reached before its first word: the model has only thought."""

    worth_retrying = False
    default_tell = (
        "The model has used up its limit for one answer before the first word. "
        "Ask for less at a time, or choose another model: /model."
    )
