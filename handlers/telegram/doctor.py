"""What can be wrong with a bot on Telegram before anybody has said a word."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from aiogram.exceptions import TelegramConflictError

from bot.contracts.findings import Finding, bad, good, note
from bot.domain.counts import counted
from bot.domain.errors import NotSent
from handlers.telegram.calls import Call
from handlers.telegram.registration import State

LISTENS_S = 3
"""How long another program is waited for: who polls asks again within this time when a poll of theirs is ended."""

Ask = Callable[[Call], Awaitable[Any]]


async def examine(ask: Ask, webhook: str, *, makes_bots: bool, at_work: bool) -> AsyncIterator[Finding]:
    """All checks, one after the other. `webhook`: where Telegram is to call; "" where it is asked instead.
    `makes_bots`: admins are to make more bots with it."""
    me = await ask(Call("getMe"))
    yield good(f"The token belongs to @{me['username']}.")
    state = State.of(await ask(Call("getWebhookInfo")))
    for finding in _examine_webhook(state, webhook):
        yield finding
    if not (state.url or webhook or at_work):
        yield await _alone(ask)
    if state.waiting:
        waiting = counted(state.waiting, "update")
        yield note(f"Waiting to be fetched: {waiting}.", "The gateway answers them when it runs.")
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
    if me.get("supports_guest_queries"):
        yield good("Guest mode is on: it can be called by name in chats that it is not in.")
    else:
        yield note(
            "Guest mode is off: nobody can call it by name in chats that it is not in.",
            "@BotFather, /mybots, Bot Settings, Guest Mode, if you like.",
        )
    if makes_bots and me.get("can_manage_bots"):
        yield good("Admins can make more bots with it: /admin bots.")
    elif makes_bots:
        yield note(
            "Bot Management Mode is off: nobody can make more bots with it, although TELEGRAM_MANAGED_BOTS is on.",
            "@BotFather's mini app, the bot's settings, Bot Management Mode.",
        )
    if me.get("has_topics_enabled"):
        yield good("Private chats have topics: /new opens one.")
    else:
        yield note("Private chats have no topics.", "@BotFather, /mybots, Bot Settings, Threaded Mode, if you like.")


def _examine_webhook(state: State, wanted: str) -> Iterator[Finding]:
    """Whether Telegram calls where it is to call, and nowhere else, and how that went."""
    if state.url != wanted and state.url:
        yield bad(
            f"A webhook is set: updates go to {urlsplit(state.url).hostname}.",
            f"Stop the program that set it; the gateway {'sets its own' if wanted else 'removes the webhook'} "
            "when it starts.",
        )
    elif wanted and not state.url:
        yield note("Telegram does not call the gateway yet.", "The gateway tells it where to when it starts.")
    elif wanted:
        at = f", at {state.address}" if state.address else ""
        yield good(f"Telegram calls {urlsplit(wanted).hostname}{at}.")
    if wanted and state.url == wanted and state.error:
        finding = bad if state.waiting else note
        when = datetime.fromtimestamp(state.error_at_s, UTC)
        yield finding(
            f"Telegram last failed to deliver at {when:%Y-%m-%d %H:%M} UTC: {state.error}",
            "See that the gateway runs, and that the proxy at this address leads to HTTP_PORT: docs/operating.md.",
        )


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
