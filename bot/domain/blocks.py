"""What a person is shown, before any platform's form: blocks of text with spans, and pages of blocks.

A block is one paragraph, heading, list item, code block, table … in reading order. Nesting is flat: `quote` and
`indent` say how deep a block stands, so that cutting a page never has to open a tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


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
    """The visible line of a folded part: that part is the blocks after it that are one quote deeper."""
    ITEM = "item"
    """A list item's first paragraph; `marker` is what precedes it ("•", "3.", "☑")."""
    CODE = "code"
    """`info` is the language; the text has no fence and no final newline."""
    MATH = "math"
    """LaTeX on separate lines, without its dollars."""
    TABLE = "table"
    """`rows` holds the cells, the header row first; `text` is the same with cells joined by tabs, rows by newlines.

    `aligns` has a sign for each column: "<", "^" (centred), ">", or "-" where the text says nothing; "" is "-" for all.
    """
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
    aligns: str = ""
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
    in_app: bool = False
    """Whether the address opens inside the platform's app, which says there who looks at it: see
    `bot.contracts.abilities.Vouches`. Only in private chats."""


ButtonRows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """How a recording of speech is shown as a voice message."""

    seconds: float
    wave: bytes
    """How loud it is over its time: points of one byte each, at most 256."""


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file on its way to people."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    words: str = ""
    """What a picture shows, for those who cannot see it."""
    voice: Voice | None = None
    """Of speech in Opus and Ogg, which goes out as a voice message where there is such a thing."""


@dataclass(frozen=True, slots=True)
class Page:
    """One platform message: blocks that fit, the buttons below them, and a file where it carries one."""

    blocks: tuple[Block, ...]
    buttons: ButtonRows = ()
    file: OutFile | None = None
    rich: bool = False
    """Whether it is laid out for the platform's richer form (`bot.contracts.abilities.RichPages`)."""
    silent: bool = False
    """Whether it arrives without a sound, as far as its platform can do that."""
    only_there: bool = False
    """Whether it only says that what stands in its message is over: where that is gone, it is not shown."""

    @property
    def text(self) -> str:
        """The visible text without any form, for logs of tests and for comparison."""
        return "\n".join(block.text for block in self.blocks)


def paragraph(text: str) -> Block:
    """Plain text as one block."""
    return Block(BlockKind.PARAGRAPH, text)


def plain_page(text: str, buttons: Sequence[Sequence[Button]] = ()) -> Page:
    """A page of plain text."""
    return Page((paragraph(text),), tuple(tuple(row) for row in buttons))
