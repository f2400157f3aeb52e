"""The errors of Parley.

    ParleyError
    ├── SettingsError            the operator's configuration is wrong; the program ends with status 2
    ├── DataDirError             the data directory cannot be used (locked, read-only, newer schema); status 2
    ├── StorageError             the database refused a transaction (full, locked, …); nothing of it was kept
    │   ├── DatabaseDamaged      what is on the disk cannot be read; nothing more is taken in
    │   └── Replaced             other processes think this one dead: nothing that it does is kept
    ├── ConstraintBroken         the schema forbids what a program would have kept; nothing of it was
    ├── PersonError              what a person asked for cannot be done; `tell` is the whole answer
    ├── PlatformError            a call to a platform did not go as wished
    │   ├── RetryAfter           the platform wants silence for `retry_after_s`
    │   ├── NotSent              the call certainly had no effect (no connection): send it again later
    │   ├── OutcomeUnknown       the call may have had its effect (time-out, reset, 5xx)
    │   ├── Rejected             the platform will not take this form; another form may do
    │   │   └── RichRefused      the platform will not take its richer form here; the plain one may do
    │   ├── MessageGone          the message to edit no longer exists or can no longer be edited
    │   └── Unreachable          the platform will never take anything here (blocked, chat gone)
    │       └── ChatMoved        the chat has another id now: `chat`
    └── ProviderError            a model did not answer; `worth_retrying` and `model_at_fault` steer the chain
        ├── BadCredentials · NoCredit · NotAllowed · TurnedAway · WrongAddress · ModelMissing
        ├── RequestRefused       this request, not the model, is what is wrong
        │   ├── SourceRepeated · LanguageRefused
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

Each carries in `tell` what to say to the person: one sentence with the next step, never a vendor's raw words. The
cause stays chained for the log.
"""

import math
from collections.abc import Mapping
from typing import ClassVar


class ParleyError(Exception):
    """The root. `tell` is for the person; `facts` for every log: codes and places, never anyone's words.

    `str(error)` may repeat what a vendor or a platform said, and with it what somebody wrote:
    see `bot.telemetry.unsaid`.
    """

    default_tell: ClassVar[str] = "Something went wrong on my side. Please try again in a moment."
    ours: ClassVar[bool] = False
    """Whether the whole message is in our own words, so that any log may hold it."""

    def __init__(self, message: str, *, tell: str | None = None) -> None:
        super().__init__(message)
        self.tell = tell if tell is not None else self.default_tell
        self.facts = message if self.ours else ""
        self.values: Mapping[str, object] = {}
        """What goes into the places of `tell`, which is said in the person's language (see `bot.texts`)."""


class SettingsError(ParleyError):
    """A setting is wrong: the message names it, says what is wrong, and the cure."""

    ours = True


class DataDirError(ParleyError):
    """The data directory or its database cannot be used: the message says why, and the cure."""

    ours = True


class StorageError(ParleyError):
    """The database refused a transaction; nothing of it was kept, and it can be tried again."""

    ours = True
    default_tell = "Nothing could be saved just now, so nothing was done. Please try again in a minute."


class DatabaseDamaged(StorageError):
    """Pages of the database are damaged on the disk: the message says what to do. It does not pass by itself."""

    def __init__(
        self,
        what: str,
        cure: str = "keep a copy of DATA_DIR, have the disk checked, and restore the last backup with `parley restore`",
    ) -> None:
        super().__init__(
            f"The database is damaged on the disk ({what}). Nothing more is accepted. Stop the gateway, {cure}."
        )


class Replaced(StorageError):
    """Other processes go on with what this one was doing: none of its transactions is kept, now or later."""

    def __init__(self) -> None:
        super().__init__("Another process has taken over from this one, which did not show that it lives.")


class ConstraintBroken(ParleyError):
    """The schema forbids what a program would have kept: a mistake in the program. Nothing of it was kept."""

    ours = True


class PersonError(ParleyError):
    """What a person asked for cannot be done: `PersonError("There is no mode {name}.", name=name)`."""

    def __init__(self, tell: str, **values: object) -> None:
        super().__init__(tell, tell=tell)
        self.values = values


class PlatformError(ParleyError):
    """A call to a platform did not go as wished."""


class RetryAfter(PlatformError):
    """The platform wants no calls for a while."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotSent(PlatformError):
    """No connection was made: the call had no effect and can be repeated."""


class OutcomeUnknown(PlatformError):
    """The call went out and no answer came: it may have had its effect. A third outcome beside success and failure."""


class Rejected(PlatformError):
    """The platform refused the content or the form of a call; repeating it unchanged is useless."""


class RichRefused(Rejected):
    """The platform does not take a page in its richer form here."""


class ReferenceRefused(Rejected):
    """The platform takes no message here that answers another one; by itself it may."""


class FileRefused(Rejected):
    """The platform takes no file of this kind here; words it may."""


class MessageGone(PlatformError):
    """The message no longer exists or can no longer be edited; a new one can be sent."""


class Unreachable(PlatformError):
    """The platform will never take a message at this place: the bot is blocked, removed, or the chat is gone."""


class ThreadRefused(Unreachable):
    """The thread does not accept messages, or no longer; the chat that it is in may."""


class ThreadNotOpened(ThreadRefused):
    """The thread was to be opened and will never be."""


class ChatMoved(Unreachable):
    """The chat continues under another id, `chat`."""

    def __init__(self, message: str, *, chat: str) -> None:
        super().__init__(message)
        self.chat = chat


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


class BadCredentials(ProviderError):
    """401 or 403: the key is wrong, missing or not allowed to do this."""

    default_tell = (
        "The model's vendor does not accept the key. The operator has to replace it. Try another model with /mode."
    )
    own_tell = "Your endpoint does not accept your key. Add it again with a new one: /endpoint."


class NoCredit(ProviderError):
    """402: the account with the vendor is empty."""

    default_tell = "The account with the model's vendor has no credit left. The operator has to top it up."
    own_tell = "Your account at your own endpoint has no credit left. Top it up, or choose another model: /model."


class NotAllowed(ProviderError):
    """The key is right and may not use this model: the organisation is not verified, terms or a policy are in the way.

    Not the model's fault: what is refused can be a way of asking, such as one that a policy of the account closes.
    """

    model_at_fault = False
    default_tell = (
        "The account with the model's vendor may not use this model. The operator has to look into it. "
        "Try another model with /mode."
    )
    own_tell = (
        "Your account at your own endpoint may not use this model. Check it there, or choose another one: /model."
    )


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
    default_tell = "The model is receiving too many requests just now. Please try again in a minute."
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
    default_tell = "The model is overloaded just now. Please try again in a minute."


class ProviderUnreachable(ProviderError):
    """No connection, or one that broke before the first byte of the answer."""

    worth_retrying = True
    default_tell = "The model cannot be reached just now. Please try again in a minute."


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
