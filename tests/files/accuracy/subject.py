"""What is measured: one kind of file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package


class NoReference(Exception):
    """The independent reader cannot read this file, so that it is no measure."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of file, the packages that hold samples of it, and who reads them beside us."""

    name: str
    kinds: tuple[FileKind, ...]
    endings: tuple[str, ...]
    """Of the samples' names, such as ".docx"; what they are is told by their content all the same."""
    packages: tuple[Package, ...]
    reference: Callable[[Path], Sequence[str]]
    """The text of a sample, page by page where it knows of pages, else as one. Raises `NoReference`."""
    beside: str
    """The independent reader's name, for the table."""
    program: str = ""
    """What it runs of this machine's, if anything."""
    paged: bool = False
    """Whether the reference's pages are pages, so that each has to stand on its own."""
    excused: tuple[tuple[str, str], ...] = ()
    """Samples by the end of their path, and why the reference is wrong about them."""
