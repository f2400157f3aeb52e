"""One bot's webhook: the door that Telegram knocks at, and Telegram's knowing of it."""

import asyncio
from dataclasses import dataclass

from aiogram import Bot

from bot.contracts.news import News
from bot.contracts.platform import Host
from bot.domain.clock import Clock, RemoteTime
from handlers.telegram.door import Door, secret_of
from handlers.telegram.origins import Me
from handlers.telegram.registration import Registration
from handlers.telegram.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Address:
    """Where Telegram calls, and where that arrives."""

    url: str
    path: str


class Webhook:
    """Receives by being called."""

    def __init__(
        self,
        client: Bot,
        address: Address,
        clock: Clock,
        time: RemoteTime,
        troubles: tuple[Trouble, Trouble],
        news: News,
        token_in: str,
    ) -> None:
        """`troubles`: one with keeping what comes, one with Telegram."""
        self.url = address.url
        self._keeping, self._asking = troubles
        self._door = Door(client, address.path, clock, self._keeping, news)
        self._registration = Registration(
            client, address.url, secret_of(client.token), clock, time, self._asking, token_in
        )
        self.hook = self._door.hook

    @property
    def connected(self) -> bool:
        """Whether what people say arrives."""
        return self._registration.is_set and not (self._keeping.stands or self._asking.stands)

    @property
    def failing(self) -> str:
        """Why Telegram cannot deliver, in its words; "" where it can."""
        return self._registration.failing

    async def receive(self, me: Me, host: Host) -> None:
        """Receive until cancelled.

        Raises:
            SettingsError: Telegram refuses the address or the token.
        """
        tasks = [asyncio.create_task(self._door.keep(me, host)), asyncio.create_task(self._registration.keep())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
