"""Receiving by long polling, without losing an update.

Telegram forgets an update when a later `getUpdates` asks from a higher offset on. So the offset rises only after
`receive` has returned: what a crash interrupts is delivered again. Each update is read by itself, so that one that
cannot be read holds up no other.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramConflictError, TelegramUnauthorizedError
from aiogram.methods import DeleteWebhook
from aiogram.types import Update
from pydantic import ValidationError

from bot.contracts.platform import Receive
from bot.domain.clock import Clock
from bot.domain.errors import RetryAfter, SettingsError
from bot.domain.incoming import Inbound, Incoming, Unreadable
from handlers.telegram.calls import Call
from handlers.telegram.errors import translated
from handlers.telegram.inbound import KINDS, Me, Unfinished, envelope, essentials, read
from handlers.telegram.library import build

log = structlog.get_logger(__name__)

LONG_POLL_S = 50  # Telegram's longest.

REQUEST_TIMEOUT_S = 60
"""When a poll without an answer is given up: the connection is dead then, even if nobody has said so."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


async def poll(bot: Bot, me: Me, receive: Receive, trouble: "Trouble") -> None:
    """Receive until cancelled, whatever happens to the network, to Telegram or to what keeps the updates.

    Raises:
        SettingsError: the token has been revoked.
    """
    unfinished = Unfinished()
    offset = 0
    # While Telegram is asked for the first time; a first message would wait for it.
    building = asyncio.get_running_loop().run_in_executor(None, build, Update)
    while True:
        updates = await _next_updates(bot, offset, trouble)
        await building
        batch = [incoming for raw in updates for incoming in _read(raw, me, unfinished)]
        if batch:
            await _keep(receive, batch, trouble)
        offset = _after(updates, offset)


async def _next_updates(bot: Bot, offset: int, trouble: "Trouble") -> Sequence[Any]:
    """What is waiting; empty where nothing came for a while, or nothing could be asked for."""
    call = Call("getUpdates", offset=offset, timeout=LONG_POLL_S, allowed_updates=KINDS)
    try:
        updates = await bot(call, request_timeout=REQUEST_TIMEOUT_S)
    except TelegramUnauthorizedError as error:
        raise SettingsError(
            "Telegram no longer accepts the bot token. Get the current one from @BotFather (/mybots, API Token) and "
            "put it into `TELEGRAM_BOT_TOKEN`."
        ) from error
    except TelegramConflictError as error:
        await _end_conflict(bot, error, trouble)
        return ()
    except (AiogramError, UnicodeDecodeError, OSError) as error:
        await _wait_out(error, trouble)
        return ()
    if not isinstance(updates, list) or (updates and not _after(updates, 0)):
        await trouble.wait("answer_without_updates")
        return ()
    trouble.over()
    return updates


async def _end_conflict(bot: Bot, error: TelegramConflictError, trouble: "Trouble") -> None:
    """409: updates go to a webhook, which is taken away without what waits for it; or another program polls."""
    if "webhook" not in error.message.lower():
        cure = "Stop the other program that uses this bot's token, or create a separate bot for this one."
        await trouble.wait("another_program_receives", cure=cure)
        return
    try:
        await bot(DeleteWebhook(drop_pending_updates=False))
    except (AiogramError, UnicodeDecodeError, OSError) as failed:
        await _wait_out(failed, trouble)
        return
    # If some other program sets it again and again, this must not become a race.
    await trouble.wait(
        "webhook_removed", cure="Updates went to a webhook. Stop the program that sets it, if it does so again."
    )


async def _wait_out(error: AiogramError | UnicodeDecodeError | OSError, trouble: "Trouble") -> None:
    if isinstance(error, OSError):
        await trouble.wait(type(error).__name__, detail=error.strerror)
        return
    known = translated(error, "getUpdates")
    at_least_s = known.retry_after_s if isinstance(known, RetryAfter) else 0.0
    await trouble.wait(type(error).__name__, at_least_s=at_least_s, detail=str(known))


