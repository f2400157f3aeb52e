"""Which connection hears of which server."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.discord.shards import ALONE, Shard


@given(st.integers(1, 2**63 - 1), st.integers(1, 64))
def test_each_server_is_heard_by_one_shard(guild: int, count: int) -> None:
    shards = [Shard(number, count) for number in range(count)]
    assert sum(shard.hears(guild) for shard in shards) == 1
    assert len({shard.mark for shard in shards}) == count
    assert ALONE.hears(guild)
