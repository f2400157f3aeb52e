"""Server-sent events come out the same however the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sse import LONGEST_EVENT, EventReader

values = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
others = st.sampled_from([": keep-alive", ":", "event: delta", "id: 7", "retry: 100", "data", "datafoo: x"])
lines = st.one_of(values.map("data: {}".format), values.map("data:{}".format), others, st.just(""))
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    return "".join(line + draw(line_ends) for line in draw(st.lists(lines, max_size=20))).encode()


def read(*pieces: bytes) -> list[bytes]:
    reader = EventReader()
    return [event for piece in (*pieces, b"\n\n") for event in reader.feed(piece)]


def by_the_book(body: bytes) -> list[bytes]:
    """The standard's own description, line by line."""
    events, data = [], list[bytes]()
    for line in [*body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"), b""]:
        if not line and data:
            events.append(b"\n".join(data))
            data = []
        elif line.startswith(b"data:"):
            data.append(line.removeprefix(b"data:").removeprefix(b" "))
    return events


@given(bodies(), st.lists(st.integers(min_value=0, max_value=300), max_size=12))
def test_events_do_not_depend_on_how_the_bytes_are_cut(body: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    assert read(*pieces) == by_the_book(body)


@given(bodies())
def test_events_come_byte_by_byte_as_well(body: bytes) -> None:
    assert read(*(body[i : i + 1] for i in range(len(body)))) == by_the_book(body)


def test_an_event_is_given_as_soon_as_it_is_whole() -> None:
    reader = EventReader()
    assert reader.feed(b'data: {"a":') == []
    assert reader.feed(b" 1}\n") == []
    assert reader.feed(b"\ndata: 2") == [b'{"a": 1}']


@pytest.mark.parametrize("read", [b"x" * 65536, b"data: " + b"x" * 65530 + b"\n", b"data:\n" * 65536])
def test_an_event_without_an_end_does_not_fill_the_memory(read: bytes) -> None:
    reader = EventReader()
    with pytest.raises(ValueError, match="longer than"):
        for _ in range(LONGEST_EVENT // 65000 + 1):
            reader.feed(read)
