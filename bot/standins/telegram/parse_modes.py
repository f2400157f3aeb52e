"""Texts that come as markup: HTML, MarkdownV2 and the older Markdown, by the rules of the Bot API's documentation.

What does not parse is refused in the server's words, as a whole. Positions in these count bytes of UTF-8.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import NoReturn

from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.text import Entity, units

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_SIGNS = {
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
    "||": "spoiler",
    "```": "pre",
    "`": "code",
    "[": "text_link",
    "![": "custom_emoji",
}
_OLDER_SIGNS = {"_": "italic", "*": "bold", "```": "pre", "`": "code", "[": "text_link"}
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}
"""How the server calls them where one has no end."""


def parsed(text: str, mode: str) -> tuple[str, list[Entity]]:
    """The text without its markup, and the entities that this stands for.

    Raises ApiError where the server would not take it.
    """
    match mode.lower():
        case "html":
            return _Html(text).read()
        case "markdownv2":
            return _Markdown(text, _SIGNS).read()
        case "markdown":
            return _Markdown(text, _OLDER_SIGNS).read()
        case "none":
            return text, []
        case _:
            raise bad_request("unsupported parse_mode")


@dataclass(slots=True)
class _Open:
    """Markup whose end has not come yet."""

    kind: str
    sign: str
    """What it is written with: a tag's name, or the sign that ends it."""
    start: int
    """Where its text begins, in UTF-16 units."""
    at: int
    """Where it began in the source."""
    more: Entity = field(default_factory=dict)


