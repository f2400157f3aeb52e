"""What it takes to take up a session with Discord again, also in a new process: where it was, and what was known.

A session that is taken up tells what was missed, and nothing else: not which servers, channels and roles there are. So
those are kept beside its number. What is kept may be newer than the session's place, never older: to be told again of
a change that is known already changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import discord
import orjson

from bot.domain.incoming import RESTORED
from handlers.discord.shards import Shard

_GUILD = "guild/"


@dataclass(frozen=True, slots=True)
class Session:
    """A session with Discord, up to one of its events. `url`: where it is taken up; empty: where every one begins."""

    id: str
    sequence: int
    url: str


def read_marks(marks: Mapping[str, str], shard: Shard) -> tuple[Session | None, list[dict[str, Any]]]:
    """The session that was kept, if any, and the servers as Discord itself would tell of them.

    None after a restored backup: the session would tell again what was answered since that was made.
    """
    if RESTORED in marks or shard.mark not in marks:
        return None, []
    guilds = [orjson.loads(text) for name, text in marks.items() if name.startswith(_GUILD)]
    return Session(**orjson.loads(marks[shard.mark])), shard.mine(guilds)


def write_marks(
    session: Session, shard: Shard, changed: Iterable[int], guild_of: Callable[[int], discord.Guild | None]
) -> dict[str, str | None]:
    """What to keep of a session, and of the servers of which something changed; None if the bot is no more."""
    marks: dict[str, str | None] = {shard.mark: orjson.dumps(asdict(session)).decode(), RESTORED: None}
    for number in changed:
        guild = guild_of(number)
        marks[f"{_GUILD}{number}"] = None if guild is None else orjson.dumps(_described(guild)).decode()
    return marks


def _described(guild: discord.Guild) -> dict[str, Any]:
    """A server in the form of GUILD_CREATE, with what the reading of messages and commands needs of it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "unavailable": False,
        "roles": [_role(role) for role in guild.roles],
        "channels": [_channel(channel) for channel in guild.channels],
        "threads": [_thread(thread) for thread in guild.threads],
    }


def _role(role: discord.Role) -> dict[str, Any]:
    described: dict[str, Any] = {"id": str(role.id), "name": role.name}
    if role.tags is not None and role.tags.bot_id is not None:
        described["tags"] = {"bot_id": str(role.tags.bot_id)}
    return described


def _channel(channel: discord.abc.GuildChannel) -> dict[str, Any]:
    return {
        "id": str(channel.id),
        "type": channel.type.value,
        "name": channel.name,
        "position": channel.position,
        "parent_id": str(channel.category_id) if channel.category_id is not None else None,
        "nsfw": getattr(channel, "nsfw", False),
        # Only voice channels have these, and must.
        "bitrate": 0,
        "user_limit": 0,
    }


def _thread(thread: discord.Thread) -> dict[str, Any]:
    return {
        "id": str(thread.id),
        "type": thread.type.value,
        "parent_id": str(thread.parent_id),
        "owner_id": str(thread.owner_id),
        "name": thread.name,
        "message_count": thread.message_count,
        "member_count": thread.member_count,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive_duration,
            "archive_timestamp": thread.archive_timestamp.isoformat(),
            "locked": thread.locked,
        },
    }
