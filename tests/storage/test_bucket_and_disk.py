"""Where the bytes of files are: a disk and a bucket keep them alike."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.errors import FilesAway, FilesUnavailable
from bot.outside import Routes, open_blobs
from bot.settings import Settings
from storage.blobs import Blobs
from storage.blobs.disk import DiskBlobs

ONE, OTHER = "3f" + "a" * 62, "3f" + "b" * 62


def opened(data_dir: Path, settings: dict[str, Any]) -> Blobs:
    made = Settings(data_dir=data_dir, **settings)
    return open_blobs(made, Routes.of(made, {}))


@pytest.fixture(params=["disk", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return opened(tmp_path, request.getfixturevalue("bucket") if request.param == "bucket" else {})


async def test_what_is_put_is_read_until_it_is_removed(blobs: Blobs) -> None:
    await blobs.look()
    await blobs.put(ONE, b"first")
    await blobs.put(ONE, b"its picture", shown=True)
    await blobs.put(OTHER, b"")
    assert (await blobs.read(ONE), await blobs.read(ONE, shown=True)) == (b"first", b"its picture")
    assert (await blobs.read(OTHER), await blobs.read(OTHER, shown=True)) == (b"", None)
    await blobs.put(ONE, b"again")
    await blobs.tidy()
    assert await blobs.read(ONE) == b"again"
    for _ in range(2):
        await blobs.remove(ONE)
        assert (await blobs.read(ONE), await blobs.read(ONE, shown=True)) == (None, None)
    assert await blobs.read(OTHER) == b""


async def test_a_file_is_fetched_whole_or_told_to_be_gone(blobs: Blobs, tmp_path: Path) -> None:
    large = os.urandom(3 << 20)
    await blobs.put(ONE, large)
    await blobs.put(ONE, b"its picture", shown=True)
    path, shown = await blobs.fetch(ONE, tmp_path), await blobs.fetch(ONE, tmp_path, shown=True)
    assert path is not None
    assert shown is not None
    assert (path.read_bytes(), shown.read_bytes()) == (large, b"its picture")
    assert await blobs.fetch(OTHER, tmp_path) is None


async def test_on_a_disk_nobody_else_reads_them_and_half_a_file_goes_after_an_hour(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    await blobs.put(ONE, b"hello")
    path = blobs.path(ONE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(parent.stat().st_mode) for parent in (path.parent, path.parent.parent)} == {0o700}
    written, left = tmp_path / "files" / "new" / "now", tmp_path / "files" / "new" / "long-ago"
    for half in (written, left):
        half.write_bytes(b"ha")
    os.utime(left, (1, 1))
    await blobs.tidy()
    assert written.exists()
    assert not left.exists()
    assert path.exists()


async def test_a_disk_that_refuses_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    (tmp_path / "files" / "3f").touch()
    with pytest.raises(FilesUnavailable, match="The disk of DATA_DIR"):
        await blobs.put(ONE, b"hello")
    assert list((tmp_path / "files" / "new").iterdir()) == []


async def test_a_bucket_that_is_not_reached_may_be_a_moment_later(bucket: dict[str, str], tmp_path: Path) -> None:
    blobs = opened(tmp_path, bucket | {"aws_endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(FilesAway, match=r"cannot be reached\. Look at AWS_ENDPOINT_URL"):
        await blobs.put(ONE, b"hello")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "NoSuchBucket", "There is no bucket 'theirs'"),
        (403, "SignatureDoesNotMatch", "refuses the key"),
        (403, "RequestTimeTooSkewed", "this machine's clock"),
        (403, "QuotaExceeded", "is full"),
        (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
        (301, "", "AWS_REGION"),
        (405, "MethodNotAllowed", "answers 405 MethodNotAllowed"),
        (404, "", "answers 404. Look"),
        (200, "", "does not speak S3"),
    ],
)
async def test_a_bucket_that_refuses_is_told_in_a_sentence(tmp_path: Path, status: int, code: str, said: str) -> None:
    body = f"<Error><Code>{code}</Code></Error>" if code else "<html>Hello.</html>"

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        root = str(server.make_url("")).rstrip("/")
        theirs = {"blobs_url": "s3://theirs", "aws_endpoint_url": root, "aws_access_key_id": "a key"}
        blobs = opened(tmp_path, theirs | {"aws_secret_access_key": "its secret"})
        with pytest.raises(FilesUnavailable, match=said) as caught:
            await blobs.look()
    assert not isinstance(caught.value, FilesAway)


async def test_a_bucket_that_is_gone_is_not_taken_for_a_file_that_is(bucket: dict[str, str], tmp_path: Path) -> None:
    blobs = opened(tmp_path, bucket | {"blobs_url": "s3://nobodys"})
    for step in (blobs.look(), blobs.read(ONE), blobs.fetch(ONE, tmp_path), blobs.remove(ONE)):
        with pytest.raises(FilesUnavailable, match="no bucket"):
            await step
