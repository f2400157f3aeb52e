"""Telling Telegram where to call, and seeing that it goes on being so.

What is set and works is left alone: to set it again is to interrupt what is being delivered. What waits at Telegram is
never dropped. Another program may set another address; and only by asking does one hear that Telegram cannot reach it.
"""

from dataclasses import dataclass
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramUnauthorizedError

from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import SettingsError
from handlers.telegram.calls import Call
from handlers.telegram.errors import revoked
from handlers.telegram.essentials import KINDS
from handlers.telegram.trouble import Trouble, wait_out

CONNECTIONS = 40
"""How many updates Telegram may send at once: its own default."""

LOOK_EVERY_S = 60.0

RECENT_S = 180.0
"""How long a failure counts as the present state: Telegram tries again at least once a minute."""

_REFUSED = "401"
"""In Telegram's words for the last failure: we did not know the secret."""

_PASSING = ("resolve", "timed out", "retry")
"""What Telegram says of an address that may be good in a while."""


@dataclass(frozen=True, slots=True)
class State:
    """What `getWebhookInfo` tells, as far as it matters."""

    url: str
    address: str
    """The IP address that Telegram calls; "" where it does not say."""
    waiting: int
    error: str
    """Why the last call that failed did; "" where none has."""
    error_at_s: float
    kinds: frozenset[str]
    connections: int

    @classmethod
    def of(cls, info: dict[str, Any]) -> "State":
        return cls(
            url=info.get("url", ""),
            address=info.get("ip_address", ""),
            waiting=info.get("pending_update_count", 0),
            error=info.get("last_error_message", ""),
            error_at_s=info.get("last_error_date", 0.0),
            kinds=frozenset(info.get("allowed_updates", ())),
            connections=info.get("max_connections", 0),
        )

    def is_as_wanted(self, url: str) -> bool:
        return (self.url, self.kinds, self.connections) == (url, frozenset(KINDS), CONNECTIONS)

    def fails(self, now_s: float) -> bool:
        """Whether updates wait because calls fail."""
        return self.waiting > 0 and self.error != "" and now_s - self.error_at_s < RECENT_S


class Registration:
    """The webhook of one bot."""

    def __init__(
        self, client: Bot, url: str, secret: str, clock: Clock, time: RemoteTime, trouble: Trouble, token_in: str
    ) -> None:
        self._client = client
        self._url = url
        self._secret = secret
        self._clock = clock
        self._time = time
        self._trouble = trouble
        self._token_in = token_in
        self._set_at_s = 0.0
        self.is_set = False
        self.failing = ""
        """Why Telegram cannot deliver, in its words; "" where it can."""

    async def keep(self) -> None:
        """Set the webhook, and again whenever it is not as it should be, until cancelled.

        Raises:
            SettingsError: Telegram refuses the address or the token.
        """
        while True:
            try:
                await self._look()
            except TelegramUnauthorizedError as error:
                raise revoked(self._token_in) from error
            except (AiogramError, UnicodeDecodeError, OSError) as error:
                await wait_out(error, "setWebhook", self._trouble)
            else:
                await self._clock.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        state = State.of(await self._client(Call("getWebhookInfo")))
        now_s = self._telegrams_time_s()
        refused = _REFUSED in state.error and max(self._set_at_s, now_s - RECENT_S) < state.error_at_s
        # What failed while no gateway was there is tried again within a minute; set again, at once.
        # What is said now would otherwise come first.
        held_up = not self.is_set and state.fails(now_s)
        if refused or held_up or not state.is_as_wanted(self._url):
            if self.is_set:
                cure = "Stop the other program that uses this bot's token, or create a separate bot for this one."
                await self._trouble.wait("webhook_changed", cure=cure)
            await self._set()
            self._set_at_s = now_s
        self.is_set = True
        self.failing = state.error if state.fails(now_s) else ""
        self._trouble.over()

    async def _set(self) -> None:
        call = Call(
            "setWebhook",
            url=self._url,
            secret_token=self._secret,
            allowed_updates=KINDS,
            max_connections=CONNECTIONS,
            drop_pending_updates=False,
        )
        try:
            await self._client(call)
        except TelegramBadRequest as error:
            if any(word in error.message.lower() for word in _PASSING):
                raise
            raise SettingsError(
                f"Telegram does not take the address in `TELEGRAM_WEBHOOK_URL` ({error.message}). Correct it, or "
                "remove it: the gateway then asks Telegram for updates by itself."
            ) from error

    def _telegrams_time_s(self) -> float:
        return self._clock.now() / 1000 - (self._time.ahead_s() or 0.0)
