"""Nothing is quadratic: eight times the input costs nowhere near sixty-four times the work.

CPU time of this process, so that a busy machine does no harm; what is linear takes eight times as long, and five times
that is allowed for all that is not: forty, where a square would take sixty-four.
"""

import json
import time
from collections.abc import Callable

import pytest

from bot.archive import Bundle, read
from bot.rendering import layout
from bot.rendering.markup import parse
from handlers.discord import render as discord
from handlers.telegram import rich_inbound, rich_render
from providers.answer import Answer
from providers.sse import EventReader
from storage import search

TIMES = 8
ALLOWED = 5.0 * TIMES
SMALL = 8_000
"""Characters that need a cut on every platform where they are dense: cutting costs more than what fits."""
LEAST_S = 0.01
"""Shorter measurements say nothing."""

HOSTILE = {
    "brackets": "[",
    "links": "[a](",
    "stars": "*a ",
    "bold": "**a",
    "underscores": "_a_b",
    "ticks": "`",
    "fences": "```\n",
    "quotes": "> ",
    "deep quotes": "> a\n> > b\n> > > c\n",
    "lists": "- a\n  - b\n",
    "numbers": "1. ",
    "tables": "| a | b |\n|---|---|\n",
    "pipes": "||",
    "dollars": "$x$ ",
    "formulas": "$$\n",
    "details": "<details><summary>x</summary>",
    "tags": "<b>",
    "addresses": "https://e.com/a_b ",
    "colons": "http:",
    "escapes": "\\",
    "entities": "&amp;",
    "footnotes": "[^1]",
    "references": "[a]: https://e.com\n",
    "headings": "# a\n",
    "words": "word ",
    "one word": "w",
    "emoji": "👨‍👩‍👧",
    "marks": "e\u0301",
    "lines": "\n",
    "spaces": " ",
    "right to left": "שלום ",
}

forms = pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)


def costs_s(work: Callable[[str], object], text: str, *, enough_s: float = 0.0) -> float:
    """The less CPU time of two runs; of one where that is less than enough."""
    best = float("inf")
    for _ in range(2):
        began = time.process_time()
        work(text)
        best = min(best, time.process_time() - began)
        if best < enough_s:
            break
    return best


def grows_at_most(work: Callable[[str], object], small: float, text: str) -> None:
    """`text` is eight times what took `small` seconds."""
    limit_s = max(LEAST_S, small) * ALLOWED
    large = costs_s(work, text, enough_s=limit_s)
    assert large < limit_s, f"{small * 1000:.1f} ms became {large * 1000:.1f} ms"


def grows_with_its_length(work: Callable[[str], object], piece: str, size: int) -> None:
    """Do it with texts of `size` and of eight times that, larger ones where that takes no time at all."""
    while (small := costs_s(work, piece * (size // len(piece)))) < LEAST_S / 4 and size < 60_000:
        size *= 2
    grows_at_most(work, small, piece * (TIMES * size // len(piece)))


@forms
def test_reading_markup(piece: str) -> None:
    grows_with_its_length(parse, piece, 4_000)


@forms
def test_reading_markup_that_grows(piece: str) -> None:
    grows_with_its_length(lambda text: parse(text, growing=True), piece, 4_000)


@pytest.mark.parametrize("form", ["rich", "discord"])
@forms
def test_pages(piece: str, form: str) -> None:
    limit, measure, joint, show = {
        "rich": (rich_render.RICH_LIMIT, rich_render.measure, rich_render.JOINT, rich_render.render),
        "discord": (2_000, discord.measure, discord.JOINT, discord.render),
    }[form]
    blocks = {size: parse(piece * (size // len(piece))) for size in (SMALL, TIMES * SMALL)}

    def work(text: str) -> None:
        for page in layout.paginate(blocks[len(text)], limit=limit, measure=measure, joint=joint):
            show(page)

    grows_at_most(work, costs_s(work, "x" * SMALL), "x" * TIMES * SMALL)


@forms
def test_words_of_the_index(piece: str) -> None:
    grows_with_its_length(lambda text: list(search.tokens(text)), piece, 8_000)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize(
    "piece",
    [
        "<think>a</think> b < ",
        "</think>\n\n",
        "word</think>\n",
        "</s>",
        "<|im_end|> \n",
        "<|channel|>a<|message|>b<|end|>",
        "[a] ",
    ],
)
def test_an_answer_in_single_letters(piece: str, opened: bool) -> None:
    def work(text: str) -> None:
        answer = Answer(opened=opened)
        for letter in text:
            answer.add_text(letter)
            answer.take()
        answer.end()

    grows_with_its_length(work, piece, 4_000)


def test_a_stream_in_single_bytes() -> None:
    def work(text: str) -> None:
        reader = EventReader()
        for byte in text.encode():
            reader.feed(bytes((byte,)))

    grows_with_its_length(work, "data: {}\n\n", 4_000)


@pytest.mark.parametrize("read", [b"x", b"x" * 50, b"data: x\n"], ids=["one line in bytes", "one line", "lines"])
def test_a_stream_whose_event_never_ends(read: bytes) -> None:
    def work(text: str) -> None:
        reader = EventReader()
        reader.feed(b"data: ")
        for _ in text:
            reader.feed(read)

    grows_with_its_length(work, "x", 4_000)


def test_a_rich_message() -> None:
    def work(text: str) -> None:
        rich_inbound.to_markdown([{"type": "paragraph", "text": [{"type": "bold", "text": "a"}] * len(text)}])

    grows_with_its_length(work, "x", 4_000)


def test_an_import() -> None:
    def work(text: str) -> None:
        nodes = {
            str(n): {
                "id": str(n),
                "parent": str(n - 1) if n else None,
                "children": [str(n + 1)],
                "message": {
                    "author": {"role": "user"},
                    "content": {"content_type": "text", "parts": ["hi"]},
                    "create_time": 1.0,
                },
            }
            for n in range(len(text))
        }
        data = [{"title": "x", "mapping": nodes, "current_node": str(len(text) - 1), "create_time": 1.0}]
        read(Bundle([("conversations.json", json.dumps(data).encode())]))

    grows_with_its_length(work, "x", 500)
