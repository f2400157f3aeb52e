r"""Running text: markers -> spans.

markdown-it finds emphasis, strikethrough, code, escapes and entities. Its other rules are replaced:

- emphasis: `2*3*4` and `x**2` are sums, and `**Note:**text` or `**重点：**内容` are bold, as models mean them;
- links: brackets are matched once per text (markdown-it searches for the end again at each of 10,000 `[`);
- `<…>`: an address, `<br>`, or a simple element such as `<sub>2</sub>`, else text: `vector<std::string>` stays whole;
- added: `||spoiler||`, footnotes, LaTeX, and addresses, whose underscores are no emphasis.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from bot.domain.blocks import Span, SpanKind
from bot.rendering.markup import html

_MARKUP = re.compile(r"[\\`*_~\[<&$]|\|\|")
_LINE_EDGES = re.compile(r"[ \t]*\n[ \t]*")

# Where plain text may end. Tighter than markdown-it's own set: every stop costs a round through all rules.
_STOPS = re.compile(r"[\n`*_\[\]<\\$]|~(?=~)|!(?=\[)|&(?=[#a-zA-Z])|\|(?=\|)|:(?=//)")

_BRACKETS = re.compile(r"\\.|`[^`]*`|\[|\]", re.DOTALL)
_ADDRESS = re.compile(r"<(https?://[^\s<>]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Brackets, quotes, asterisks and double tildes may belong to the markup around the address.
ADDRESS = re.compile(
    r"://(?:[^\s<>\[\]()|\"`*~\\]|~(?!~)|(?<!\*)\*(?=[\w/?&=%])"
    r"|\((?:[^\s<>()\[\]`*]|\((?:[^\s<>()\[\]`*]|\([^\s<>()\[\]`*]*\))*\))*\))*"
)
"""An address in running text, from behind its scheme. A sentence's punctuation may be at its end."""
_DOLLARS = re.compile(r"\$(?=[^\s$])((?:[^$\\\n]|\\.)+)(?<!\s)\$(?![0-9A-Za-z$])")
_FORMULA_SIGN = re.compile(r"[\\^_={}+<>*/|]")
# The colon belongs to the note itself, which begins its line.
_FOOTNOTE = re.compile(r"\[\^([\w.-]{1,20})\](:(?=[ \t]))?")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SHOWN_SCHEMES = ("http://", "https://")

_KINDS = {
    "strong_open": SpanKind.BOLD,
    "em_open": SpanKind.ITALIC,
    "s_open": SpanKind.STRIKE,
    "u_open": SpanKind.UNDERLINE,
    "spoiler_open": SpanKind.SPOILER,
    "link_open": SpanKind.LINK,
}


def install(md: MarkdownIt) -> None:
    """Put this module's rules in the places of markdown-it's."""
    md.enable(["strikethrough"])
    md.disable(["image", "html_inline"])
    ruler = md.inline.ruler
    ruler.at("emphasis", _emphasis)
    ruler.at("link", _link)
    ruler.at("autolink", _angle)
    ruler.before("escape", "formula", _formula)
    ruler.before("link", "footnote", _footnote)
    ruler.after("link", "spoiler", _spoiler)
    ruler.after("spoiler", "address", _bare_address)
    md.inline.terminator_re = _STOPS


def read(md: MarkdownIt, text: str, env: dict[str, object]) -> tuple[str, tuple[Span, ...]]:
    """The text as it is read, and its spans, the outer before the inner."""
    if not _MARKUP.search(text):
        return (_LINE_EDGES.sub("\n", text) if "\n" in text else text), ()
    tokens = md.inline.parse(text, md, env, [])
    if "||" in text:
        _pair_spoilers(tokens)
    return _Text().write(tokens)