class _Reader:
    """What both languages have in common: text that grows, and markup around it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._out: list[str] = []
        self._length = 0
        self._open: list[_Open] = []
        self._found: list[Entity] = []

    def _add(self, text: str) -> None:
        self._out.append(text)
        self._length += units(text)

    def _begin(self, kind: str, sign: str, at: int, **more: str) -> None:
        self._open.append(_Open(kind, sign, self._length, at, dict(more)))

    def _end(self, **more: str) -> None:
        closed = self._open.pop()
        if length := self._length - closed.start:
            self._found.append({"type": closed.kind, "offset": closed.start, "length": length, **closed.more, **more})

    def _refuse(self, words: str, at: int | None = None) -> NoReturn:
        where = "" if at is None else f" at byte offset {len(self._source[:at].encode())}"
        raise bad_request(f"can't parse entities: {words}{where}")

    def _whole(self) -> tuple[str, list[Entity]]:
        return "".join(self._out), self._found


class _Html(_Reader):
    """HTML: the tags that there are, each closed in its order, and the four named entities."""

    def read(self) -> tuple[str, list[Entity]]:
        at = 0
        while at < len(self._source):
            match self._source[at]:
                case "<":
                    at = self._tag(at)
                case "&" if found := _ENTITY.match(self._source, at):
                    self._add(unescape(found[0]))
                    at = found.end()
                case character:
                    self._add(character)
                    at += 1
        if self._open:
            self._refuse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].sign}"')
        return self._whole()

    def _tag(self, at: int) -> int:
        found = _TAG.match(self._source, at)
        if found is None:
            ends = re.match(r"</?([^\s>/]*)", self._source[at:])
            self._refuse(f'Unsupported start tag "{ends[1] if ends else ""}"', at)
        name = found[2].lower()
        if found[1]:
            self._close(name, at)
        else:
            self._start(name, found[3], at)
        return found.end()

    def _close(self, name: str, at: int) -> None:
        if not self._open:
            self._refuse("Unexpected end tag", at)
        if (expected := self._open[-1].sign) != name:
            where = len(self._source[:at].encode())
            self._refuse(f'Unmatched end tag at byte offset {where}, expected "</{expected}>", found "</{name}>"')
        if self._open[-1].kind == "text_link" and "url" not in self._open[-1].more:
            # A link without an address leads to its own words, where these are one.
            self._open.pop()
            return
        self._end()

    def _start(self, name: str, words: str, at: int) -> None:
        if name not in _TAGS:
            self._refuse(f'Unsupported start tag "{name}"', at)
        given = {each[0].lower(): unescape(each[1] or each[2] or each[3]) for each in _ATTRIBUTE.findall(words)}
        kind, more = _TAGS[name], {}
        if name == "span" and given.get("class") != "tg-spoiler":
            self._refuse('Tag "span" must have class "tg-spoiler"', at)
        if name == "a" and given.get("href"):
            more["url"] = given["href"]
        if name == "tg-emoji":
            more["custom_emoji_id"] = given.get("emoji-id", "")
        if name == "blockquote" and "expandable" in given:
            kind = "expandable_blockquote"
        language = given.get("class", "").removeprefix("language-")
        if name == "code" and language and self._open and self._open[-1].kind == "pre":
            self._open[-1].more["language"] = language
        self._begin(kind, name, at, **more)


class _Markdown(_Reader):
    """MarkdownV2, where every reserved character is markup or escaped; and the older one, where few are reserved."""

    def __init__(self, source: str, signs: dict[str, str]) -> None:
        super().__init__(source)
        self._signs = signs
        self._is_newer = signs is _SIGNS

    def read(self) -> tuple[str, list[Entity]]:
        at = 0
        while at < len(self._source):
            at = self._step(at)
        if self._quotes():
            self._end()
        if self._open:
            last = self._open[-1]
            self._refuse(f"Can't find end of {_NAMES[last.kind]} entity", last.at)
        return self._whole()

    def _quotes(self) -> bool:
        return bool(self._open) and self._open[-1].kind.endswith("blockquote")

    def _step(self, at: int) -> int:
        """Read what stands at one place; where the next begins."""
        rest = self._source[at:]
        last = self._open[-1] if self._open else None
        in_code = last is not None and last.kind in ("code", "pre")
        if rest[0] == "\\" and self._is_escape(rest, in_code=in_code):
            self._add(rest[1])
            return at + 2
        if last is not None and rest.startswith(last.sign) and not (last.sign == "_" and self._is_double(rest)):
            return self._close(last, at)
        if in_code or (last is not None and not self._is_newer):
            self._add(rest[0])
            return at + 1
        if self._is_newer and (quoted := self._quoted(rest, at)):
            return at + quoted
        for sign in sorted(self._signs, key=len, reverse=True):
            if rest.startswith(sign):
                return self._begins(sign, at)
        if self._is_newer and rest[0] in _RESERVED:
            words = f"Character '{rest[0]}' is reserved and must be escaped with the preceding '\\'"
            self._refuse(words)
        self._add(rest[0])
        return at + 1

    def _is_escape(self, rest: str, *, in_code: bool) -> bool:
        if len(rest) < 2:
            return False
        if not self._is_newer:
            return rest[1] in "_*`[" and not self._open
        return 0 < ord(rest[1]) < 127 and (not in_code or rest[1] in "`\\")

    def _is_double(self, rest: str) -> bool:
        return self._is_newer and rest.startswith("__")

    def _quoted(self, rest: str, at: int) -> int:
        """How many characters here begin, continue or end a quotation."""
        at_line_start = at == 0 or self._source[at - 1] == "\n"
        if self._quotes():
            if rest[0] == "\n" and not rest.startswith("\n>"):
                self._end()
                return 0
            return 1 if at_line_start and rest[0] == ">" else 0
        if at_line_start and rest.startswith("**>"):
            self._begin("expandable_blockquote", "\0", at)
            return 3
        if at_line_start and rest[0] == ">" and not self._open:
            self._begin("blockquote", "\0", at)
            return 1
        return 0

    def _begins(self, sign: str, at: int) -> int:
        kind, after, more = self._signs[sign], at + len(sign), {}
        if kind == "pre" and (language := re.match(r"([^\s`]+)\n|\n", self._source[after:])):
            more = {"language": language[1]} if language[1] else {}
            after += language.end()
        self._begin(kind, "]" if kind in ("text_link", "custom_emoji") else sign, at, **more)
        return after

    def _close(self, last: _Open, at: int) -> int:
        after = at + len(last.sign)
        if last.sign != "]":
            self._end()
            return after
        address = re.match(r"\(((?:\\.|[^)\\])*)\)", self._source[after:], re.DOTALL)
        if address is None:
            if last.kind == "custom_emoji":
                self._refuse("Custom emoji entity must contain a tg://emoji URL")
            if self._is_newer and self._source[after : after + 1] == "(":
                self._refuse("Can't find end of a URL", after)
            # Words in brackets alone are words.
            self._open.pop()
            return after
        url = re.sub(r"\\(.)", r"\1", address[1])
        if last.kind == "custom_emoji":
            self._end(custom_emoji_id=url.rpartition("id=")[2])
        else:
            self._end(url=url)
        return after + address.end()
