"""Bytes on the disk: once, privately, and gone when nobody has them any more."""

import stat
from pathlib import Path

from bot.domain.clock import SystemClock
from bot.domain.ids import AttachmentId
from bot.web.links import FileLinks
from storage.blobs import SETTLED_S, Blobs
from tests.support.clock import TurnedClock


async def test_the_same_bytes_are_kept_once_and_nobody_else_reads_them(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    one, two = await blobs.add(b"hello"), await blobs.add(b"hello")
    assert one == two
    path = blobs.path(one)
    assert path.read_bytes() == b"hello"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(parent.stat().st_mode) for parent in (path.parent, path.parent.parent)} == {0o700}


async def test_what_a_crash_left_is_found_once_it_has_settled(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha256 = await blobs.add(b"orphan")
    half = blobs.path(sha256).with_name(".half-written")
    half.write_bytes(b"ha")
    now = blobs.path(sha256).stat().st_mtime
    assert await blobs.orphans(now + 60) == []
    assert half.exists()
    assert await blobs.orphans(now + SETTLED_S + 60) == [sha256]
    assert not half.exists()


def test_a_link_cannot_be_made_up() -> None:
    clock = TurnedClock()
    links = FileLinks("https://example.org", b"k" * 32, clock)
    _, number, until, signature = links.make(AttachmentId(7)).rsplit("/", 3)
    assert links.check(number, until, signature) == 7
    assert links.check("8", until, signature) is None
    assert links.check(number, str(int(until) + 1), signature) is None
    assert links.check("٧", until, signature) is None
    assert FileLinks("https://example.org", b"x" * 32, SystemClock()).check(number, until, signature) is None