class _Text:
    """Text and spans as they grow."""

    __slots__ = ("_length", "_open", "_parts", "_spans")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[Span] = []
        self._open: list[tuple[int, SpanKind, str]] = []

    def write(self, tokens: list[Token]) -> tuple[str, tuple[Span, ...]]:
        for token in tokens:
            kind = token.type
            if kind == "text" or kind == "text_special" or kind == "spoiler":
                self._put(token.content)
            elif kind == "softbreak" or kind == "hardbreak":
                self._put("\n")
            elif kind == "code_inline":
                self._put_as(token.content, SpanKind.CODE)
            elif kind == "formula":
                self._put_as(token.content, SpanKind.MATH)
            elif token.nesting > 0:
                self._open.append((self._length, _KINDS[kind], str(token.attrs.get("href", ""))))
            elif token.nesting < 0:
                self._close()
        return self._finish()

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _put_as(self, text: str, kind: SpanKind) -> None:
        if text:
            self._spans.append(Span(self._length, self._length + len(text), kind))
            self._put(text)

    def _close(self) -> None:
        start, kind, address = self._open.pop()
        if kind is SpanKind.LINK:
            if not address.startswith(_SHOWN_SCHEMES):
                self._tell_address(start, address)
                return
            if self._length == start:
                self._put(address)
        elif any(outer == kind for _, outer, _ in self._open):
            return  # bold within bold
        if self._length > start:
            self._spans.append(Span(start, self._length, kind, address))

    def _tell_address(self, start: int, address: str) -> None:
        """No chat can follow `./README.md`: show it behind the label. An anchor leads nowhere at all."""
        if address and not address.startswith("#"):
            self._put(f" ({address})" if self._length > start else address)

    def _finish(self) -> tuple[str, tuple[Span, ...]]:
        text = "".join(self._parts)
        shown = text.strip()
        if len(shown) == len(text):
            self._spans.sort(key=_outer_first)
            return text, tuple(self._spans)
        shift = len(text) - len(text.lstrip())
        clipped = [Span(max(s.start - shift, 0), min(s.end - shift, len(shown)), s.kind, s.data) for s in self._spans]
        return shown, tuple(sorted((s for s in clipped if s.start < s.end), key=_outer_first))


