"""Nothing is quadratic: four times the input costs nowhere near sixteen times the work.

Work is counted in steps (`tests.support.counted`), so that the numbers are the same on every machine and every run;
what is linear takes four times as many, and half as many again are allowed for all that is not.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from bot.rendering.markup import parse
from tests.support.counted import counted
from tests.support.steps import Steps

TIMES = 4
ALLOWED = 1.5 * TIMES
SMALL = 500
"""Characters."""
CUT = 2 * SMALL
PAGES = {"rich": 400, "discord": 80}
"""What fits a page, in each platform's measure: a text of `CUT` needs some, which cost more than what fits."""

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
    "entities": "a&amp;b",
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


@dataclass(frozen=True)
class Code:
    """What is counted."""

    steps: Steps
    parse: Callable[..., tuple[Any, ...]]
    paginate: Callable[..., Any]
    platforms: dict[str, Any]
    tokens: Callable[[str], Iterator[object]]
    answer: Callable[..., Any]
    reader: Callable[[], Any]
    to_markdown: Callable[[list[object]], str]
    archive: Any
    leads_of: Callable[[str, str], object]

    def grows_with_its_length(self, work: Callable[[str], object], piece: str, size: int = SMALL) -> None:
        """Do it with texts of `size` and of four times that."""
        assert growth(self.steps, work, piece, size) < ALLOWED


def growth(steps: Steps, work: Callable[[str], object], piece: str, size: int = SMALL) -> float:
    """How many times as many steps a text takes that is four times as long as `size`."""

    def taken(length: int) -> int:
        return steps.of(lambda: work(piece * (length // len(piece))))

    taken(len(piece))  # What is made once is made.
    return taken(TIMES * size) / taken(size)


@pytest.fixture(scope="module")
def code() -> Iterator[Code]:
    with counted(
        *("bot.rendering", "bot.archive", "bot.files.reader", "handlers.discord", "handlers.telegram", "markdown_it"),
        *("providers", "storage"),
    ) as steps:
        rich = import_module("handlers.telegram.rich_render")
        yield Code(
            steps=steps,
            parse=import_module("bot.rendering.markup").parse,
            paginate=import_module("bot.rendering.layout").paginate,
            platforms={"rich": rich, "discord": import_module("handlers.discord.render")},
            tokens=import_module("storage.search").tokens,
            answer=import_module("providers.answer").Answer,
            reader=import_module("providers.sse").EventReader,
            to_markdown=import_module("handlers.telegram.rich_inbound").to_markdown,
            archive=import_module("bot.archive"),
            leads_of=import_module("bot.files.reader.leads").leads_of,
        )


def test_counting_leaves_the_code_as_it_was() -> None:
    markup, pages = import_module("bot.rendering.markup"), import_module("bot.rendering.pages")
    with counted("bot.rendering"):
        import_module("bot.rendering.markup")
        assert import_module("bot.rendering.pages") is not pages
    assert import_module("bot.rendering.pages") is pages is import_module("bot.rendering").pages
    assert markup.opaque("x") == "x"
    assert pages.escaped("x") == "x"


def test_every_kind_of_square_is_seen() -> None:
    with counted("tests.hostile_input.squares") as steps:
        squares = import_module("tests.hostile_input.squares")
        for work in squares.SQUARES:
            assert growth(steps, work, "a", 100) > 15, work
        assert growth(steps, squares.done_well, "a", 100) < ALLOWED


@forms
def test_reading_markup(code: Code, piece: str) -> None:
    code.grows_with_its_length(code.parse, piece)


@forms
def test_reading_markup_that_grows(code: Code, piece: str) -> None:
    code.grows_with_its_length(lambda text: code.parse(text, growing=True), piece)


@pytest.mark.parametrize("form", PAGES)
@forms
def test_pages(code: Code, piece: str, form: str) -> None:
    platform = code.platforms[form]

    def work(text: str) -> None:
        for page in code.paginate(
            parse(text), limit=PAGES[form], measure=platform.measure, separator=platform.SEPARATOR
        ):
            platform.render(page)

    code.grows_with_its_length(work, piece, CUT)


@forms
def test_words_of_the_index(code: Code, piece: str) -> None:
    code.grows_with_its_length(lambda text: list(code.tokens(text)), piece)


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
def test_an_answer_in_single_letters(code: Code, piece: str, opened: bool) -> None:
    def work(text: str) -> None:
        answer = code.answer(opened=opened)
        for letter in text:
            answer.add_text(letter)
            answer.take()
        answer.end()

    code.grows_with_its_length(work, piece)


def test_a_stream_in_single_bytes(code: Code) -> None:
    def work(text: str) -> None:
        reader = code.reader()
        for byte in text.encode():
            reader.feed(bytes((byte,)))

    code.grows_with_its_length(work, "data: {}\n\n")


@pytest.mark.parametrize("read", [b"x", b"x" * 50, b"data: x\n"], ids=["one line in bytes", "one line", "lines"])
def test_a_stream_whose_event_never_ends(code: Code, read: bytes) -> None:
    def work(text: str) -> None:
        reader = code.reader()
        reader.feed(b"data: ")
        for _ in text:
            reader.feed(read)

    code.grows_with_its_length(work, "x")


def test_a_rich_message(code: Code) -> None:
    def work(text: str) -> None:
        code.to_markdown([{"type": "paragraph", "text": [{"type": "bold", "text": "a"}] * len(text)}])

    code.grows_with_its_length(work, "x")


def test_an_import(code: Code) -> None:
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
        code.archive.read(code.archive.Bundle([("conversations.json", json.dumps(data).encode())]))

    code.grows_with_its_length(work, "x")


@pytest.mark.parametrize("piece", ["<a href={}>a</a>", "<iframe src={}></iframe>", "<a href=same>a</a>", "<nav><b>"])
def test_where_a_page_leads(code: Code, piece: str) -> None:
    def work(text: str) -> None:
        page = "".join(piece.format(number) for number in range(len(text)))
        code.leads_of(page, "https://a.example/b")

    code.grows_with_its_length(work, "x", 100)
