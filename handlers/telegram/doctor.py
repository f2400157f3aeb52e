"""What can be wrong with a bot on Telegram before anybody has said a word."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiogram.exceptions import TelegramConflictError

from bot.contracts.findings import Finding, bad, good, note
from bot.domain.errors import NotSent
from handlers.telegram.calls import Call

LISTENS_S = 3
"""How long another program is waited for: who polls asks again within this time when a poll of theirs is ended."""

Ask = Callable[[Call], Awaitable[Any]]


async def examine(ask: Ask, *, at_work: bool) -> AsyncIterator[Finding]:
    """All checks, one after the other."""
    me = await ask(Call("getMe"))
    yield good(f"The token belongs to @{me['username']}.")
    webhook = await ask(Call("getWebhookInfo"))
    if webhook.get("url"):
        host = urlsplit(webhook["url"]).hostname
        yield bad(
            f"A webhook is set: updates go to {host}.",
            "Stop the program that set it; the gateway removes the webhook when it starts.",
        )
    elif not at_work:
        yield await _alone(ask)
    if waiting := webhook.get("pending_update_count"):
        yield note(f"{waiting} updates are waiting to be fetched.", "The gateway answers them when it runs.")
    if me.get("can_join_groups", True):
        yield good("It can be added to groups.")
    else:
        yield note("It cannot be added to groups.", "@BotFather, /setjoingroups, Enable, if it should be.")
    if me.get("can_read_all_group_messages"):
        yield good("It hears everything in groups, and answers what is meant for it.")
    else:
        yield note(
            "Privacy mode is on: in groups it hears commands, mentions and replies only, so later parts of a long "
            "message are missed.",
            "@BotFather, /setprivacy, Disable; then take it out of each group and add it again.",
        )
    if me.get("has_topics_enabled"):
        yield good("Private chats have topics: /new opens one.")
    else:
        yield note("Private chats have no topics.", "@BotFather, /mybots, Bot Settings, Threaded Mode, if you like.")


async def _alone(ask: Ask) -> Finding:
    """Whether another program receives with this token."""
    try:
        # Nothing is confirmed: what waits goes on waiting.
        await ask(Call("getUpdates", timeout=LISTENS_S, limit=1))
    except NotSent as error:
        if isinstance(error.__cause__, TelegramConflictError):
            return bad(
                "Another program is receiving with this token.",
                "Stop it, or create a separate bot for one of them (@BotFather, /newbot).",
            )
        raise
    return good("No other program receives with this token.")
