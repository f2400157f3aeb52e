"""See the package."""

import argparse
import hashlib
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.files.accuracy import table
from tests.files.accuracy.likeness import compared
from tests.files.accuracy.reading import ROOT, read
from tests.files.accuracy.samples import NotGiven, with_endings
from tests.files.accuracy.subject import NoReference, Subject
from tests.files.accuracy.subjects import (
    doc,
    docx,
    epub,
    html,
    mail,
    notebooks,
    odf,
    pdf,
    ppt,
    pptx,
    rtf,
    sheets,
    texts,
)
from tests.files.accuracy.table import Compared

SUBJECTS: tuple[Subject, ...] = (
    *(docx.SUBJECT, pptx.SUBJECT, odf.TEXTS, odf.SLIDES, sheets.XLSX, sheets.XLS, sheets.ODS),
    *(doc.SUBJECT, ppt.SUBJECT, rtf.SUBJECT, epub.SUBJECT, pdf.SUBJECT, html.SUBJECT),
    *(texts.ENCODINGS, texts.TABLES, notebooks.SUBJECT, mail.SUBJECT, mail.OUTLOOK),
)


class _Sample(NamedTuple):
    path: Path
    name: str


def samples_of(subject: Subject) -> Iterator[_Sample]:
    """Every sample of a subject, each content once; none where its independent reader is not at hand."""
    if subject.program and shutil.which(subject.program) is None:
        sys.stdout.write(f"{subject.program} is not installed: the {subject.name} samples are left out.\n")
        return
    seen: set[bytes] = set()
    for package in subject.packages:
        try:
            folder = package.fetched()
        except NotGiven as missing:
            sys.stdout.write(f"{missing} The {subject.name} samples of it are left out.\n")
            continue
        for path in with_endings(folder, subject.endings):
            data = path.read_bytes()
            key = hashlib.sha256(data).digest()
            if key not in seen:
                seen.add(key)
                yield _Sample(path, f"{package.name} {path.relative_to(folder / 'files')}")


def measured(subject: Subject, sample: _Sample, checkout: Path) -> Compared | None:
    """One sample, read twice; None where there is nothing to compare it with."""
    try:
        meant = subject.reference(sample.path)
    except NoReference:
        return None
    reading = read(sample.path, checkout)
    excuse = next((why for end, why in subject.excused if sample.name.endswith(end)), "")
    return Compared(sample.name, reading, compared(reading.pages, meant, paged=subject.paged), excuse)


def main() -> int:
    """Measure what is asked for; status 1 where what is required does not hold."""
    by_name: Mapping[str, Subject] = {subject.name: subject for subject in SUBJECTS}
    parser = argparse.ArgumentParser(prog="python -m tests.files.accuracy")
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(by_name)}; all without it")
    parser.add_argument(
        "--from", dest="checkout", type=Path, default=ROOT, help="another checkout, whose reader is measured"
    )
    given = parser.parse_args()
    rows, met = [table.HEAD], True
    lines: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        for subject in [by_name[name] for name in given.subjects] or SUBJECTS:
            found = threads.map(
                lambda sample, on=subject: measured(on, sample, given.checkout.absolute()), samples_of(subject)
            )
            samples = [each for each in found if each is not None]
            if not samples:
                continue
            met &= table.met(samples)
            rows.append(table.row(subject, samples))
            lines.extend(table.below(samples))
    sys.stdout.write("".join((*rows, "\n", *lines)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
