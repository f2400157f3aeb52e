"""ffmpeg, which decodes pictures and recordings by itself: of a pinned package, in the cache folder."""

import subprocess
from pathlib import Path

from tests.files.accuracy.subject import NoReference
from tests.files.accuracy.subjects.independent import installed

PACKAGE = "imageio-ffmpeg==0.6.0"
"""Brings ffmpeg 7.0.2 with dav1d; it is the first version that reads HEIC."""

_ON_WHITE = (
    "color=white:s={size}[c];[0:v]select=eq(n\\,0),scale={size}:flags=area,format=rgba[p];"
    "[c][p]overlay=shortest=1:format=gbrp,format=rgb24"
)


def drawn(path: Path, width: int, height: int) -> bytes:
    """The first picture of a file at this size, on white: three bytes a pixel. Raises `NoReference`."""
    if path.read_bytes()[4:8] == b"ftyp" and told(path).count("Stream #0") != 1:
        raise NoReference  # A tile, or what is transparent, would be taken for the picture.
    graph = _ON_WHITE.format(size=f"{width}x{height}")
    data = _run("-v", "error", "-i", str(path), "-filter_complex", graph, *_FIRST).stdout
    if len(data) != width * height * 3:
        raise NoReference
    return data


_FIRST = ("-frames:v", "1", "-f", "rawvideo", "-")


def told(path: Path) -> str:
    """What ffmpeg says of a recording or film: its container, its streams. Raises `NoReference`: it knows none."""
    done = _run("-hide_banner", "-i", str(path))
    text = done.stderr.decode(errors="replace")
    if "Stream #0" not in text:
        raise NoReference
    return text


def _run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    program = next((installed(PACKAGE) / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*"))
    try:
        return subprocess.run([program, "-nostdin", *arguments], capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoReference from error
