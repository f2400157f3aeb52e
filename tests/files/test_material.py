"""Which PDFs go along themselves, beside their text."""

from pathlib import Path

import pytest

from bot.domain.ids import DocumentId, MessageId
from bot.domain.policy import PdfRule
from bot.files.material import LARGEST_PDFS, MOST_PDF_PAGES, WHOLE_TOKENS, Source, going_along
from bot.llm.fitting import PAGE_TOKENS, part_size
from storage.blobs import Blobs
from storage.blobs.disk import DiskBlobs
from storage.documents import Document

PLENTY = 1_000_000
LARGE = LARGEST_PDFS * 2 // 3


async def kept(blobs: Blobs, number: int, pages: int, size: int = 9, *, drawn: bool = True) -> Source:
    sha256 = f"{number:064x}"
    await blobs.put(sha256, bytes([number]) * size)
    document = Document(DocumentId(number), sha256, pages, pages, True)
    texts = dict.fromkeys(range(1, pages + 1), "The berth is free.")
    return Source(MessageId(number), f"{number}.pdf", document, texts, pdf=True, shows_more=drawn)


async def going(blobs: Blobs, sources: list[Source], budget: int = PLENTY, rule: PdfRule = PdfRule.AUTO) -> list[int]:
    """The numbers of those that go along; whatever the rule, they are within all limits."""
    found = await going_along(blobs, sources, budget, rule)
    parts = [part for parts in found.values() for part in parts]
    assert sum(part.pages for part in parts) <= MOST_PDF_PAGES
    assert sum(len(part.data) for part in parts) <= LARGEST_PDFS
    assert sum(part.pages * PAGE_TOKENS + part.text_tokens for part in parts) <= max(0, budget - WHOLE_TOKENS)
    assert all(part_size(part) > part.pages * PAGE_TOKENS + part.text_tokens for part in parts)
    return list(found)


@pytest.mark.parametrize(
    ("budget", "most"), [(PLENTY, MOST_PDF_PAGES), (WHOLE_TOKENS + 60_000, 12), (WHOLE_TOKENS, 0), (0, 0)]
)
async def test_what_comes_later_moves_none_that_goes_along(budget: int, most: int, tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    sizes = ((1, 6, LARGE), (2, 30, 9), (3, 5, LARGE), (4, 6, 9), (5, 7, 9), (6, 2, 9), (7, 1, 9))
    sources = [await kept(blobs, *size) for size in sizes]
    before: list[int] = []
    for count in range(1, len(sources) + 1):
        now = await going(blobs, sources[:count], budget)
        assert now[: len(before)] == before
        before = now
    assert sum(sources[number - 1].document.pages for number in before) <= most
    assert bool(before) == bool(most)


async def test_what_is_no_pdf_or_no_longer_kept_or_only_words_stays_text(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)
    words, drawn = await kept(blobs, 1, 1, drawn=False), await kept(blobs, 2, 1)
    gone = Source(MessageId(3), "gone.pdf", Document(DocumentId(3), "f" * 64, 1, 1, True), {1: ""}, True, True)
    letter = Source(MessageId(4), "letter.docx", drawn.document, {1: ""}, pdf=False, shows_more=True)
    everything = [words, drawn, gone, letter]
    assert await going(blobs, everything) == [2]
    assert await going(blobs, everything, rule=PdfRule.ALWAYS) == [1, 2]
    assert await going(blobs, everything, rule=PdfRule.OFF) == []