async def _keep(receive: Receive, batch: Sequence[Incoming], trouble: "Trouble") -> None:
    """Hand a batch in until it is kept: skipping it would lose what people said."""
    while True:
        try:
            await receive(batch)
        except Exception as error:  # noqa: BLE001
            # The border of receiving: the database may be full or locked for hours and come back.
            await trouble.wait("updates_not_kept", updates=len(batch), exc_info=error)
        else:
            trouble.over()
            return


def _after(updates: Sequence[Any], offset: int) -> int:
    """The offset that confirms these updates; the present one where they have no numbers."""
    numbers = [number for raw in updates if (number := _number(raw)) is not None]
    return max(numbers) + 1 if numbers else offset


def _number(raw: Any) -> int | None:
    number = raw.get("update_id") if isinstance(raw, dict) else None
    # No JSON that we send can hold a longer one; Telegram's have 32 bits.
    return number if isinstance(number, int) and 0 < number < 2**63 else None


def _read(raw: Any, me: Me, unfinished: Unfinished) -> Sequence[Incoming]:
    """What an update brings; where it names the bot, with the parts of it that came before and did not."""
    try:
        wanted = essentials(raw)
        incoming = read(Update.model_validate(wanted), me, unfinished) if wanted is not None else None
    except Exception as error:  # noqa: BLE001
        # The border of reading: one update, whatever is wrong with it or with us, must not hold up the others.
        unreadable = _unreadable(raw, error, me)
        told = _unread(raw, me)
        return (unreadable, told) if told is not None else (unreadable,)
    if incoming is None:
        return ()
    if not isinstance(incoming, Inbound):
        return (incoming,)
    whole = unfinished.whole(incoming)
    if incoming.addressed:
        unfinished.note(incoming)
    return whole


def _unread(raw: Any, me: Me) -> Inbound | None:
    """What can be answered of a message that cannot be read: who sent it in private has to hear that it was not."""
    try:
        bare = Update.model_validate({"update_id": raw["update_id"], "message": envelope(raw["message"])})
        said = read(bare, me)
    except Exception:  # noqa: BLE001
        return None  # It does not even say who sent it.
    if not isinstance(said, Inbound) or not said.place.kind.private:
        return None
    return replace(said, event_key=f"{said.event_key}/unread")


def _unreadable(raw: Any, error: Exception, me: Me) -> Unreadable:
    text = json.dumps(raw)
    number = _number(raw)
    key = str(number) if number is not None else f"unnumbered-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    log.error("update_unreadable", update=key, error=type(error).__name__)
    return Unreadable(key, "telegram", me.id, text, _reason(error))


def _reason(error: Exception) -> str:
    """What is wrong, without repeating what somebody wrote."""
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:3])


class Trouble:
    """A stretch of failures: ever longer waits, one line in the log for each kind of failure, and one at the end."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._began_s = 0.0
        self._kinds: set[str] = set()

    @property
    def stands(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    async def wait(self, kind: str, *, at_least_s: float = 0.0, **details: object) -> None:
        """Wait before the next attempt, `at_least_s` or longer; `details` say in the log what happened."""
        if not self._failures:
            self._began_s = self._clock.monotonic()
        if kind not in self._kinds:
            self._kinds.add(kind)
            log.warning("receiving_disturbed", kind=kind, **details)
        wait_s = min(FIRST_WAIT_S * 2 ** min(self._failures, 10), LONGEST_WAIT_S)
        self._failures += 1
        # Many gateways that lost Telegram at the same moment must not come back at the same moment.
        await self._clock.sleep(max(at_least_s, wait_s * self._rng.uniform(0.5, 1.0)))

    def over(self) -> None:
        """It works again."""
        if self._failures:
            lasted_s = round(self._clock.monotonic() - self._began_s, 1)
            log.info("receiving_again", failures=self._failures, lasted_s=lasted_s)
        self._failures = 0
        self._kinds.clear()
