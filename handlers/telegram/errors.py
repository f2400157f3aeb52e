"""What Telegram's errors mean: the one place where aiogram's exceptions become `PlatformError`s.

Telegram tells most things apart only in words. The words here are the server's own, in lower case.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiohttp import ClientConnectorError

from bot.domain.errors import (
    ChatMoved,
    FileRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    PlatformError,
    Rejected,
    RetryAfter,
    SettingsError,
    ThreadRefused,
    Unreachable,
    kind_of,
)

# For a 429 that does not say how long.
_DEFAULT_PAUSE_S = 5.0

# The chat, the topic or the right to write there is gone.
_UNREACHABLE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "user is deactivated",
    "group chat was deactivated",
    "chat_write_forbidden",
    "not enough rights to send",
    "have no rights to send",
    "need administrator rights in the channel",
    "chat_send_plain_forbidden",
    "chat_guest_send_forbidden",
    "chat_restricted",
    "user_banned_in_channel",
    "privacy_premium_required",
    "allow_payment_required",
    "topic_closed",
)
_THREAD_GONE = ("message thread not found", "topic_deleted", "topic_id_invalid")
_FILE_REFUSED = re.compile(
    r"rights to send (?!(?:text |a )?messages?\b)|chat_send_(?!plain)\w+_forbidden|voice_messages_forbidden"
)
"""Each kind of file is a right of its own; words may be welcome."""
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
    "message to react not found",
    "message_id_invalid",
)

_TOLD = (
    "can't parse entities",
    "is not modified",
    "too long",
    "too many requests",
    "message text is empty",
    "bot was blocked by the user",
    "bot was kicked",
    "unauthorized",
    "terminated by other getupdates",
    "internal server error",
    "bad gateway",
)
"""Beside these, what a log may repeat of Telegram's words: reasons that are the same for everybody."""


def translated(error: AiogramError | UnicodeDecodeError | OSError, method: str) -> PlatformError:
    """The error as the engine knows it. Its message holds Telegram's reason, which can repeat what somebody wrote."""
    found = _meaning(error, method)
    words = str(error).lower()
    sign = next((sign for sign in (*_UNREACHABLE, *_GONE, *_TOLD) if sign in words), "")
    found.facts = f"{method}: {sign}" if sign else method
    if isinstance(error, TelegramNetworkError):
        found.facts = str(found)
    return found


def _meaning(error: AiogramError | UnicodeDecodeError | OSError, method: str) -> PlatformError:
    match error:
        case TelegramRetryAfter(retry_after=seconds):
            return RetryAfter(f"{method}: silence for {seconds} s", retry_after_s=float(seconds))
        case TelegramMigrateToChat(migrate_to_chat_id=chat):
            return ChatMoved(f"{method}: the group has become the supergroup {chat}", chat=str(chat))
        case TelegramForbiddenError():
            return Unreachable(f"{method}: {error.message}")
        case TelegramEntityTooLarge():
            return Rejected(f"{method}: {error.message}")
        case TelegramBadRequest():
            return _refused(error.message, method)
        case TelegramUnauthorizedError() | TelegramNotFound() | TelegramConflictError():
            # About the token or the server, not about what was sent.
            return NotSent(f"{method}: {error.message}")
        case TelegramNetworkError() if isinstance(error.__cause__, ClientConnectorError):
            return NotSent(f"{method}: no connection ({kind_of(error.__cause__)})")
        case TelegramNetworkError():
            return OutcomeUnknown(f"{method}: no answer ({kind_of(error.__cause__)})")
        case TelegramServerError():
            return OutcomeUnknown(f"{method}: {error.message}")
        case TelegramAPIError() if "too many requests" in error.message.lower():
            return RetryAfter(f"{method}: asked to wait, without a time", retry_after_s=_DEFAULT_PAUSE_S)
        case TelegramAPIError():
            return Rejected(f"{method}: {error.message}")
        case _:
            return OutcomeUnknown(f"{method}: the answer could not be read")


def cause_for_log(error: AiogramError | UnicodeDecodeError | OSError) -> BaseException | None:
    """The error where it may stand in a log: Telegram's own words.

    A network error names the address, and with it the token; an answer that does not parse is printed whole.
    """
    return error if isinstance(error, TelegramAPIError) and not isinstance(error, TelegramNetworkError) else None


def revoked(token_in: str) -> SettingsError:
    """The token, which stands there, was good once."""
    return SettingsError(
        "Telegram no longer accepts the bot token. Get the current one from @BotFather (/mybots, API Token) and "
        f"put it into {token_in}."
    )


@contextmanager
def accepting_unmodified() -> Iterator[None]:
    """An edit that is refused because everything is as wanted already is a success."""
    try:
        yield
    except Rejected as error:
        if not is_unmodified(error):
            raise


def is_unmodified(error: Rejected) -> bool:
    """Whether an edit was refused because everything is as wanted already."""
    reason = str(error).lower()
    return "is not modified" in reason or "not_modified" in reason


def blames_entities(error: Rejected) -> bool:
    """Whether the same text may pass without its formatting."""
    reason = str(error).lower()
    return ("entit" in reason and "too large" not in reason) or "can't parse" in reason


def _refused(reason: str, method: str) -> PlatformError:
    words = reason.lower()
    message = f"{method}: {reason}"
    if method == "answerGuestQuery" and "query" in words:
        # It is answered already, or too old: nothing else leads into that chat.
        return Unreachable(message)
    if _FILE_REFUSED.search(words):
        return FileRefused(message)
    if any(sign in words for sign in _THREAD_GONE):
        return ThreadRefused(message)
    if any(sign in words for sign in _UNREACHABLE):
        return Unreachable(message)
    if any(sign in words for sign in _GONE):
        return MessageGone(message)
    return Rejected(message)
