"""Receiving by long polling, without losing an update.

Telegram forgets an update when a later `getUpdates` asks from a higher offset on. So the offset rises only after
`receive` has returned: what a crash interrupts is delivered again. Each update is read by itself, so that one that
cannot be read holds up no other.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramConflictError, TelegramUnauthorizedError
from aiogram.methods import DeleteWebhook
from aiogram.types import Update

from bot.contracts.leases import Hold
from bot.contracts.platform import Receive
from bot.domain.incoming import Incoming
from handlers.telegram.calls import Call
from handlers.telegram.errors import revoked
from handlers.telegram.essentials import KINDS
from handlers.telegram.library import build
from handlers.telegram.origins import Me
from handlers.telegram.trouble import Trouble, wait_out
from handlers.telegram.unfinished import Unfinished
from handlers.telegram.updates import number_of, read_update

LONG_POLL_S = 50  # Telegram's longest.

_WAY_S = 1.0
"""How long a poll is on its way to Telegram at most, before it begins to wait there."""

REQUEST_TIMEOUT_S = 60
"""When a poll without an answer is given up: the connection is dead then, even if nobody has said so."""


async def poll(bot: Bot, me: Me, receive: Receive, trouble: Trouble, hold: Hold, token_in: str) -> None:
    """Receive until cancelled, whatever happens to the network, to Telegram or to what keeps the updates.

    Telegram refuses two that poll at once. So no poll lasts longer than `hold` is certain, even if this process stands
    still meanwhile; and without it, none begins.

    Raises:
        SettingsError: the token has been revoked.
    """
    unfinished = Unfinished()
    offset = 0
    # While Telegram is asked for the first time; a first message would wait for it.
    building = asyncio.get_running_loop().run_in_executor(None, build, Update)
    while True:
        if (poll_s := _poll_s(hold)) is None:
            await trouble.wait("not_certain_to_be_alone")
            continue
        updates = await _next_updates(bot, offset, poll_s, trouble, token_in)
        await building
        batch = [incoming for raw in updates for incoming in read_update(raw, me, unfinished)]
        if batch:
            await _keep(receive, batch, trouble)
        offset = _after(updates, offset)


def _poll_s(hold: Hold) -> int | None:
    """How long the next poll may wait for something to come; None if it may not be made now."""
    left_s = hold.left_s() - _WAY_S
    return int(min(left_s, LONG_POLL_S)) if left_s >= 1 else None


async def _next_updates(bot: Bot, offset: int, poll_s: int, trouble: Trouble, token_in: str) -> Sequence[Any]:
    """What is waiting; empty if nothing came for a while, or nothing could be asked for."""
    call = Call("getUpdates", offset=offset, timeout=poll_s, allowed_updates=KINDS)
    try:
        updates = await bot(call, request_timeout=REQUEST_TIMEOUT_S)
    except TelegramUnauthorizedError as error:
        raise revoked(token_in) from error
    except TelegramConflictError as error:
        await _end_conflict(bot, error, trouble)
        return ()
    except (AiogramError, UnicodeDecodeError, OSError) as error:
        await wait_out(error, "getUpdates", trouble)
        return ()
    if not isinstance(updates, list) or (updates and not _after(updates, 0)):
        await trouble.wait("answer_without_updates")
        return ()
    trouble.over()
    return updates


async def _end_conflict(bot: Bot, error: TelegramConflictError, trouble: Trouble) -> None:
    """409: updates go to a webhook, which is taken away without what waits for it; or another program polls."""
    if "webhook" not in error.message.lower():
        why = "Another program receives with this bot's token. Stop it, or create a separate bot for this one."
        await trouble.wait("another_program_receives", why=why)
        return
    try:
        await bot(DeleteWebhook(drop_pending_updates=False))
    except (AiogramError, UnicodeDecodeError, OSError) as failed:
        await wait_out(failed, "deleteWebhook", trouble)
        return
    # If some other program sets it again and again, this must not become a race.
    await trouble.wait(
        "webhook_removed", why="Updates went to a webhook. Stop the program that sets it, if it does so again."
    )


async def _keep(receive: Receive, batch: Sequence[Incoming], trouble: Trouble) -> None:
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
    numbers = [number for raw in updates if (number := number_of(raw)) is not None]
    return max(numbers) + 1 if numbers else offset
