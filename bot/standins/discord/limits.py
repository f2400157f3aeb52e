"""Discord's figures as data, so that a test can turn each of them.

Lengths count code points, sizes bytes. Figures marked (seen) are what bots report; Discord does not publish them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` calls in a window of `per_s` seconds that starts with its first call."""

    limit: int
    per_s: float


# Keys are the names of calls (see `rest.py`); each counts per channel, guild or webhook. All figures: (seen).
BUCKETS: Mapping[str, Rate] = MappingProxyType(
    {
        "message.create": Rate(5, 5),
        "message.edit": Rate(5, 5),
        "message.delete": Rate(5, 1),
        "message.bulk_delete": Rate(1, 3),
        "message.list": Rate(5, 5),
        "message.get": Rate(5, 5),
        "typing": Rate(5, 5),
        "reaction.add": Rate(1, 0.25),
        "reaction.remove": Rate(1, 0.25),
        "thread.create": Rate(50, 300),
        "channel.edit": Rate(5, 15),
        "dm.open": Rate(10, 10),
        "webhook.create": Rate(5, 2),
        "webhook.edit": Rate(5, 2),
        "webhook.delete": Rate(5, 2),
    }
)

# Limits that no header announces. Renaming a channel or thread: twice in ten minutes (seen). Editing messages older
# than an hour: error 30046, https://github.com/discord/discord-api-docs/issues/4413; the figure is a guess.
HIDDEN: Mapping[str, Rate] = MappingProxyType({"channel.rename": Rate(2, 600), "message.edit_old": Rate(5, 300)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit the stand-in enforces."""

    content: int = 2000
    nonce: int = 25
    nonce_window_s: float = 300.0
    """How long a repeated nonce gives the first message; Discord says "a few minutes"."""
    embeds: int = 10
    embeds_total: int = 6000
    files: int = 10
    file_bytes: int = 10 * 1024 * 1024
    custom_id: int = 100
    thread_name: int = 100
    active_threads: int = 1000
    """How many threads of a server may be open at once."""
    components_v2: int = 40
    components_v2_text: int = 4000
    choices: int = 25
    interaction_answer_s: float = 3.0
    interaction_token_s: float = 900.0
    cdn_link_s: float = 86_400.0
    old_message_s: float = 3600.0
    heartbeat_interval_s: float = 41.25
    gateway_payload_bytes: int = 4096
    gateway_payloads: Rate = Rate(120, 60)
    replay_events: int = 1000
    """How many events a broken session keeps for RESUME."""
    session_kept_s: float = 180.0
    shards: int = 1
    """How many shards Discord recommends."""
    shards_required: int = 1
    """With fewer than these it closes a session with 4011."""
    max_concurrency: int = 1
    """How many shards may begin a session at once: those whose numbers differ by this share a bucket."""
    identify_s: float = 5.0
    """How far apart two shards of a bucket have to begin theirs."""
    calls_kept: int = 10_000
    overall: Rate = Rate(50, 1)
    buckets: Mapping[str, Rate] = field(default_factory=lambda: BUCKETS)
    hidden: Mapping[str, Rate] = field(default_factory=lambda: HIDDEN)
