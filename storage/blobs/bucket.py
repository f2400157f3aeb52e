"""The bytes of files in a bucket of a server that speaks S3, below a prefix, under the names that they have on a disk.

An object is put with one request, whole or not at all: a multipart upload that a crash breaks off stays, is not listed
with the objects, and is charged for. So the largest file is what one request may hold, 5 GB.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from storage.blobs import name_of
from storage.blobs.refusals import is_without_bucket, refusal

if TYPE_CHECKING:
    from obstore import GetResult

_CONNECT_WITHIN = timedelta(seconds=5)
_REQUEST_WITHIN = timedelta(seconds=120)
_RETRY_WITHIN = timedelta(seconds=10)
_RETRIES = 3
_PIECE = 1 << 20

_FILES = "files/"
_PROBE = f"{_FILES}look"


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is, and who may use it. What is empty is looked up as AWS's own programs do."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    key: str = ""
    proxy: str | None = None


class BucketBlobs:
    """The files below one prefix of a bucket. See `storage.blobs.Blobs`."""

    def __init__(self, address: BucketAddress) -> None:
        self._bucket = address.bucket
        known: dict[str, Any] = {
            "region": address.region or "us-east-1",
            "endpoint": address.endpoint,
            "access_key_id": address.key_id,
            "secret_access_key": address.key,
        }
        client: dict[str, Any] = {"connect_timeout": _CONNECT_WITHIN, "timeout": _REQUEST_WITHIN}
        if address.endpoint.startswith("http://"):
            client["allow_http"] = True
        if address.proxy is not None:
            client["proxy_url"] = address.proxy
        self._store = S3Store(
            address.bucket,
            prefix=address.prefix or None,
            client_options=client,  # type: ignore[arg-type]  # Only what is known is named.
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_WITHIN},
            **{name: value for name, value in known.items() if value},
        )

    async def put(self, sha256: str, data: bytes, *, shown: bool = False) -> None:
        with self._told():
            await obstore.put_async(self._store, _object(sha256, shown=shown), data, use_multipart=False)

    async def read(self, sha256: str, *, shown: bool = False) -> bytes | None:
        with self._told():
            found = await self._get(_object(sha256, shown=shown))
            return bytes(await found.bytes_async()) if found is not None else None

    async def fetch(self, sha256: str, directory: Path, *, shown: bool = False) -> Path | None:
        with self._told():
            if (found := await self._get(_object(sha256, shown=shown))) is None:
                return None
            path = directory / name_of(sha256, shown=shown).replace("/", "-")
            with path.open("wb") as file:
                async for piece in found.stream(min_chunk_size=_PIECE):
                    file.write(piece)
            return path

    async def remove(self, sha256: str) -> None:
        with self._told():
            await obstore.delete_async(self._store, [_object(sha256, shown=shown) for shown in (False, True)])

    async def tidy(self) -> None:
        """Nothing is ever half written."""

    async def names(self) -> set[str]:
        """What is there, by the names that `name_of` gives."""
        with self._told():
            listed = obstore.list(self._store, _FILES, chunk_size=1000)
            names = {each["path"].removeprefix(_FILES) async for some in listed for each in some}
        return names - {_PROBE.removeprefix(_FILES)}

    async def look(self) -> None:
        with self._told():
            await obstore.put_async(self._store, _PROBE, b"", use_multipart=False)
            await self._get(_PROBE)
            await obstore.delete_async(self._store, _PROBE)

    async def _get(self, name: str) -> "GetResult | None":
        try:
            return await obstore.get_async(self._store, name)
        except FileNotFoundError as error:
            if is_without_bucket(error):
                raise
            return None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise refusal(self._bucket, error) from error


def _object(sha256: str, *, shown: bool) -> str:
    return _FILES + name_of(sha256, shown=shown)
