"""What a person is shown, before any platform's form: blocks of text with spans, and pages of blocks.

A block is one paragraph, heading, list item, code block, table … in reading order. Nesting is flat: `quote` and
`indent` say how deep a block stands, so that cutting a page never has to open a tree.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SpanKind(StrEnum):
    """A formatting that covers part of a block's text. Spans of different kinds may overlap or nest."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    SPOILER = "spoiler"
    CODE = "code"
    LINK = "link"
    """`data` is the address."""
    MATH = "math"
    """The text is LaTeX without its dollars."""


class BlockKind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    """`level` 1 (largest) to 6."""
    SUMMARY = "summary"
    """What is seen of a part that is folded away: the blocks behind it that stand one quote deeper."""
    ITEM = "item"
    """A list item's first paragraph; `marker` is what stands before it ("•", "3.", "☑")."""
    CODE = "code"
    """`info` is the language; the text has no fence and no final newline."""
    MATH = "math"
    """LaTeX on lines of its own, without its dollars."""
    TABLE = "table"
    """`rows` holds the cells, the header row first; `text` is the same with cells joined by tabs, rows by newlines."""
    RULE = "rule"
    """A line across; its text is empty."""


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` of a block in code points, `start < end`."""

    start: int
    end: int
    kind: SpanKind
    data: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a text.

    `quote` is the depth of block quotes around it, `indent` the depth of lists around it (an ITEM of the outermost
    list has 1; a paragraph or code block inside that item has 1 as well). `continued` marks a piece whose beginning
    stands on the page before: a renderer repeats no marker and no heading sign for it. `tight` says that only one
    newline, not an empty line, parts it from the block before (list items).
    """

    kind: BlockKind
    text: str
    spans: tuple[Span, ...] = ()
    level: int = 0
    quote: int = 0
    indent: int = 0
    marker: str = ""
    info: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    continued: bool = False
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A command someone has already typed: pressing it runs `command` with `args` through the same access check.

    `args` are short (ids, not titles): together they must fit `Capabilities.button_data_bytes`. A button with a `url`
    opens it instead.
    """

    label: str
    command: str = ""
    args: tuple[str, ...] = ()
    style: str = ""
    """"danger", "success", "primary" or nothing."""
    url: str = ""


ButtonRows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file on its way to people."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One platform message: blocks that fit, the buttons below them, and a file where it carries one."""

    blocks: tuple[Block, ...]
    buttons: ButtonRows = ()
    file: OutFile | None = None
    rich: bool = False
    """Whether it is laid out for the platform's richer form (`bot.platform.RichPages`)."""

    @property
    def text(self) -> str:
        """The visible text without any form, for logs of tests and for comparison."""
        return "\n".join(block.text for block in self.blocks)


def page_to_data(page: Page) -> dict[str, Any]:
    """The page as JSON can hold it; fields at their default are left out, so that a plain page stays small."""
    data: dict[str, Any] = {"blocks": [_block_to_data(block) for block in page.blocks]}
    if page.buttons:
        data["buttons"] = [[[b.label, b.command, list(b.args), b.style, b.url] for b in row] for row in page.buttons]
    if page.file is not None:
        data["file"] = [page.file.name, page.file.media_type, b64encode(page.file.data).decode()]
    if page.rich:
        data["rich"] = True
    return data


def page_from_data(data: Mapping[str, Any]) -> Page:
    """The reverse of `page_to_data`."""
    return Page(
        blocks=tuple(_block_from_data(block) for block in data["blocks"]),
        buttons=tuple(
            tuple(Button(label, command, tuple(args), style, url) for label, command, args, style, url in row)
            for row in data.get("buttons", ())
        ),
        file=_file_from_data(data["file"]) if "file" in data else None,
        rich=data.get("rich", False),
    )


def _file_from_data(data: Sequence[str]) -> OutFile:
    name, media_type, encoded = data
    return OutFile(name, media_type, b64decode(encoded))


_PLAIN = ("level", "quote", "indent", "marker", "info", "continued", "tight")


def _block_to_data(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": block.kind.value, "text": block.text}
    if block.spans:
        data["spans"] = [[s.start, s.end, s.kind.value, s.data] for s in block.spans]
    if block.rows:
        data["rows"] = [list(row) for row in block.rows]
    for name in _PLAIN:
        if value := getattr(block, name):
            data[name] = value
    return data


def _block_from_data(data: Mapping[str, Any]) -> Block:
    return Block(
        kind=BlockKind(data["kind"]),
        text=data["text"],
        spans=tuple(Span(start, end, SpanKind(kind), extra) for start, end, kind, extra in data.get("spans", ())),
        rows=tuple(tuple(row) for row in data.get("rows", ())),
        **{name: data[name] for name in _PLAIN if name in data},
    )


def paragraph(text: str) -> Block:
    """Plain text as one block."""
    return Block(BlockKind.PARAGRAPH, text)


def plain_page(text: str, buttons: Sequence[Sequence[Button]] = ()) -> Page:
    """A page of plain text."""
    return Page((paragraph(text),), tuple(tuple(row) for row in buttons))
