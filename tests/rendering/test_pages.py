"""Every hostile sample, and whatever hypothesis thinks of, on pages."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.blocks import Block, BlockKind
from bot.rendering.layout import ELLIPSIS, paginate, window
from bot.rendering.layout.cut import is_blank
from bot.rendering.markup import parse
from tests.rendering.forms import FORMS, SAMPLES, Form, sample_text
from tests.rendering.invariants import check_pages

# What models write, in crumbs: put together at random it makes all kinds of half-valid markup.
CRUMBS = (
    *"abc *_`~|[]()<>#-+.1 \n\t\\$!&:é語👍",
    "word ",
    "\n\n",
    "**",
    "~~",
    "||",
    "```",
    "```py\n",
    "\n- ",
    "\n1. ",
    "\n> ",
    "\n  ",
    "\n| a | b |\n|---|---|\n",
    "[x](https://e.com/a_b)",
    "$x^2$",
    "$$",
    "\\(",
    "\\]",
    "👨‍👩‍👧",
    "e\u0301",
    "\u200d",
    "https://e.com/",
    "loooooooooooooooooooooooooooooooong",
)
MARKDOWN = st.lists(st.sampled_from(CRUMBS) | st.text(max_size=3), max_size=60).map("".join)

each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


@contextlib.contextmanager
def each(form: Form) -> Iterator[None]:
    """Say which form it was that failed."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"as {form.name}")
        raise


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_shown_whole_and_within_limits(path: Path) -> None:
    blocks = parse(sample_text(path))
    for form in FORMS:
        with each(form):
            check_pages(blocks, form)


@each_form
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(markdown=MARKDOWN)
def test_anything_is_shown_whole_and_within_limits(form: Form, markdown: str) -> None:
    check_pages(parse(markdown * 3), form)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_window_shows_the_end_within_the_limit(path: Path) -> None:
    blocks = parse(sample_text(path), growing=True)
    for form in FORMS:
        with each(form):
            check_window(blocks, form, path.stem)


def check_window(blocks: tuple[Block, ...], form: Form, sample: str) -> None:
    """What is shown is the end, within the limit."""
    shown = window(blocks, limit=form.limit, measure=form.measure, separator=form.separator)
    assert form.size(shown) <= form.limit
    seen = [block for block in blocks if not is_blank(block)]
    if shown != tuple(seen):
        assert shown[0] == ELLIPSIS
        if len(shown) == 1:
            assert sample == "zero-width", "nothing of the end is shown"
            return
        # Whole blocks, before them the end of one.
        assert shown[2:] == tuple(seen[len(seen) - len(shown) + 2 :])
        assert seen[len(seen) - len(shown) + 1].text.endswith(shown[1].text)


@pytest.mark.parametrize("growing", [False, True])
@settings(deadline=None, max_examples=200)
@given(markdown=MARKDOWN)
def test_reading_never_fails(growing: bool, markdown: str) -> None:
    for block in parse(markdown, growing=growing):
        for span in block.spans:
            assert 0 <= span.start < span.end <= len(block.text)
        if block.kind is BlockKind.TABLE:
            assert block.text == "\n".join("\t".join(row) for row in block.rows)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_measuring_grows_with_the_text_and_not_with_its_square(path: Path) -> None:
    """Counted, not timed: code points that the platform is asked to measure."""
    form = FORMS[1]

    def measured(blocks: tuple[Block, ...]) -> int:
        total = 0

        def measure(block: Block) -> int:
            nonlocal total
            total += len(block.text) + 1
            return form.measure(block)

        paginate(blocks, limit=form.limit, measure=measure, separator=form.separator)
        return total

    blocks = parse(sample_text(path)[:20_000])
    length = sum(len(block.text) + 1 for block in blocks)
    # Where every letter is a span of its own, a page holds a fortieth of what it seems to have room for.
    assert measured(blocks) <= 96 * length + 4000
    assert measured(blocks * 2) <= 2.2 * measured(blocks) + 4000


def test_a_heading_goes_with_what_it_announces() -> None:
    text = f"{'word ' * 60}\n\n## Heading\n\n{'word ' * 60}"
    for page in FORMS[1].pages(parse(text)):
        assert page[-1].kind is not BlockKind.HEADING


def test_short_code_is_not_cut() -> None:
    text = "word " * 50 + "\n\n```py\n" + "call(1)\n" * 20 + "```"
    pages = FORMS[1].pages(parse(text))
    assert [page[-1].kind for page in pages] == [BlockKind.PARAGRAPH, BlockKind.CODE]


def test_cut_code_keeps_its_language_and_its_lines() -> None:
    lines = [f"    value_{number} = {number}" for number in range(100)]
    pages = FORMS[1].pages(parse("```py\n" + "\n".join(lines) + "\n```"))
    assert len(pages) > 1
    assert {block.info for page in pages for block in page} == {"py"}
    assert "\n".join(block.text for page in pages for block in page).split("\n") == lines


def test_a_cut_table_repeats_its_header_beside_the_text() -> None:
    rows = "\n".join(f"| {number} | {number * number} |" for number in range(100))
    pages = FORMS[1].pages(parse(f"| number | square |\n|---|---|\n{rows}"))
    assert len(pages) > 1
    assert {page[0].info for page in pages[1:]} == {"number\tsquare"}
    assert sum(len(page[0].rows) for page in pages) == 101
