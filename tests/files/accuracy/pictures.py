"""Measure what a model that sees is given of public pictures, beside what ffmpeg draws of them.

python -m tests.files.accuracy.pictures
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageStat

from bot.domain.messages import FileKind
from bot.files.kinds import holds_several, kind_of
from tests.files.accuracy import ffmpeg
from tests.files.accuracy.reading import ROOT, command, environment_of
from tests.files.accuracy.samples import Package, with_endings
from tests.files.accuracy.subject import NoReference

PACKAGES = (Package("debian", "pillow", "9.4.0-1.1+deb12u1"), Package("pypi", "pi-heif", "1.4.0"))
FORMS: Mapping[str, tuple[str, ...]] = {
    "PNG, APNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg"),
    "WebP": (".webp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "HEIC, AVIF": (".heic", ".heif", ".hif", ".avif"),
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


def seen(path: Path, name: str) -> Seen | None:
    """One picture, drawn twice; None where it is no picture to us, nor to the other."""
    if kind_of(path.read_bytes()) is not FileKind.IMAGE:
        try:
            ffmpeg.drawn(path, _SIDE, _SIDE)
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
    if _is_beyond_ffmpeg(path):
        return Seen(name, "", None)
    try:
        theirs = Image.frombytes("RGB", ours.size, ffmpeg.drawn(path, *ours.size))
    except NoReference:
        return Seen(name, "", None)
    both = [each.resize((_SIDE, _SIDE), Image.Resampling.BOX) for each in (ours, theirs)]
    return Seen(name, "", sum(ImageStat.Stat(ImageChops.difference(*both)).mean) / (3 * 255))


def _is_beyond_ffmpeg(path: Path) -> bool:
    """Whether ffmpeg 7.0 draws something else on purpose: of an APNG the first that moves, and what only a JPEG's tag
    turns it leaves as it lies."""
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
    """Draw every sample of every form."""
    rows = ["| pictures | samples | refused | drawn by both | alike |\n| --- | ---: | ---: | ---: | ---: |\n"]
    lines: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        for form, endings in FORMS.items():
            found = [each for each in threads.map(lambda sample: seen(*sample), samples(endings)) if each is not None]
            rows.append(row(form, found))
            for each in found:
                if each.problem:
                    lines.append(f"- {each.name}: {each.problem}\n")
                elif each.far is not None and each.far > ALIKE:
                    lines.append(f"- {each.name}: colours are {each.far:.1%} apart\n")
    sys.stdout.write("".join((*rows, "\n", *lines)))


if __name__ == "__main__":
    main()
