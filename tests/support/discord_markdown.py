"""What Discord's client shows for a message: a model of how it reads Markdown.

The client parses with simple-markdown (MIT; its rules are public) and rules of its own, which others have found out and
documented: a rule is tried at each place from the left; bold, italic and underline at one place go to the longest; in a
link's words there are no escapes, and words with an address, a mention or an emoji in them make the whole no link.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

SPECIAL = "special"
"""Something stands there that is not the text: a mention, an emoji, a time."""

_HEADING = re.compile(r"(#{1,3})\s+(?!#)([^\n]*)\n?")
_SUBTEXT = re.compile(r"-# +(?!-#)([^\n]+)\n?")
_QUOTE = re.compile(r">>> (?P<all>.*)|(?:> [^\n]*(?:\n *> [^\n]*)*\n?)", re.DOTALL)
_LIST = re.compile(r"(?:(?:[*-]|\d+\.) +.[^\n]*(?:\n [^\n]*)*\n?)+", re.DOTALL)
_ITEM = re.compile(r"((?:[*-]|\d+\.) +)(.[^\n]*(?:\n [^\n]*)*)\n?", re.DOTALL)
_BLOCK = re.compile(r"```(?:([a-zA-Z0-9_\-+.#]*)\n)?\n*(.*?[^\n].*?)\n*```", re.DOTALL)
_ESCAPE = re.compile(r"\\([^A-Za-z0-9\s])")
_AUTOLINK = re.compile(r"<([^: >]+:/[^ >]+)>")
_URL = re.compile(r"(?:https?|steam)://[^\s<]+[^<.,:;\"'\]\s]")
_MENTION = re.compile(
    r"<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|<t:-?\d+(?::[tTdDfFR])?>|</[-\w ]+:\d+>|<id:\w+>|<\d+:\w+>|@everyone|@here"
)
_MAIL = re.compile(r"<(?:(?:mailto|tel|sms):[^\s>]+|\+\d+|[^\s<>@]+@[^\s<>@]+)>")
_SHORTCODE = re.compile(r":([\w+-]+):")
_LINK = re.compile(
    r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
    r"\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"](.*?)['\"])?\s*\)",
    re.DOTALL,
)
_CODE = re.compile(r"(`+)(.*?[^`])\1(?!`)", re.DOTALL)
_PAIRS = (
    ("strike", re.compile(r"~~(.+?)~~(?!_)", re.DOTALL)),
    ("spoiler", re.compile(r"\|\|(.+?)\|\|", re.DOTALL)),
)
_SPANS = (
    (
        "italic",
        re.compile(
            r"_((?:__|\\.|[^\\_])+?)_\b|\*(?=\S)((?:\*\*|\\.|\s+(?:\\.|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)", re.DOTALL
        ),
    ),
    ("bold", re.compile(r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)", re.DOTALL)),
    ("underline", re.compile(r"__((?:\\.|[^\\])+?)__(?!_)", re.DOTALL)),
)
_DEEPEST_LIST = 11


@dataclass(frozen=True, slots=True)
class Sign:
    """One character as it is shown: with what formats it, and the address it leads to."""

    char: str
    kinds: frozenset[str]
    link: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    kinds: frozenset[str] = frozenset()
    link: str = ""
    before: str = ""
    """What stands before on its line: nothing, spaces, or something."""
    lists: int = 0
    quoted: bool = False
    escapes: bool = True
    label: bool = False

    def within(self, kind: str) -> "_Context":
        return replace(self, kinds=self.kinds | {kind})


@dataclass(slots=True)
class _Reader:
    text: str
    context: _Context
    signs: list[Sign] = field(default_factory=list)
    at: int = 0

    def all(self) -> list[Sign]:
        while self.at < len(self.text):
            if not any(rule(self) for rule in (_LABEL_RULES if self.context.label else _RULES)):
                self.put(self.text[self.at])
                self.at += 1
        return self.signs

    def put(self, text: str, context: _Context | None = None) -> None:
        context = context or self.context
        self.signs += [Sign(char, context.kinds, context.link) for char in text]

    def inner(self, text: str, context: _Context) -> None:
        self.signs += _Reader(text, context).all()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.at)

    def line_before(self) -> str:
        line = self.text[: self.at].rpartition("\n")
        return line[2] if line[1] else self.context.before + line[2]


def shown(markdown: str) -> list[Sign]:
    """The message as it is seen."""
    return _Reader(markdown, _Context()).all()


def _block(reader: _Reader) -> bool:
    if not (found := reader.match(_BLOCK)):
        return False
    reader.put(found[2], reader.context.within("block"))
    reader.at = found.end()
    return True


def _line_rules(reader: _Reader) -> bool:
    before, context = reader.line_before(), reader.context
    if before.strip(" "):
        return False
    if not before and not context.lists and (found := reader.match(_HEADING)):
        title = found[2].rstrip().rstrip("#").rstrip()
        reader.inner(title, replace(context.within(f"heading{len(found[1])}"), before="$"))
        reader.put("\n")
    elif not before and (found := reader.match(_SUBTEXT)):
        reader.inner(found[1], replace(context.within("subtext"), before="$"))
        reader.put("\n")
    elif not context.quoted and (found := reader.match(_QUOTE)):
        text = found["all"] if found["all"] is not None else re.sub(r"^ *> ", "", found[0], flags=re.MULTILINE)
        reader.inner(text, replace(context.within("quote"), quoted=True, before=""))
    elif context.lists < _DEEPEST_LIST and (found := reader.match(_LIST)):
        _list(reader, found[0])
    else:
        return False
    reader.at = found.end()
    return True


def _list(reader: _Reader, text: str) -> None:
    number = 0
    for count, item in enumerate(_ITEM.finditer(text)):
        bullet = item[1].strip()
        if not count:
            number = 0 if bullet in "*-" else min(max(int(bullet[:-1]), 1), 1_000_000_000)
        reader.put(f"{number + count}. " if number else "• ", reader.context.within("marker"))
        content = re.sub(rf"^ {{1,{len(item[1])}}}", "", item[2], flags=re.MULTILINE)
        reader.inner(content, replace(reader.context, lists=reader.context.lists + 1, before=""))
        reader.put("\n")


def _escape(reader: _Reader) -> bool:
    if not reader.context.escapes or not (found := reader.match(_ESCAPE)):
        return False
    reader.put(found[1])
    reader.at = found.end()
    return True


def _address(reader: _Reader) -> bool:
    found = reader.match(_AUTOLINK)
    address = found[1] if found else ""
    if not found and (found := reader.match(_URL)):
        address = found[0]
        # Closing brackets at its end that it has not opened are the sentence's.
        while address.endswith(")") and len(address) - len(address.rstrip(")")) > address.count("("):
            address = address[:-1]
    if not found:
        return False
    leads = address if address.startswith(("http://", "https://")) else ""
    reader.put(address, replace(reader.context.within("address"), link=leads))
    reader.at = found.end() if found[0].startswith("<") else reader.at + len(address)
    return True


def _stand_in(reader: _Reader) -> bool:
    found = reader.match(_MENTION) or reader.match(_MAIL)
    if not found and (code := reader.match(_SHORTCODE)) and (not code[1].isdigit() or code[1] in ("100", "1234")):
        found = code
    if not found:
        return False
    reader.put(found[0], reader.context.within(SPECIAL))
    reader.at = found.end()
    return True


def _link(reader: _Reader) -> bool:
    found = reader.match(_LINK)
    if not found:
        return False
    target = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", found[2])
    tried = _Reader(found[1], replace(reader.context, escapes=False)).all()
    if not target.startswith(("http://", "https://")) or not _is_label(tried):
        reader.put(found[0])
    else:
        # There, unusual spaces and signs that do not show are taken out.
        words = "".join(
            c for c in found[1] if c in "\n " or unicodedata.category(c) not in ("Cf", "Zs", "Zl", "Zp", "Cc")
        )
        context = replace(reader.context, link=target, label=True, escapes=False)
        reader.inner(words, context)
    reader.at = found.end()
    return True


def _is_label(signs: list[Sign]) -> bool:
    for sign in signs:
        if sign.kinds & {SPECIAL, "address"} or ("code" not in sign.kinds and is_emoji(sign.char)):
            return False
    return any(not sign.char.isspace() for sign in signs)


def is_emoji(char: str) -> bool:
    """Whether the client may draw it as a picture."""
    if char in "©®™":
        return False
    return unicodedata.category(char) == "So" or char in "‼⁉〰\ufe0f\u20e3↔↕"


def _formats(reader: _Reader) -> bool:
    matches = [(kind, found) for kind, pattern in _SPANS if (found := reader.match(pattern))]
    if not matches:
        matches = [(kind, found) for kind, pattern in _PAIRS if (found := reader.match(pattern))][:1]
    if not matches:
        return False
    # The longest; italic before bold before underline where they are the same.
    kind, found = max(matches, key=lambda match: match[1].end())
    content = next(group for group in found.groups() if group is not None)
    reader.inner(content, replace(reader.context.within(kind), before=reader.line_before()))
    reader.at = found.end()
    return True


def _code(reader: _Reader) -> bool:
    if not (found := reader.match(_CODE)):
        return False
    content = re.sub(r"^ (?= *`)", "", found[2])
    content = re.sub(r"(` *) $", r"\1", content)
    reader.put(content, reader.context.within("code"))
    reader.at = found.end()
    return True


_RULES = (_block, _line_rules, _escape, _address, _stand_in, _link, _formats, _code)
_LABEL_RULES = (_stand_in, _formats, _code)


def words(signs: list[Sign]) -> Iterator[Sign]:
    """What is seen of them: no white space, and nothing that takes no place."""
    return (sign for sign in signs if not sign.char.isspace() and sign.char != "\u200b")
