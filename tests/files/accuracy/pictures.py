"""Measure what a model that sees is given of public pictures, beside what others draw of them.

python -m tests.files.accuracy.pictures [form ...]
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageStat

from bot.domain.messages import FileKind
from bot.files.kinds import holds_several, kind_of
from tests.files.accuracy.drawers import Drawer, by_ffmpeg, by_libheif, by_libtiff
from tests.files.accuracy.reading import ROOT, command, environment_of
from tests.files.accuracy.samples import Package, with_endings
from tests.files.accuracy.subject import NoReference

PACKAGES = (Package("debian", "pillow", "9.4.0-1.1+deb12u1"), Package("pypi", "pi-heif", "1.4.0"))
FORMS: Mapping[str, tuple[Drawer, tuple[str, ...]]] = {
    "PNG": (by_ffmpeg, (".png", ".apng")),
    "JPEG": (by_ffmpeg, (".jpg", ".jpeg")),
    "WebP": (by_ffmpeg, (".webp",)),
    "GIF": (by_ffmpeg, (".gif",)),
    "TIFF": (by_libtiff, (".tif", ".tiff")),
    "BMP": (by_ffmpeg, (".bmp",)),
    "HEIC, AVIF": (by_libheif, (".heic", ".heif", ".hif", ".avif")),
}
ALIKE = 0.04
"""Mean difference of the colours, of 1: what JPEG and another way to scale make of the same picture is below a
hundredth; a picture with the wrong colours, turned or black, is above a tenth."""

_ORIENTATION = 0x0112
_SIDE = 48
"""Pixels, to which both are brought before they are compared."""


class Seen(NamedTuple):
    """A picture: why it was refused, or how far its colours are from the other's; None where that draws none."""

    name: str
    problem: str
    far: float | None


def seen(sample: tuple[Path, str], draw: Drawer) -> Seen | None:
    """One picture, drawn twice; None where it is no picture to us, nor to the other."""
    path, name = sample
    if kind_of(path.read_bytes()) is not FileKind.IMAGE:
        try:
            draw(path, (_SIDE, _SIDE))
        except NoReference:
            return None
        return Seen(name, "no picture", None)
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "shown.jpg"
        job = [*command(), "shrink", str(path), str(target)]
        told = subprocess.run(job, cwd=ROOT, env=environment_of(ROOT), capture_output=True, check=False).stdout.decode()
        if not target.exists():
            return Seen(name, told.strip() or "ended", None)
        with Image.open(target) as picture:
            ours = picture.convert("RGB")
    if draw is not by_libheif and _is_drawn_otherwise(path):
        return Seen(name, "", None)
    try:
        theirs = draw(path, ours.size)
    except NoReference:
        return Seen(name, "", None)
    both = [each.resize((_SIDE, _SIDE), Image.Resampling.BOX) for each in (ours, theirs)]
    return Seen(name, "", sum(ImageStat.Stat(ImageChops.difference(*both)).mean) / (3 * 255))


def _is_drawn_otherwise(path: Path) -> bool:
    """Whether ffmpeg 7.0 or libtiff draws something else on purpose: of an APNG the first that moves, and as it lies
    what a tag turns, but for a JPEG."""
    data = path.read_bytes()
    if data.startswith(b"\x89PNG") and holds_several(data):
        return True
    try:
        with Image.open(path) as picture:
            return picture.format != "JPEG" and picture.getexif().get(_ORIENTATION, 1) != 1
    except (OSError, SyntaxError, ValueError):
        return False


def samples(endings: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Every picture of a form, each content once."""
    known: set[bytes] = set()
    for package in PACKAGES:
        folder = package.fetched()
        for path in with_endings(folder, endings):
            if (data := path.read_bytes()) not in known:
                known.add(data)
                yield path, f"{package.name} {path.relative_to(folder / 'files')}"


def row(form: str, found: Sequence[Seen]) -> str:
    """A form's line in the table."""
    refused = sum(bool(each.problem) for each in found)
    compared = [each.far for each in found if each.far is not None]
    alike = sum(far <= ALIKE for far in compared)
    return f"| {form} | {len(found)} | {refused} | {len(compared)} | {alike / max(1, len(compared)):.1%} |\n"


def main() -> None:
    """Draw every sample of every form, or of those that are asked for."""
    rows = ["| pictures | samples | refused | drawn by both | alike |\n| --- | ---: | ---: | ---: | ---: |\n"]
    lines: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        for form in sys.argv[1:] or FORMS:
            draw, endings = FORMS[form]
            each_seen = threads.map(partial(seen, draw=draw), samples(endings))
            found = [each for each in each_seen if each is not None]
            rows.append(row(form, found))
            for each in found:
                if each.problem:
                    lines.append(f"- {each.name}: {each.problem}\n")
                elif each.far is not None and each.far > ALIKE:
                    lines.append(f"- {each.name}: colours are {each.far:.1%} apart\n")
    sys.stdout.write("".join((*rows, "\n", *lines)))


if __name__ == "__main__":
    main()
