"""Slides from before 2007, beside catppt."""

import subprocess
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject


def catppts(path: Path) -> list[str]:
    """The words of a presentation as catppt writes them. Raises `NoReference`."""
    done = subprocess.run(["catppt", "-d", "utf-8", str(path)], capture_output=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise NoReference
    return [done.stdout.decode(errors="replace")]


SUBJECT = Subject(
    name="ppt",
    kinds=(FileKind.PPT,),
    endings=(".ppt", ".pps"),
    packages=(Package("debian", "libapache-poi-java", "4.0.1-4"),),
    reference=catppts,
    beside="catppt 0.95",
)
