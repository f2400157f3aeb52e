"""What went wrong at Discord, in the engine's words: the one place that knows its codes."""

import aiohttp
import discord

from bot.domain.errors import (
    FileRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    PlatformError,
    ReferenceRefused,
    Rejected,
    RetryAfter,
    ThreadRefused,
    Unreachable,
    kind_of,
)

UNKNOWN_CHANNEL = 10003
UNKNOWN_MEMBER = 10007
UNKNOWN_MESSAGE = 10008
UNKNOWN_USER = 10013
THREAD_EXISTS = 160004
THREAD_ARCHIVED = 50083
_MISSING_PERMISSIONS = 50013
_NO_REFERENCE = 160002
"""No right to read the message history, which replying takes."""
_INTERACTION_OVER = frozenset({10015, 10062, 50027})
"""Unknown webhook, unknown interaction, invalid webhook token."""
_GONE = frozenset({UNKNOWN_MESSAGE, 30046, 50005})
"""Unknown message; edits of old messages used up; not our own message."""
_NEVER = frozenset({UNKNOWN_CHANNEL, 10004, 50001, 50007, 50008, 50013, 50024, 50083, 160005, 20026, 50278})
"""Channel or server gone, no access, person takes no messages, not a channel for them, no permission, not in this kind
of channel, thread archived, thread locked, quarantined, no common server."""
_PAUSE_S = 5.0
"""How long to keep silent when a 429 does not say (a block by the network in front of Discord)."""


def translated(error: Exception, what: str) -> PlatformError:
    """The engine's error for one of the library's or the connection's; `what` was being done."""
    match error:
        case discord.RateLimited():
            return RetryAfter(f"{what}: flood limit", retry_after_s=error.retry_after)
        case discord.HTTPException():
            found = _by_status(error, f"{what}: {error.status} {error.code} {error.text[:200]}")
            found.facts = f"{what}: {error.status} {error.code}"
            return found
        case aiohttp.ClientConnectorError():
            return _unreached(NotSent(f"{what}: no connection ({kind_of(error)})"))
        case _:
            return _unreached(OutcomeUnknown(f"{what}: {kind_of(error)}"))


def _unreached(found: PlatformError) -> PlatformError:
    """All of it is in our own words: nothing came back."""
    found.facts = str(found)
    return found


def _by_status(error: discord.HTTPException, words: str) -> PlatformError:
    if error.status == 429:
        return RetryAfter(words, retry_after_s=_retry_after(error))
    if error.status >= 500:
        return OutcomeUnknown(words)
    if error.status == 401:
        return NotSent(words)
    if error.code in _GONE:
        return MessageGone(words)
    if error.code == _NO_REFERENCE:
        return ReferenceRefused(words)
    if error.code in _NEVER:
        return Unreachable(words)
    return Rejected(words)


def refused_there(error: PlatformError, *, in_thread: bool, with_file: bool) -> PlatformError:
    """What a refused send is about. Discord has one word for all rights: it depends on what was sent, and where to."""
    if with_file and is_code(error.__cause__, _MISSING_PERMISSIONS):
        return FileRefused(str(error))
    if in_thread and type(error) is Unreachable:
        return ThreadRefused(str(error))
    return error


def _retry_after(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", _PAUSE_S))
    except ValueError:
        return _PAUSE_S


def is_code(error: BaseException | None, *codes: int) -> bool:
    """Whether Discord gave one of these codes as the reason."""
    return isinstance(error, discord.HTTPException) and error.code in codes


def is_over(error: BaseException | None) -> bool:
    """Whether a command can no longer be answered in its own way."""
    return isinstance(error, discord.HTTPException) and (error.code in _INTERACTION_OVER or error.status == 404)
