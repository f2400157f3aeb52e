"""Slides from before 2007, beside catppt."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject


def catppts(path: Path) -> list[str]:
    """The words of a presentation as catppt writes them. Raises `NoReference`."""
    done = subprocess.run(["catppt", "-d", "utf-8", str(path)], capture_output=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise NoReference
    told = done.stdout.decode(errors="replace")
    unseen = {" ".join(name.split()) for name in _names(path.read_bytes())}
    # It tells what was saved before as well, so that most lines come twice.
    lines = dict.fromkeys(" ".join(line.split()) for line in told.splitlines())
    return ["\n".join(line for line in lines if line not in unseen)]


def _names(data: bytes) -> Iterator[str]:
    """Records of names, such as a design's, which catppt writes with the words."""
    for found in re.finditer(rb"[\0-\xf0]\0\xba\x0f(..)\0\0", data, re.DOTALL):
        length = int.from_bytes(found[1], "little")
        yield data[found.end() : found.end() + length].decode("utf-16-le", "replace")


SUBJECT = Subject(
    name="ppt",
    kinds=(FileKind.PPT,),
    endings=(".ppt", ".pps"),
    packages=(Package("debian", "libapache-poi-java", "4.0.1-4"),),
    reference=catppts,
    beside="catppt 0.95",
    program="catppt",
    excused=tuple(
        (name, "catppt tells what was on it before it was last saved")
        for name in ("slideshow/41071.ppt", "slideshow/54332a.ppt", "slideshow/bullets.ppt")
    ),
)
