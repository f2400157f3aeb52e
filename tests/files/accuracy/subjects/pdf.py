"""PDF, beside poppler: each page has to stand on its own."""

import subprocess
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import NoReference, Subject


def popplers(path: Path) -> list[str]:
    """The pages as pdftotext reads them. Raises `NoReference`."""
    command = ["pdftotext", "-enc", "UTF-8", str(path), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoReference from error
    return done.stdout.decode(errors="replace").removesuffix("\f").split("\f")


SUBJECT = Subject(
    name="pdf",
    kinds=(FileKind.PDF,),
    endings=(".pdf",),
    packages=(
        Package("debian", "pdfminer", "20221105+dfsg-1.1~deb12u1"),
        Package("debian", "pypdf", "3.4.1-1+deb12u1"),
    ),
    reference=popplers,
    beside="poppler 22.12",
    program="pdftotext",
    paged=True,
)
