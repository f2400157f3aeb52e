"""The connections of one bot: a client for each shard that this process receives from."""

import asyncio
from collections.abc import Callable, Mapping

import aiohttp
import discord

from bot.contracts.leases import Hold
from bot.domain.errors import NotSent, SettingsError, kind_of
from handlers.discord.client import Client
from handlers.discord.receiving import REFUSED_SENTENCE, Receiver
from handlers.discord.rest import TIMEOUT_S
from handlers.discord.shards import ALONE, Shard

Make = Callable[[Mapping[str, Callable[..., None]] | None, Shard], Client]
"""Makes a client of a shard, that calls these for what it hears; no I/O yet."""


class Connections:
    """The present client of each shard, by its number. The first one makes the calls, too."""

    def __init__(self, token: str, token_in: str, make: Make, on_login: Callable[[Client], None]) -> None:
        self._token = token
        self._token_in = token_in
        self._make = make
        self._on_login = on_login
        self._clients = {0: make(None, ALONE)}
        self._receives: set[int] = set()
        """The shards that this process receives from now."""

    @property
    def first(self) -> Client:
        """What makes the calls."""
        return self._clients[0]

    def hearing(self) -> tuple[bool, ...]:
        """Whether each shard that this process receives from is connected."""
        return tuple(client.hearing for number, client in sorted(self._clients.items()) if number in self._receives)

    def guild_of(self, channel: int) -> discord.Guild | None:
        """The server of a channel; None if no shard knows it."""
        found = [client.get_channel(channel) for client in self._clients.values()]
        return next((guild for one in found if (guild := getattr(one, "guild", None)) is not None), None)

    async def log_in(self) -> None:
        """Log in for the calls.

        Raises:
            SettingsError: the token is refused.
            NotSent: Discord is not reached.
        """
        await self._log_in(self.first)

    async def receive(self, shard: Shard, receiver: Receiver, hold: Hold) -> None:
        """Receive from a shard as long as it is held. Raises PlatformError and SettingsError."""
        self._receives.add(shard.id)
        self._clients.setdefault(shard.id, self._make(None, shard))
        try:
            await receiver.run(self._renewed, hold)
        finally:
            self._receives.discard(shard.id)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.close()

    async def _renewed(self, receiver: Receiver) -> Client:
        """A client that has logged in; discord.py's own cannot be used again once it has failed."""
        shard = receiver.shard
        old, client = self._clients[shard.id], self._make(receiver.hears, shard)
        try:
            await self._log_in(client)
        except BaseException:
            await client.close()
            raise
        self._clients[shard.id] = client
        await old.close()
        return client

    async def _log_in(self, client: Client) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await client.log_in(self._token)
        except discord.LoginFailure as error:
            raise SettingsError(REFUSED_SENTENCE.format(token_in=self._token_in)) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # Whatever it was: logging in again does no harm.
            failed = NotSent(f"login: {kind_of(error)}")
            failed.facts = str(failed)
            raise failed from error
        self._on_login(client)
