"""Files inside a file: those of an archive, those that come with a letter or a PDF."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from bot.files.reader.archive import UNREADABLE, Archive
from bot.files.reader.encodings import decoded
from bot.files.reader.mail import files_of_mail
from bot.files.reader.tarballs import files_of_tarball
from bot.files.reader.trouble import Trouble

_IS_UTF_8 = 0x800
"""Of a member's flags (APPNOTE 4.4.4): otherwise its name is in whatever its maker's machine wrote."""


def members(kind: str, path: Path, directory: Path, most: int, largest: int) -> Iterator[Mapping[str, object]]:
    """Each as `{"name": …, "path": …}`, or with its size alone where it has more than `largest` bytes; then how many
    there are. Raises `Trouble`."""
    found: Iterator[tuple[str, bytes | int]]
    match kind:
        case "mail":
            found = files_of_mail(path)
        case "pdf":
            from bot.files.reader.enclosed import files_of_pdf  # PDFium is loaded for those files alone.

            found = files_of_pdf(path)
        case _:
            found = _files_of_archive(path, largest)
    count = 0
    for name, data in found:
        count += 1
        if count > most:
            continue
        if isinstance(data, int) or len(data) > largest:
            yield {"name": name}
            continue
        target = directory / str(count)
        target.write_bytes(data)
        yield {"name": name, "path": str(target)}
    yield {"count": count}


def _files_of_archive(path: Path, largest: int) -> Iterator[tuple[str, bytes | int]]:
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    for whole, data in _files_of_zip(path, largest) if is_zip else files_of_tarball(path, largest):
        name = PurePosixPath(whole)
        # What their makers' machines put beside the files, and what is hidden: a history, settings, keys.
        hidden = any(part.startswith(".") and part != ".." for part in name.parts)
        if not (hidden or "__MACOSX" in name.parts or name.name == "Thumbs.db"):
            yield name.name, data


def _files_of_zip(path: Path, largest: int) -> Iterator[tuple[str, bytes | int]]:
    Archive(path)  # Refuses bombs and what has a password.
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _name(info), info.file_size if info.file_size > largest else _unpacked(archive, info)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except UNREADABLE as error:
        raise Trouble("broken") from error


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _IS_UTF_8 or info.filename.isascii():
        return info.filename.replace("\\", "/")
    try:
        return decoded(info.filename.encode("cp437")).replace("\\", "/")
    except UnicodeEncodeError:
        return info.filename
