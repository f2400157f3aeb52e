"""markdown-it's stream of tokens -> flat blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.markup import inline
from bot.rendering.markup.html import SUMMARY
from bot.rendering.markup.table import table

# Deeper than this, quotes and lists are shown as they were typed.
_DEEPEST = 24
# A display formula longer than this is no formula; it also bounds the search for its end.
_LONGEST_FORMULA_LINES = 100

# `[1]: https://…`. Definitions stay visible, so that a line such as "[Alice]: hello" is never taken for one and lost.
_DEFINITION = re.compile(r"^[ >]{0,9}\[([^\[\]\n]{1,200})\]:[ \t]+<?(https?://[^\s<>]+)", re.MULTILINE)

# `> [!WARNING]`, the head of an alert as GitHub shows it.
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?=\n|\Z)")

_FORMULA_ENDS = {"$$": "$$", "\\[": "\\]"}


class Parser:
    """markdown-it with this package's rules; made once, holds nothing between texts."""

    def __init__(self) -> None:
        md = MarkdownIt("commonmark", {"tasklists": True, "maxNesting": 2 * _DEEPEST})
        md.enable("table").disable(["reference", "html_block"])
        md.block.ruler.at("table", table, {"alt": ["paragraph", "reference"]})
        md.block.ruler.before("table", "too_deep", _too_deep)
        md.block.ruler.before("fence", "formula", _formula, {"alt": ["paragraph", "reference", "blockquote", "list"]})
        md.block.ruler.before("blockquote", "quote_end", _quote_end, {"alt": ["blockquote"]})
        inline.install(md)
        self._md = md

    def blocks(self, text: str, env: dict[str, object]) -> list[Token]:
        """The outer structure; the text of its `inline` tokens is not looked into yet."""
        tokens: list[Token] = []
        self._md.block.parse(text, self._md, env, tokens)
        return tokens

    def spans(self, text: str, env: dict[str, object]) -> tuple[str, tuple[Span, ...]]:
        """Running text without its markers, and what they mean."""
        return inline.read(self._md, text, env)


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Everything below the deepest level as one paragraph; markdown-it itself would drop it."""
    if silent or state.level < _DEEPEST:
        return False
    line = start + 1
    while line < end and (state.sCount[line] >= state.blkIndent or state.isEmpty(line)):
        line += 1
    content = state.getLines(start, line, state.blkIndent, False).strip()
    state.line = line
    state.push("paragraph_open", "p", 1)
    token = state.push("inline", "", 0)
    token.content, token.map = content, [start, line]
    state.push("paragraph_close", "p", -1)
    return True


def _quote_end(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line without `>` ends its quote, as in every chat.

    CommonMark lets the quote's paragraph go on there. markdown-it looks for such lines up to the next empty one, and
    again at each quote: `> # a`, `b` in turn made 16 kB of text take five seconds.
    """
    # A table asks the same rules whether its next row ends it.
    return silent and state.parentType == "blockquote"


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""`$$ … $$` and `\[ … \]` on separate lines."""
    begin = state.bMarks[start] + state.tShift[start]
    opener = state.src[begin : begin + 2]
    closer = _FORMULA_ENDS.get(opener)
    if closer is None or state.is_code_block(start):
        return False
    first = state.src[begin + 2 : state.eMarks[start]].strip()
    last = start
    lines = [first]
    while not (lines[-1].endswith(closer) and (last > start or len(first) > 1)):
        last += 1
        if last >= min(end, start + _LONGEST_FORMULA_LINES):
            if first or last < end:
                return False
            break  # still being written: what there is of it
        line = state.src[state.bMarks[last] + state.tShift[last] : state.eMarks[last]].strip()
        if not line or state.sCount[last] < state.blkIndent:
            return False
        if line.startswith(opener) and len(line) > 2:
            return False  # the next formula begins; this one was none
        lines.append(line)
    content = "\n".join(lines).removesuffix(closer).strip()
    if closer in content:
        return False
    if silent:
        return True
    state.line = min(last + 1, end)
    token = state.push("formula", "", 0)
    token.content, token.map = content, [start, state.line]
    return True


@dataclass(slots=True)
class _List:
    """An open list: the number of its last item, as counted and as it was written."""

    number: int = 0
    written: str = ""

    def marker(self, item: Token) -> str:
        """What precedes the item; `1. 1. 1.` counts, any other numbers are kept."""
        box = {None: "", True: "☑", False: "☐"}[item.meta.get("checked")]
        if not item.info:
            return box or "•"
        self.number = self.number + 1 if item.info == self.written else int(item.info)
        self.written = item.info
        return f"{self.number}{item.markup} {box}".rstrip()


class Reader:
    """Reads one text."""

    def __init__(self, parser: Parser, text: str) -> None:
        self._parser = parser
        self._text = text
        self._env: dict[str, object] = {"references": _definitions(text)}
        self._blocks: list[Block] = []
        self._quote = 0
        self._lists: list[_List] = []
        self._marker = ""
        self._line = -1
        """The source line behind the last block: a block that begins there has no empty line before it."""

    def blocks(self) -> tuple[Block, ...]:
        """The text as blocks."""
        stream = iter(self._parser.blocks(self._text, self._env))
        for token in stream:
            match token.type:
                case "inline":
                    self._running(token, 0)
                case "heading_open":
                    self._running(next(stream), int(token.tag[1:]))
                case "list_item_open":
                    self._flush_marker(token)
                    self._marker = self._lists[-1].marker(token)
                case "list_item_close":
                    self._flush_marker(token)
                case "bullet_list_open" | "ordered_list_open":
                    self._flush_marker(token)
                    self._lists.append(_List())
                case "bullet_list_close" | "ordered_list_close":
                    self._lists.pop()
                case "blockquote_open":
                    self._flush_marker(token)
                    self._quote += 1
                case "blockquote_close":
                    self._quote -= 1
                case "table_open":
                    self._table(token, stream)
                case "fence" | "code_block" | "formula" | "hr":
                    self._leaf(token)
        return tuple(self._blocks)

    def _running(self, token: Token, level: int) -> None:
        if token.content.startswith(SUMMARY):
            text, spans = self._parser.spans(token.content[1:], self._env)
            self._add(token, BlockKind.SUMMARY, text, tuple(s for s in spans if s.kind is not SpanKind.BOLD))
            return
        alert = _ALERT.match(token.content) if self._quote else None
        content = token.content if alert is None else f"**{alert[1]}**{token.content[alert.end() :]}"
        text, spans = self._parser.spans(content, self._env)
        if self._marker:
            if level and text:
                spans = (Span(0, len(text), SpanKind.BOLD), *(s for s in spans if s.kind is not SpanKind.BOLD))
            self._item(token, text, spans)
        elif text:
            self._add(token, BlockKind.HEADING if level else BlockKind.PARAGRAPH, text, spans, level=level)

    def _leaf(self, token: Token) -> None:
        self._flush_marker(token)
        if token.type == "hr":
            self._add(token, BlockKind.RULE, "")
        elif token.type == "formula":
            self._add(token, BlockKind.MATH, token.content)
        else:
            info = token.info.split(maxsplit=1)
            self._add(token, BlockKind.CODE, token.content.removesuffix("\n"), info=info[0] if info else "")

    def _table(self, opening: Token, stream: Iterator[Token]) -> None:
        self._flush_marker(opening)
        rows: list[list[str]] = []
        spans: list[Span] = []
        length = 0
        for token in stream:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                text, marks = self._parser.spans(token.content, self._env)
                # Tabs and newlines part cells and rows in the block's text; same length, so the marks still fit.
                text = text.replace("\n", " ").replace("\t", " ")
                spans += [Span(s.start + length, s.end + length, s.kind, s.data) for s in marks]
                length += len(text) + 1
                rows[-1].append(text)
        self._add(
            opening,
            BlockKind.TABLE,
            "\n".join("\t".join(row) for row in rows),
            tuple(spans),
            rows=tuple(tuple(row) for row in rows),
            aligns=opening.info if opening.info.strip("-") else "",
        )

    def _flush_marker(self, token: Token) -> None:
        """An item that does not begin with running text still shows its marker."""
        if self._marker:
            self._item(token, "", ())

    def _item(self, token: Token, text: str, spans: tuple[Span, ...]) -> None:
        marker, self._marker = self._marker, ""
        self._add(token, BlockKind.ITEM, text, spans, marker=marker)

    def _add(
        self,
        token: Token,
        kind: BlockKind,
        text: str,
        spans: tuple[Span, ...] = (),
        *,
        level: int = 0,
        marker: str = "",
        info: str = "",
        rows: tuple[tuple[str, ...], ...] = (),
        aligns: str = "",
    ) -> None:
        begin, end = token.map or (self._line, self._line)
        adjacent = bool(self._blocks) and begin <= self._line
        self._blocks.append(
            Block(
                kind,
                text,
                spans,
                level=level,
                quote=self._quote,
                indent=len(self._lists),
                marker=marker,
                info=info,
                rows=rows,
                aligns=aligns,
                tight=adjacent and kind not in (BlockKind.HEADING, BlockKind.SUMMARY, BlockKind.RULE),
            )
        )
        self._line = begin if kind is BlockKind.ITEM and not text else end


def _definitions(text: str) -> dict[str, dict[str, str]]:
    if "]:" not in text:
        return {}
    found: dict[str, dict[str, str]] = {}
    for match in _DEFINITION.finditer(text):
        found.setdefault(normalizeReference(match[1]), {"href": match[2], "title": ""})
    return found
