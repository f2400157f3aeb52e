"""A gateway session: its sequence of events, what it may see, and what it keeps for a client that comes back."""

import zlib
from collections import deque
from enum import IntFlag
from typing import Protocol

import orjson

from bot.standins.discord.errors import Json

SYNC_FLUSH = b"\x00\x00\xff\xff"


class Intent(IntFlag):
    """Which events a session wants, by Discord's bits."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


HIGHEST_INTENT = 1 << 26


class Socket(Protocol):
    """Takes frames in order and never blocks."""

    def send(self, frame: bytes) -> None:
        """Put a frame behind those that wait."""


class Session:
    """One IDENTIFY's worth of events. `replay` holds the last ones; what fell out of it cannot be resumed."""

    def __init__(self, session_id: str, intents: int, kept: int, shard: tuple[int, int] = (0, 1)) -> None:
        self.id = session_id
        self.shard = shard
        self.intents = intents
        self.sequence = 0
        self.socket: Socket | None = None
        self.left_at_s: float | None = None
        """When its client went away, by the gateway's clock."""
        self._replay: deque[tuple[int, bytes]] = deque(maxlen=kept)

    def is_of(self, guild_id: int | None) -> bool:
        """Whether what happens in this guild is told to this shard; what happens in none is told to the first."""
        number, count = self.shard
        return (0 if guild_id is None else (guild_id >> 22) % count) == number

    def dispatch(self, event: str, data: Json) -> None:
        """Number the event, keep it, and send it if a client is there."""
        self.sequence += 1
        frame = orjson.dumps({"t": event, "s": self.sequence, "op": 0, "d": data})
        self._replay.append((self.sequence, frame))
        if self.socket is not None:
            self.socket.send(frame)

    def latest(self, count: int) -> list[tuple[str, Json]]:
        """The last events, but for those that begin a session or take it up."""
        events = [orjson.loads(frame) for _, frame in self._replay]
        return [(one["t"], one["d"]) for one in events if one["t"] not in ("READY", "RESUMED")][-count:]

    def since(self, sequence: int) -> list[bytes] | None:
        """The events after `sequence`; None if some of them are lost."""
        if self._replay and sequence < self._replay[0][0] - 1:
            return None
        return [frame for number, frame in self._replay if number > sequence]


class Compressor:
    """One `zlib-stream`: a single context for the whole connection, each message flushed."""

    def __init__(self) -> None:
        # The lowest level: the benchmark's time should go to the bot, not to this stand-in.
        self._stream = zlib.compressobj(1)

    def compress(self, frame: bytes) -> bytes:
        """The frame as the client's inflater expects it."""
        return self._stream.compress(frame) + self._stream.flush(zlib.Z_SYNC_FLUSH)
