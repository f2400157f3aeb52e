"""Who draws pictures independently: ffmpeg; programs of libtiff and libheif where it draws something else.

Pillow, which draws ours, unpacks TIFF's colours by itself. HEIC is decoded by libheif on both sides, in different
versions: what is compared is what becomes of it: which picture, which way up, in which colours.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from tests.files.accuracy import ffmpeg
from tests.files.accuracy.subject import NoReference

Drawer = Callable[[Path, tuple[int, int]], Image.Image]
"""The first picture of a file, on white, at this size or its own. Raises `NoReference`."""


def by_ffmpeg(path: Path, size: tuple[int, int]) -> Image.Image:
    """See `Drawer`."""
    return Image.frombytes("RGB", size, ffmpeg.drawn(path, *size))


def by_libtiff(path: Path, _size: tuple[int, int]) -> Image.Image:
    """See `Drawer`."""
    with _run("tiff2rgba", path, "drawn.tif") as folder:
        return _on_white(folder / "drawn.tif")


def by_libheif(path: Path, _size: tuple[int, int]) -> Image.Image:
    """See `Drawer`."""
    with _run("heif-info", path) as told:
        pictures = re.findall(r"(?m)^image: .*$", (told / "stdout").read_text())
    primary = next((n for n, line in enumerate(pictures, 1) if line.endswith("primary")), 1)
    with _run("heif-convert", path, "drawn.png") as folder:
        return _on_white(folder / (f"drawn-{primary}.png" if len(pictures) > 1 else "drawn.png"))


@contextmanager
def _run(program: str, path: Path, *target: str) -> Iterator[Path]:
    """A folder with what a program makes of a file, and with what it says."""
    if shutil.which(program) is None:
        raise NoReference
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with (folder / "stdout").open("wb") as told:
            command = [program, str(path), *(str(folder / name) for name in target)]
            try:
                subprocess.run(command, stdout=told, stderr=subprocess.DEVNULL, timeout=60, check=False)
            except subprocess.TimeoutExpired as error:
                raise NoReference from error
        yield folder


def _on_white(path: Path) -> Image.Image:
    try:
        with Image.open(path) as found:
            layer = found.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise NoReference from error
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
