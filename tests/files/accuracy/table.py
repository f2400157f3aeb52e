"""The figures of a subject, and every sample that is below the mark."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.files.accuracy.likeness import Likeness
from tests.files.accuracy.reading import Reading
from tests.files.accuracy.subject import Subject

REQUIRED = 0.995
"""Letters kept, over all samples of a subject."""

NAMED_BELOW = 0.99
"""A sample that keeps fewer letters is named."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One sample: its path below its package, what was read, and how like the reference it is."""

    path: str
    reading: Reading
    likeness: Likeness
    excuse: str


HEAD = (
    "| subject | beside | samples | refused | empty | letters kept | in order | on their page | CPU ms | memory MB |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
)


def met(samples: Sequence[Compared]) -> bool:
    """Whether what is required holds."""
    return not _empty(samples) and _kept(samples) >= REQUIRED


def row(subject: Subject, samples: Sequence[Compared]) -> str:
    """A subject's line; the medians of what a sample cost."""
    told = [sample for sample in samples if not sample.reading.problem]
    orders = [sample.likeness.order for sample in told if sample.likeness.order is not None]
    paged = [sample.likeness for sample in told if sample.likeness.on_page is not None]
    on_page = sum(each.on_page or 0 for each in paged) / max(1, sum(each.letters for each in paged))
    cells = (
        subject.name,
        subject.beside,
        len(samples),
        len(samples) - len(told),
        len(_empty(samples)),
        f"{_kept(samples):.2%}",
        f"{statistics.fmean(orders):.2%}" if orders else "-",
        f"{on_page:.2%}" if paged else "-",
        f"{1000 * statistics.median(sample.reading.cpu_s for sample in samples):.0f}",
        f"{statistics.median(sample.reading.memory_mb for sample in samples):.0f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def below(samples: Sequence[Compared]) -> Iterator[str]:
    """A line for each sample that lost something: how much, and why or which words first."""
    for sample in samples:
        if sample.likeness.share < NAMED_BELOW or sample.reading.problem:
            why = sample.reading.problem or sample.excuse or f"missing: {' '.join(sample.likeness.missing[:8])}"
            yield f"- {sample.path}: {sample.likeness.share:.1%} of {sample.likeness.letters:,} letters; {why}\n"


def _kept(samples: Sequence[Compared]) -> float:
    counted = [sample for sample in samples if not sample.reading.problem and not sample.excuse]
    letters = sum(sample.likeness.letters for sample in counted)
    return sum(sample.likeness.kept for sample in counted) / letters if letters else 1.0


def _empty(samples: Sequence[Compared]) -> list[Compared]:
    return [
        sample
        for sample in samples
        if sample.likeness.letters
        and not "".join(sample.reading.pages).strip()
        and not (sample.reading.problem or sample.excuse)
    ]
