"""A backup's archive: everything a gateway keeps, in one file.

    manifest.json          what is in it, with the SHA-256 of each part
    parley.db              the database at one moment
    secret.key             what people's own keys are encrypted with, unless the operator keeps it in SECRET_KEY
    settings/.env          the files that the settings were read from, if any
    settings/parley.toml
    files/3f/3fa9…         the bytes of files

Like the data directory, only its owner can read it; with a passphrase all of it is encrypted.
"""

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.domain.errors import DataDirError
from bot.operations.sealing import MAGIC, Opener, Sealer, is_sealed
from bot.vault import FILE as SECRET
from storage.datadir import DATABASE_FILE
from storage.drivers.sqlite.backup import Copied

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files"
SETTINGS = "settings"
MEMBER = re.compile(
    rf"{re.escape(DATABASE_FILE)}|{re.escape(SECRET)}|{SETTINGS}/(?:\.env|parley\.toml)"
    rf"|{FILES}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}(\.jpg)?"
)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What an archive holds."""

    path: Path
    files: int
    size_bytes: int
    has_secret: bool
    gone: int
    """Files in the database that were erased while the archive was being made."""
    damaged: int
    """Files whose bytes have changed: the disk has damaged them."""
    settings: tuple[str, ...]
    """The settings' files in it, by name."""


def needs_passphrase(archive: Path) -> bool:
    """Whether an archive is encrypted. Raises DataDirError if it cannot be read."""
    try:
        with archive.open("rb") as file:
            return is_sealed(file.read(len(MAGIC)))
    except OSError as error:
        raise DataDirError(f"{str(archive)!r} cannot be read ({error.strerror or error}).") from error


@contextmanager
def archive_to(file: IO[bytes], passphrase: str | None) -> Iterator[tarfile.TarFile]:
    with ExitStack() as stack:
        below = file if passphrase is None else stack.enter_context(Sealer(file, passphrase))
        packed = stack.enter_context(gzip.GzipFile("", "wb", compresslevel=6, fileobj=below))
        yield stack.enter_context(tarfile.open(fileobj=packed, mode="w|"))


@contextmanager
def archive_from(path: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    """The archive, to be read in order; at the end it is read to its last byte."""
    with ExitStack() as stack:
        below: IO[bytes] = stack.enter_context(path.open("rb"))
        if is_sealed(below.read(len(MAGIC))):
            if passphrase is None:
                raise DataDirError(
                    f"{str(path)!r} is encrypted. Supply its passphrase, for example with --passphrase-file."
                )
            below.seek(0)
            below = stack.enter_context(io.BufferedReader(Opener(below, passphrase)))
        else:
            below.seek(0)
        packed = stack.enter_context(gzip.GzipFile(fileobj=below, mode="rb"))
        yield stack.enter_context(tarfile.open(fileobj=packed, mode="r|"))
        while packed.read(CHUNK):
            pass


def hash_of(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def report(path: Path, copied: Copied, hashes: Mapping[str, str]) -> Report:
    files = {name.rpartition("/")[2]: sha256 for name, sha256 in hashes.items() if name.startswith(FILES)}
    kept = {name: sha256 for name, sha256 in files.items() if "." not in name}
    damaged = sum(name != sha256 for name, sha256 in kept.items())
    gone = len(copied.blobs) - len(kept)
    settings = tuple(name.partition("/")[2] for name in hashes if name.startswith(SETTINGS))
    return Report(path, len(kept), path.stat().st_size, SECRET in hashes, gone, damaged, settings)
