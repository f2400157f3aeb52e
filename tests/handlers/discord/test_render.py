"""What Discord's client shows for what is sent is the answer: its text, its links, its code, its formatting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.blocks import Block, BlockKind, SpanKind, paragraph
from bot.rendering.layout import paginate, tables
from bot.rendering.markup import parse
from bot.rendering.markup.maths import readable
from handlers.discord.inline import LONGEST_ADDRESS, with_plain_maths
from handlers.discord.render import SEPARATOR, measure, render
from tests.rendering.forms import SAMPLES, sample_text
from tests.rendering.test_pages import MARKDOWN
from tests.support.discord_markdown import SPECIAL, Sign, shown, words

_CODES = (SpanKind.CODE, SpanKind.MATH)
_FORMATS = {"bold", "italic", "underline", "strike", "spoiler", "code", "block", "quote"}
_LOOSE = {"code", "address", "link"}
"""Within these a formatting may be left out: it would end there."""
_PLAIN_ADDRESS = regex.compile(r"(?<![^\s])https?://[\w./%?=&-]{2,}\w(?![^\s])")
_UNSEEN = {"\u200b", "│"}


@dataclass(frozen=True, slots=True)
class _End:
    """A link ends here."""

    address: str


def check(blocks: Sequence[Block]) -> None:
    """Hold the promise for one message."""
    signs = [sign for sign in words(shown(render(blocks))) if sign.char not in _UNSEEN]
    assert not any(SPECIAL in sign.kinds for sign in signs)
    at = 0
    for wanted in (item for block in blocks for item in _wanted(block)):
        if isinstance(wanted, _End):
            at = _check_link(signs, at, wanted.address)
            continue
        assert at < len(signs), f"missing: {wanted}"
        sign = signs[at]
        assert sign.char == wanted.char, f"{wanted.char!r} is {_text(signs[max(at - 10, 0) : at + 10])!r}"
        found, meant = sign.kinds & _FORMATS, wanted.kinds & _FORMATS
        assert found <= meant if (sign.kinds | wanted.kinds) & _LOOSE else found == meant, (wanted, sign)
        at += 1
    assert at == len(signs) or _text(signs) == "…", f"too much: {_text(signs[at:])}"


def _check_link(signs: Sequence[Sign], at: int, address: str) -> int:
    """The words before `at` are the link, or the address stands behind them; gives the place behind it."""
    behind = f"({address})"
    if at < len(signs) and signs[at].char == "(" and unquote(_text(signs[at:])).startswith(unquote(behind)):
        end = at + 1
        while signs[end].link:
            end += 1
        assert unquote(signs[at + 1].link) == unquote(address)
        return end + 1
    assert unquote(signs[at - 1].link).rstrip("/") == unquote(address).rstrip("/")
    return at


def _text(signs: Sequence[Sign]) -> str:
    return "".join(sign.char for sign in signs)


def _wanted(block: Block) -> Iterator[Sign | _End]:
    base = {"quote"} if block.quote else set()
    match block.kind:
        case BlockKind.CODE:
            yield from _signs(block.text, {"block", *base})
        case BlockKind.MATH:
            plain = readable(block.text)
            yield from _signs(plain or block.text, base if plain is not None else {"block", *base})
        case BlockKind.RULE:
            yield from _signs("———", base)
        case BlockKind.TABLE:
            columns = tables.columns(block, 48) if block.rows else block.text
            if columns is None:
                yield from _running(tables.listed(block), base)
            else:
                yield from _signs(columns, {"block", *base})
        case BlockKind.HEADING | BlockKind.SUMMARY if not block.continued:
            bold = block.kind is BlockKind.SUMMARY or block.level > 3
            without = Block(
                block.kind, block.text, tuple(s for s in block.spans if not bold or s.kind != SpanKind.BOLD)
            )
            yield from _running(without, base | ({"bold"} if bold else set()))
        case _:
            if block.kind is BlockKind.ITEM and not block.continued:
                yield from _signs(block.marker, base)
            yield from _running(block, base)


def _running(block: Block, base: set[str]) -> Iterator[Sign | _End]:
    block = with_plain_maths(block)
    spans = [span for span in block.spans if len(span.data) <= LONGEST_ADDRESS]
    bare = [found.span() for found in _PLAIN_ADDRESS.finditer(block.text)]
    ends = {_last(block.text, span.start, span.end): span.data for span in spans if span.kind is SpanKind.LINK}
    for place, char in enumerate(block.text):
        over = {span.kind.value for span in spans if span.start <= place < span.end}
        if over & {"code", "math"}:
            over = (over - {"math"}) | {"code"}
        if any(start <= place < end for start, end in bare):
            over.add("address")
        yield from _signs(char, base | over)
        if place in ends:
            yield _End(ends[place])


def _last(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end - 1


def _signs(text: str, kinds: set[str]) -> Iterator[Sign]:
    for char in text:
        if not char.isspace() and char not in _UNSEEN:
            yield Sign(char, frozenset(kinds))


def pages(markdown: str, limit: int = 2_000) -> list[tuple[Block, ...]]:
    blocks = parse(markdown) or (paragraph("…"),)
    return paginate(blocks, limit=limit, measure=measure, separator=SEPARATOR)


# What breaks Discord's Markdown, in crumbs.
CRUMBS = (
    *"abc *_`~|[]()<>#-+.1 \n\\:@!",
    "**",
    "__",
    "||",
    "~~",
    "``",
    "`a`",
    "*b*",
    "**c**",
    "~~d~~",
    "||e||",
    "<u>f</u>",
    "***g***",
    "https://e.com/a_b_c",
    "https://e.com/Tea_(meal)",
    "https://e.com/*x*",
    "(https://e.com/ab).",
    "<https://e.com/a_b>",
    "[https://e.com/a_b](https://e.com/a_b)",
    "[https://e.com/ab](https://other.com/)",
    "[snake_case_](https://e.com/x_y)",
    "[`a_b`](https://e.com/c)",
    "[**b** [c]](https://e.com/a(b))",
    "[😀 docs](https://e.com/)",
    "[it's](https://e.com/ 'a title')",
    "<@1>",
    "<@&1>",
    "<#1>",
    "<:e:1>",
    "<t:0>",
    "<t:0:R>",
    "</a:1>",
    "@everyone",
    "@here",
    ":smile:",
    ":100:",
    "\n# ",
    "\n#### ",
    "\n-# ",
    "\n> ",
    "\n>>> ",
    "\n- ",
    "\n  - ",
    "\n3. ",
    "\n7. ",
    "\n1. ",
    "\n\n",
    "\n```\n",
    "`` `date` ``",
    "steam://a_b_c",
    "http://",
    "$a_b$",
)
HOSTILE = st.lists(st.sampled_from(CRUMBS), max_size=14).map("".join)


@pytest.mark.parametrize(
    ("markdown", "sent"),
    [
        ("see https://en.wikipedia.org/wiki/Tea_bag", "see https://en.wikipedia.org/wiki/Tea_bag"),
        ("https://e.com/_a_/__b__?c_d=*e&f", "https://e.com/_a_/__b__?c_d=*e&f"),
        ("(see https://e.com/a_b).", "(see <https://e.com/a_b>)."),
        ("https://e.com/a_b, and https://e.com/c_d.", "https://e.com/a_b, and https://e.com/c_d."),
        ("https://en.wikipedia.org/wiki/Tea_(meal)", "<https://en.wikipedia.org/wiki/Tea_(meal)>"),
        ("**https://e.com/a_b**", "**https://e.com/a_b**"),
        ("https://e.com/a_(b_(c_(d)))", "<https://e.com/a_(b_(c_(d)))>"),
        ("https://e.com/?a=1&amp;b_c=2", "https://e.com/?a=1&b_c=2"),
        ("`` a`b `` and ``` a``b`c ```", "``a`b`` and a\\`\\`b\\`c"),
        ("<https://e.com/a_b>", "<https://e.com/a_b>"),
        ("[https://e.com/a_b](https://e.com/a_b)", "<https://e.com/a_b>"),
        ("[https://e.com](https://e.com/)", "<https://e.com>"),
        ("[https://e.com/ab](https://f.com/c)", "https://e.com/ab (<https://f.com/c>)"),
        ("[snake_case](https://e.com/a_b)", "[snake_case](<https://e.com/a_b>)"),
        ("[a*b](https://e.com/)", "[a*b](<https://e.com/>)"),
        ("[\\_\\_init\\_\\_.py](https://e.com/)", "\\_\\_init\\_\\_.py (<https://e.com/>)"),
        ("[`a_b`](https://e.com/)", "[`a_b`](<https://e.com/>)"),
        ("[**a**](https://e.com/)", "[**a**](<https://e.com/>)"),
        ("[a [b] c](https://e.com/x)", "[a [b] c](<https://e.com/x>)"),
        ('[w](https://e.com/a_(b) "title")', "[w](<https://e.com/a_(b)>)"),
        ("[w](<https://e.com/a)b>)", "[w](<https://e.com/a%29b>)"),
        ("[📖 Docs](https://e.com/x)", "📖 Docs (<https://e.com/x>)"),
        ("[हिन्दी, 中文](https://e.com/x)", "[हिन्दी, 中文](<https://e.com/x>)"),
        ("`` `date` ``", "`` `date` ``"),
        ("`` a`b ``", "``a`b``"),
        ("``` a``b ```", "`a``b`"),
        ("`` ` ``", "`` ` ``"),
        ("**`a**b`**", "`a**b`"),
        ("# C#", "# C#\u200b"),
        ("#### deep", "**deep**"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("3. a\n7. b", "3. a\n7\\. b"),
        ("0. a", "0\\. a"),
        ("-# no subtext", "\\-# no subtext"),
        ("\\>>> no quote", "\\>>> no quote"),
        ("<@1> <#2> <:e:3> <t:0>", "\\<@1> \\<#2> \\<\\:e:3> \\<t:0>"),
        ("@everyone at 12:30:45 :smile:", "\\@everyone at 12:30:45 \\:smile:"),
        ("**a***b*", "**a**\u200b*b*"),
        ("````\n```\n````", "```\n`\u200b`\u200b`\n```"),
    ],
)
def test_it_is_sent_as_the_client_reads_it(markdown: str, sent: str) -> None:
    blocks = parse(markdown)
    assert render(blocks) == sent
    check(blocks)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_seen_as_they_were_meant(path: Path) -> None:
    for page in pages(sample_text(path)[:30_000]):
        check(page)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(markdown=HOSTILE | MARKDOWN)
def test_anything_is_seen_as_it_was_meant(markdown: str) -> None:
    for page in pages(markdown):
        check(page)
