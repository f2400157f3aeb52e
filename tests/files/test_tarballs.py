"""Tar archives and compressed files are opened as zip archives are: each file in them is read as one of its own."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.members import members
from bot.files.reader.trouble import Trouble

PACKS: Mapping[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
FILES = {
    "a/one.txt": b"one",
    "a/._one.txt": b"of a Mac",
    "a/.git/config": b"hidden",
    "big": b"x" * 99,
    "две": b"2",
    "empty": b"",
}


def tarball() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return data.getvalue()


def unpacked(directory: Path, data: bytes, largest: int = 50) -> dict[str, bytes | None]:
    path = directory / "x"
    path.write_bytes(data)
    assert kind_of(data) is FileKind.ARCHIVE
    *files, told = members("archive", path, directory, 9, largest)
    assert told == {"count": len(files)}
    return {str(each["name"]): Path(str(each["path"])).read_bytes() if "path" in each else None for each in files}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_each_file_comes_and_no_link(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(tmp_path, pack(tarball())) == {"one.txt": b"one", "big": None, "две": b"2", "empty": b""}


@pytest.mark.parametrize("pack", [*PACKS.values()][1:], ids=[*PACKS][1:])
def test_what_is_compressed_by_itself_is_one_file(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(tmp_path, pack(b"a line of a log")) == {"": b"a line of a log"}
    assert unpacked(tmp_path, pack(b"x" * 99)) == {"": None}
    with pytest.raises(Trouble, match="bomb"):
        unpacked(tmp_path, pack(bytes(3_000_000)), 9_000_000)


def test_names_are_readable_whoever_wrote_them(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT, encoding="cp1251") as archive:
        archive.addfile(tarfile.TarInfo("Отчёт за ноябрь.txt"))
    assert unpacked(tmp_path, data.getvalue()) == {"Отчёт за ноябрь.txt": b""}
    info = tarfile.TarInfo("x")
    info.pax_headers = {"path": "a\0b"}
    assert unpacked(tmp_path, info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)) == {"ab": b""}


def test_gzip_tells_the_name(tmp_path: Path) -> None:
    data = io.BytesIO()
    with gzip.GzipFile("/var/log/a.log", "wb", fileobj=data) as file:
        file.write(b"a line")
    assert unpacked(tmp_path, data.getvalue()) == {"a.log": b"a line"}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_damage_is_said_or_read_around(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    whole = pack(tarball())
    for end in range(12, len(whole), len(whole) // 7):
        for damaged in (whole[:end], whole[: end - 4] + b"\xff\x00\xfe9" + whole[end:]):
            path = tmp_path / "x"
            path.write_bytes(damaged)
            try:
                assert len(list(members("archive", path, tmp_path, 9, 50))) <= len(FILES) + 1
            except Trouble as trouble:
                assert trouble.name in ("broken", "bomb")