def _outer_first(span: Span) -> tuple[int, int]:
    return span.start, -span.end


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _emphasis(state: StateInline, silent: bool) -> bool:
    start = state.pos
    marker = state.src[start]
    if silent or (marker != "*" and marker != "_"):
        return False
    opens, closes, length = state.scanDelims(start, marker == "*")
    if marker == "*":
        before = state.src[start - 1] if start else " "
        after = state.src[start + length] if start + length < state.posMax else " "
        if _is_word(before) and (after.isdigit() or (length == 1 and _is_word(after))):
            opens = closes = False
        elif length > 1:
            opens, closes = not after.isspace(), not before.isspace()
    state.pos += length
    if not (opens or closes):
        state.append_pending(marker * length)
        return True
    for _ in range(length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(Delimiter(ord(marker), length, len(state.tokens) - 1, -1, opens, closes))
    return True


def _brackets(text: str) -> dict[int, int]:
    """Where each `[` is closed; code and escaped brackets do not count."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKETS.finditer(text):
        if match[0] == "[":
            opened.append(match.start())
        elif match[0] == "]" and opened:
            pairs[opened.pop()] = match.start()
    return pairs


def _link(state: StateInline, silent: bool) -> bool:
    """`[label](address "title")`, `[label][reference]`, `[reference]`, and images as links to them."""
    start = state.pos
    image = state.src.startswith("![", start)
    if silent or not (image or state.src[start] == "["):
        return False
    begin = start + 1 + image
    if not state.cache:
        # markdown-it's own cache of look-aheads, which no rule here makes.
        state.cache = {-1: -1, **_brackets(state.src)}
    end = state.cache.get(begin - 1, -1)
    if not 0 <= end < state.posMax:
        return False
    behind, address = _destination(state, end + 1) or _reference(state, begin, end)
    if behind < 0:
        return False
    nested = state.linkLevel > 0
    maximum, state.pos, state.posMax = state.posMax, begin, end
    if not nested:
        state.push("link_open", "a", 1).attrs = {"href": address}
    state.linkLevel += 1
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    if not nested:
        state.push("link_close", "a", -1)
    state.pos, state.posMax = behind, maximum
    return True


def _destination(state: StateInline, pos: int) -> tuple[int, str] | None:
    """What is in the parentheses after a label, and the position after them."""
    source, maximum = state.src, state.posMax
    if not source.startswith("(", pos):
        return None
    pos = _skip_spaces(source, pos + 1, maximum)
    found = state.md.helpers.parseLinkDestination(source, pos, maximum)
    address = state.md.normalizeLink(found.str) if found.ok else ""
    if not state.md.validateLink(address):
        return None
    behind = _skip_spaces(source, found.pos if found.ok else pos, maximum)
    if behind > found.pos:
        title = state.md.helpers.parseLinkTitle(source, behind, maximum)
        if title.ok:
            behind = _skip_spaces(source, title.pos, maximum)
    if behind >= maximum or source[behind] != ")":
        return None
    return behind + 1, address


def _skip_spaces(source: str, pos: int, maximum: int) -> int:
    while pos < maximum and source[pos] in " \t\n":
        pos += 1
    return pos


def _reference(state: StateInline, begin: int, end: int) -> tuple[int, str]:
    label, behind = state.src[begin:end], end + 1
    if state.src.startswith("[", behind) and (second := state.cache.get(behind, -1)) > 0:
        label, behind = state.src[behind + 1 : second] or label, second + 1
    found = state.env["references"].get(normalizeReference(label)) if state.env["references"] else None
    return (behind, found["href"]) if found else (-1, "")


def _angle(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "<":
        return False
    if match := _BREAK.match(state.src, state.pos, state.posMax):
        state.push("hardbreak", "br", 0)
    elif match := html.INLINE.match(state.src, state.pos, state.posMax):
        _element(state, match[1].lower(), match.start(2), match.end(2))
    elif match := _ADDRESS.match(state.src, state.pos, state.posMax):
        if match[1].startswith("http") and not state.linkLevel:
            state.push("link_open", "a", 1).attrs = {"href": match[1]}
            state.push("text", "", 0).content = match[1]
            state.push("link_close", "a", -1)
        else:
            state.append_pending(match[1])
    else:
        return False
    state.pos = match.end()
    return True


def _element(state: StateInline, tag: str, start: int, end: int) -> None:
    """A simple HTML element; `start` and `end` say where its text is."""
    if tag in ("sub", "sup"):
        state.push("text", "", 0).content = html.script(tag, state.src[start:end])
        return
    if tag in ("kbd", "code"):
        state.push("code_inline", "code", 0).content = state.src[start:end]
        return
    kind = html.SPANS[tag]
    maximum, state.pos, state.posMax = state.posMax, start, end
    state.push(f"{kind}_open", tag, 1)
    state.md.inline.tokenize(state)
    state.push(f"{kind}_close", tag, -1)
    state.posMax = maximum


def _footnote(state: StateInline, silent: bool) -> bool:
    """`[^1]` as ¹, both in the text and at its note; a name that is no number stays in brackets."""
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if silent or match is None:
        return False
    name = match[1]
    state.append_pending(name.translate(_RAISED) if name.isascii() and name.isdigit() else f"[{name}]")
    state.pos = match.end()
    if match[2] and not state.src.startswith((" ", "\n"), state.pos):
        state.append_pending(" ")
    return True


def _bare_address(state: StateInline, silent: bool) -> bool:
    """An address in running text: platforms find it by themselves, if only its characters stay as they are."""
    if silent or state.src[state.pos] != ":" or not state.pending.endswith(("http", "https")):
        return False
    match = ADDRESS.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    address = match[0].rstrip("_~")
    # The one reference that writers of addresses know; whatever else looks like one is a part of the address.
    state.append_pending(address.replace("&amp;", "&"))
    state.pos += len(address)
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    r"""`$…$`, `$$…$$`, `\(…\)` and `\[…\]`; prices are no formulas."""
    source, start = state.src, state.pos
    opener = source[start : start + 2]
    if silent or opener[:1] not in ("$", "\\"):
        return False
    if closer := {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}.get(opener):
        if state.html_terminator_last(closer) < start + 3:
            return False
        end = source.find(closer, start + 2, state.posMax)
        content, behind = source[start + 2 : max(end, 0)].strip(), end + 2
        # "\[citation needed\]" is an escaped bracket.
        if opener == "\\[" and len(content) > 3 and not _FORMULA_SIGN.search(content):
            return False
    else:
        match = _DOLLARS.match(source, start, state.posMax)
        if opener[0] == "\\" or not match or (start and source[start - 1].isalnum()):
            return False
        content, behind = match[1], match.end()
        if content[0].isdigit() and " " in content and not _FORMULA_SIGN.search(content):
            return False
    if not content:
        return False
    state.push("formula", "", 0).content = content
    state.pos = behind
    return True


def _spoiler(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if silent or not state.src.startswith("||", start):
        return False
    end = start + 2
    while end < state.posMax and state.src[end] == "|":
        end += 1
    before = state.src[start - 1] if start else " "
    after = state.src[end] if end < state.posMax else " "
    token = state.push("spoiler", "", 0)
    token.content = state.src[start:end]
    if end - start == 2:
        token.meta = {
            "opens": not after.isspace() and not _is_word(before),
            "closes": not before.isspace() and not _is_word(after),
        }
    state.pos = end
    return True


def _pair_spoilers(tokens: list[Token]) -> None:
    """Pair the marks that are in the same span, so that spans nest; a mark without its pair stays text."""
    opened: list[Token | None] = [None]
    for token in tokens:
        if token.type == "spoiler":
            begin = opened[-1]
            if begin is not None and token.meta.get("closes"):
                begin.type, begin.nesting, begin.content = "spoiler_open", 1, ""
                token.type, token.nesting, token.content = "spoiler_close", -1, ""
                opened[-1] = None
            elif token.meta.get("opens"):
                opened[-1] = token
        elif token.nesting > 0:
            opened.append(None)
        elif token.nesting < 0:
            opened.pop()
