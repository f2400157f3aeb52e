"""Word documents from before 2007, beside antiword."""

import subprocess
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject


def antiwords(path: Path) -> list[str]:
    """A document as antiword writes it. Raises `NoReference`."""
    done = subprocess.run(["antiword", "-w", "0", "-m", "UTF-8.txt", str(path)], capture_output=True, check=False)
    if done.returncode:
        raise NoReference
    return [done.stdout.decode(errors="replace")]


SUBJECT = Subject(
    name="doc",
    kinds=(FileKind.DOC,),
    endings=(".doc",),
    packages=(Package("debian", "abiword", "3.0.5~dfsg-3.2"), Package("debian", "antiword", "0.37-16")),
    reference=antiwords,
    beside="antiword 0.37",
    program="antiword",
)
