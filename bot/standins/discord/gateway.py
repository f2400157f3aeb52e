"""The gateway: HELLO, IDENTIFY, events, heartbeats, RESUME, and everything that can go wrong with them.

Heartbeats and session ages are measured with a clock of the wire (the machine's own by default), because the client's
library beats in real time whatever clock a test turns.
"""

import hmac
from typing import Any

import orjson
from aiohttp import web

from bot.domain.clock import Clock
from bot.standins.discord.connection import Connection
from bot.standins.discord.errors import Json
from bot.standins.discord.model import Channel, Message
from bot.standins.discord.payloads import Payloads, seal
from bot.standins.discord.sessions import HIGHEST_INTENT, Intent, Session
from bot.standins.discord.world import World

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = (
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
    10,
    11,
)

PRIVILEGED = {
    Intent.GUILD_MEMBERS: "guild_members",
    Intent.GUILD_PRESENCES: "presences",
    Intent.MESSAGE_CONTENT: "message_content",
}


_OF_GUILDS = ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE")
"""Events whose own number is the guild's."""


class Gateway:
    """All sessions of the bot. `holds_acks` stops the answers to heartbeats (a half-dead connection)."""

    def __init__(self, world: World, payloads: Payloads, token: str, wire_clock: Clock) -> None:
        self._world = world
        self._payloads = payloads
        self._token = token
        self._clock = wire_clock
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self.url = ""
        self.holds_acks = False
        self.identified = 0
        self.resumed = 0
        self.hurried = 0
        """How many sessions were refused because their bucket had begun one too recently."""
        self.doubled = 0
        """How often a client has begun to hear of a shard of which another one was hearing."""
        self._refusal: int | None = None
        self._begun_s: dict[int, float] = {}
        """When each bucket last began a session."""

    @property
    def connected(self) -> bool:
        """Whether a client is connected and receives events."""
        return any(connection.session is not None for connection in self._connections)

    @property
    def arrivals(self) -> int:
        """How often a client has begun a session or taken one up."""
        return self.identified + self.resumed

    # What happens on the platform

    def dispatch(self, event: str, data: Json, intent: Intent, channel: Channel | None = None) -> None:
        """Tell every session that wants to know, unless it happens in a channel that the bot does not see."""
        if channel is None or self._world.bot_sees(channel):
            guild = data.get("id") if event in _OF_GUILDS else data.get("guild_id")
            for session in self._sessions.values():
                if session.intents & intent == intent and session.is_of(int(guild) if guild else None):
                    session.dispatch(event, data)
        self._world.changes.ring()

    def dispatch_message(self, event: str, message: Message) -> None:
        """Tell of a message, without its content where the session may not read it."""
        channel = self._world.channels[message.channel_id]
        direct = channel.guild_id is None or message.visible_to is not None
        intent = Intent.DIRECT_MESSAGES if direct else Intent.GUILD_MESSAGES
        wanted = [one for one in self._sessions.values() if one.intents & intent and one.is_of(channel.guild_id)]
        if wanted and self._world.bot_sees(channel):
            data = self._payloads.message_event(message, with_nonce=event == "MESSAGE_CREATE")
            sealed = self._payloads.sealed(message)
            for session in wanted:
                hidden = sealed and not session.intents & Intent.MESSAGE_CONTENT
                session.dispatch(event, seal(data) if hidden else data)
        self._world.changes.ring()

    # What can go wrong

    def drop(self, shard: int | None = None) -> None:
        """Cut every connection, or that of one shard, without a word; sessions can be resumed."""
        for connection in list(self._connections):
            if shard is None or (connection.session is not None and connection.session.shard[0] == shard):
                connection.abort()

    @property
    def shards_connected(self) -> set[int]:
        """The shards whose clients are connected and receive events."""
        return {connection.session.shard[0] for connection in self._connections if connection.session is not None}

    def hearing(self, shard: tuple[int, int]) -> int:
        """How many clients are connected and hear of a shard."""
        return sum(one.session is not None and one.session.shard == shard for one in self._connections)

    def close(self, code: int) -> None:
        """Close every connection with a code of the gateway."""
        for connection in list(self._connections):
            connection.close(code)

    def reconnect(self) -> None:
        """Ask every client to come back (op 7)."""
        self._tell({"op": RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Call every session invalid (op 9); without `resumable` it is gone, with all its events."""
        if not resumable:
            self._sessions.clear()
        self._tell({"op": INVALID, "d": resumable})

    def forget_sessions(self) -> None:
        """Lose what was kept for RESUME, as after a long outage; connections stay as they are."""
        self._sessions = {s.id: s for s in self._sessions.values() if s.socket is not None}

    def refuse_resume(self, code: int) -> None:
        """Close the connection of the next client that wants to take up a session, with a code of the gateway."""
        self._refusal = code

    def send_raw(self, text: str) -> None:
        """Send any frame, e.g. one that is no JSON."""
        for connection in list(self._connections):
            connection.send(text.encode())

    def dispatch_raw(self, event: str, data: Json) -> None:
        """Send an event as it stands, e.g. one without its fields."""
        for session in self._sessions.values():
            session.dispatch(event, data)

    def repeat(self, count: int) -> None:
        """Tell of the last events once more, the newest first: nobody promises that this does not happen."""
        for session in self._sessions.values():
            for event, data in reversed(session.latest(count)):
                session.dispatch(event, data)

    def _tell(self, payload: Json) -> None:
        for connection in list(self._connections):
            connection.send(orjson.dumps(payload))

    # What clients do

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection from its first frame to its last."""
        connection = Connection(request, self._world.limits, self._clock)
        socket = await connection.open()
        self._connections.add(connection)
        connection.send(_payload(HELLO, {"heartbeat_interval": round(self._world.limits.heartbeat_interval_s * 1000)}))
        try:
            async for op, data in connection.received():
                self._receive(connection, op, data)
        finally:
            self._connections.discard(connection)
            self._leave(connection)
            self._world.changes.ring()
        return socket

    async def stop(self) -> None:
        """Release every connection."""
        for connection in list(self._connections):
            await connection.finish()

    def _leave(self, connection: Connection) -> None:
        session = connection.session
        if session is None or session.socket is not connection:
            return
        session.socket = None
        session.left_at_s = self._clock.monotonic()
        # 1000 and 1001 from the client end the session; 4009 is ours: the client stopped beating.
        if connection.close_code in (1000, 1001, 4009):
            self._sessions.pop(session.id, None)

    def _receive(self, connection: Connection, op: int, data: Any) -> None:
        match op:
            case 1:
                connection.beat()
                if not self.holds_acks:
                    connection.send(_payload(ACK, None))
            case 2 | 6 if connection.session is not None:
                connection.close(4005)
            case 2:
                self._identify(connection, data)
            case 6:
                self._resume(connection, data)
            case 3 | 4 | 8 if connection.session is None:
                connection.close(4003)
            case 3 | 4:
                pass
            case 8:
                self._members(connection, data)
            case _:
                connection.close(4001)

    def _identify(self, connection: Connection, data: Json) -> None:
        intents = data.get("intents")
        shard = _shard(data.get("shard"))
        if not self._knows(data.get("token")):
            connection.close(4004)
        elif not isinstance(intents, int) or not 0 <= intents < HIGHEST_INTENT:
            connection.close(4013)
        elif any(intents & bit and not getattr(self._world.portal, name) for bit, name in PRIVILEGED.items()):
            connection.close(4014)
        elif shard is None:
            connection.close(4010)
        elif shard[1] < self._world.limits.shards_required:
            connection.close(4011)
        elif self._is_hurried(shard):
            self.hurried += 1
            connection.send(_payload(INVALID, False))
        else:
            self.identified += 1
            name = f"{self._world.rng.getrandbits(128):032x}"
            session = Session(name, intents, self._world.limits.replay_events, shard)
            self._forget_stale()
            self._sessions[session.id] = session
            self.doubled += self.hearing(shard) > 0
            connection.session, session.socket = session, connection
            self._introduce(session)
            self._world.changes.ring()

    def _is_hurried(self, shard: tuple[int, int]) -> bool:
        """Whether another shard of its bucket has begun a session too recently. One alone is let off."""
        now, limits = self._clock.monotonic(), self._world.limits
        bucket = shard[0] % limits.max_concurrency
        if shard[1] > 1 and now - self._begun_s.get(bucket, -limits.identify_s) < limits.identify_s:
            return True
        self._begun_s[bucket] = now
        return False

    def _introduce(self, session: Session) -> None:
        guilds = [guild for guild in self._world.bot_guilds() if session.is_of(guild.id)]
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": self._payloads.myself(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": list(session.shard),
                "application": {"id": str(self._world.application_id), "flags": 0},
                "private_channels": [],
                "session_type": "normal",
            },
        )
        if session.intents & Intent.GUILDS:
            for guild in guilds:
                members = bool(session.intents & Intent.GUILD_MEMBERS)
                session.dispatch("GUILD_CREATE", self._payloads.guild_create(guild, all_members=members))

    def _resume(self, connection: Connection, data: Json) -> None:
        refusal, self._refusal = self._refusal, None
        if refusal is not None:
            connection.close(refusal)
            return
        if not self._knows(data.get("token")):
            connection.close(4004)
            return
        session = self._sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None or self._is_stale(session) or not isinstance(sequence, int):
            connection.send(_payload(INVALID, False))
            return
        if sequence > session.sequence:
            connection.close(4007)
            return
        missed = session.since(sequence)
        if missed is None:
            connection.send(_payload(INVALID, False))
            return
        self.resumed += 1
        self.doubled += self.hearing(session.shard) > 0
        connection.session, session.socket, session.left_at_s = session, connection, None
        for frame in missed:
            connection.send(frame)
        session.dispatch("RESUMED", {"_trace": []})
        self._world.changes.ring()

    def _members(self, connection: Connection, data: Json) -> None:
        guild = self._world.guilds.get(int(data["guild_id"]))
        if guild is None or connection.session is None:
            return
        wanted = {int(user) for user in data["user_ids"]} if data.get("user_ids") else set(guild.members)
        query = str(data.get("query") or "").lower()
        members = [
            self._payloads.member_with_user(guild, user_id)
            for user_id in guild.members
            if user_id in wanted and self._world.users[user_id].name.lower().startswith(query)
        ]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": members,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        connection.session.dispatch("GUILD_MEMBERS_CHUNK", {**chunk, "nonce": data.get("nonce")})

    def _knows(self, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(token.removeprefix("Bot "), self._token)

    def _is_stale(self, session: Session) -> bool:
        left = session.left_at_s
        return left is not None and self._clock.monotonic() - left > self._world.limits.session_kept_s

    def _forget_stale(self) -> None:
        self._sessions = {s.id: s for s in self._sessions.values() if not self._is_stale(s)}


def _shard(given: object) -> tuple[int, int] | None:
    """The shard's number, and of how many; None if there is no such shard."""
    match given:
        case None:
            return 0, 1
        case [int(number), int(count)] if 0 <= number < count:
            return number, count
    return None


def _payload(op: int, data: object) -> bytes:
    return orjson.dumps({"t": None, "s": None, "op": op, "d": data})
