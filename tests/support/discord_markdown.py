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
class _Reading:
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
        self.signs += _Reading(text, context).all()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.at)

    def line_before(self) -> str:
        line = self.text[: self.at].rpartition("\n")
        return line[2] if line[1] else self.context.before + line[2]


def shown(markdown: str) -> list[Sign]:
    """The message as it is seen."""
    return _Reading(markdown, _Context()).all()


def _block(reading: _Reading) -> bool:
    if not (found := reading.match(_BLOCK)):
        return False
    reading.put(found[2], reading.context.within("block"))
    reading.at = found.end()
    return True


def _line_rules(reading: _Reading) -> bool:
    before, context = reading.line_before(), reading.context
    if before.strip(" "):
        return False
    if not before and not context.lists and (found := reading.match(_HEADING)):
        title = found[2].rstrip().rstrip("#").rstrip()
        reading.inner(title, replace(context.within(f"heading{len(found[1])}"), before="$"))
        reading.put("\n")
    elif not before and (found := reading.match(_SUBTEXT)):
        reading.inner(found[1], replace(context.within("subtext"), before="$"))
        reading.put("\n")
    elif not context.quoted and (found := reading.match(_QUOTE)):
        text = found["all"] if found["all"] is not None else re.sub(r"^ *> ", "", found[0], flags=re.MULTILINE)
        reading.inner(text, replace(context.within("quote"), quoted=True, before=""))
    elif context.lists < _DEEPEST_LIST and (found := reading.match(_LIST)):
        _list(reading, found[0])
    else:
        return False
    reading.at = found.end()
    return True


def _list(reading: _Reading, text: str) -> None:
    number = 0
    for count, item in enumerate(_ITEM.finditer(text)):
        bullet = item[1].strip()
        if not count:
            number = 0 if bullet in "*-" else min(max(int(bullet[:-1]), 1), 1_000_000_000)
        reading.put(f"{number + count}. " if number else "• ", reading.context.within("marker"))
        content = re.sub(rf"^ {{1,{len(item[1])}}}", "", item[2], flags=re.MULTILINE)
        reading.inner(content, replace(reading.context, lists=reading.context.lists + 1, before=""))
        reading.put("\n")


def _escape(reading: _Reading) -> bool:
    if not reading.context.escapes or not (found := reading.match(_ESCAPE)):
        return False
    reading.put(found[1])
    reading.at = found.end()
    return True


def _address(reading: _Reading) -> bool:
    found = reading.match(_AUTOLINK)
    address = found[1] if found else ""
    if not found and (found := reading.match(_URL)):
        address = found[0]
        # Closing brackets at its end that it has not opened are the sentence's.
        while address.endswith(")") and len(address) - len(address.rstrip(")")) > address.count("("):
            address = address[:-1]
    if not found:
        return False
    leads = address if address.startswith(("http://", "https://")) else ""
    reading.put(address, replace(reading.context.within("address"), link=leads))
    reading.at = found.end() if found[0].startswith("<") else reading.at + len(address)
    return True


def _stand_in(reading: _Reading) -> bool:
    found = reading.match(_MENTION) or reading.match(_MAIL)
    if not found and (code := reading.match(_SHORTCODE)) and (not code[1].isdigit() or code[1] in ("100", "1234")):
        found = code
    if not found:
        return False
    reading.put(found[0], reading.context.within(SPECIAL))
    reading.at = found.end()
    return True


def _link(reading: _Reading) -> bool:
    found = reading.match(_LINK)
    if not found:
        return False
    target = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", found[2])
    tried = _Reading(found[1], replace(reading.context, escapes=False)).all()
    if not target.startswith(("http://", "https://")) or not _is_label(tried):
        reading.put(found[0])
    else:
        # There, unusual spaces and signs that do not show are taken out.
        words = "".join(
            c for c in found[1] if c in "\n " or unicodedata.category(c) not in ("Cf", "Zs", "Zl", "Zp", "Cc")
        )
        context = replace(reading.context, link=target, label=True, escapes=False)
        reading.inner(words, context)
    reading.at = found.end()
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


def _formats(reading: _Reading) -> bool:
    matches = [(kind, found) for kind, pattern in _SPANS if (found := reading.match(pattern))]
    if not matches:
        matches = [(kind, found) for kind, pattern in _PAIRS if (found := reading.match(pattern))][:1]
    if not matches:
        return False
    # The longest; italic before bold before underline where they are the same.
    kind, found = max(matches, key=lambda match: match[1].end())
    content = next(group for group in found.groups() if group is not None)
    reading.inner(content, replace(reading.context.within(kind), before=reading.line_before()))
    reading.at = found.end()
    return True


def _code(reading: _Reading) -> bool:
    if not (found := reading.match(_CODE)):
        return False
    content = re.sub(r"^ (?= *`)", "", found[2])
    content = re.sub(r"(` *) $", r"\1", content)
    reading.put(content, reading.context.within("code"))
    reading.at = found.end()
    return True


_RULES = (_block, _line_rules, _escape, _address, _stand_in, _link, _formats, _code)
_LABEL_RULES = (_stand_in, _formats, _code)


def words(signs: list[Sign]) -> Iterator[Sign]:
    """What is seen of them: no white space, and nothing that takes no place."""
    return (sign for sign in signs if not sign.char.isspace() and sign.char != "\u200b")
