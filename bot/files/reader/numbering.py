"""What Word does not keep as text: the numbers of lists and headings, which headings are, and where a page begins."""

from collections.abc import Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from bot.files.reader.archive import attribute, local

_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_OFF = ("0", "false", "off")
LEVELS = 9


class _Level(NamedTuple):
    form: str = "decimal"
    text: str = ""
    start: int = 1


class Numbering:
    """Counts the paragraphs of one document, in their order."""

    def __init__(self, styles: Element | None, numbering: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        for node in styles if styles is not None else ():
            if local(node) == "style" and attribute(node, "type") in ("paragraph", None):
                self._styles[attribute(node, "styleId") or ""] = node
        self._lists = _lists(numbering)
        self._counts: dict[str, dict[int, int]] = {}
        self._known: dict[str, Mapping[str, str]] = {}

    def begins_page(self, properties: Element) -> bool:
        """Whether this paragraph always stands at the top of a page."""
        found = self._of(properties).get("pageBreakBefore")
        return found is not None and found not in _OFF

    def label(self, properties: Element) -> str:
        """What stands before the words: "## " of a heading, "2.1. " of a numbered paragraph, "" otherwise."""
        found = self._of(properties)
        outline = found.get("outlineLvl", "")
        mark = "#" * (int(outline) + 1) + " " if outline.isdigit() and int(outline) < LEVELS else ""
        return mark + self._number(found)

    def _of(self, properties: Element) -> Mapping[str, str]:
        own = _facts(properties)
        style = own.get("pStyle")
        return {**self._inherited(style, 0), **own} if style else own

    def _inherited(self, style: str, depth: int) -> Mapping[str, str]:
        if style in self._known:
            return self._known[style]
        node = self._styles.get(style)
        found: dict[str, str] = {}
        if node is not None:
            children = {local(child): child for child in node}
            base = attribute(children["basedOn"], "val") if "basedOn" in children else None
            if base and depth < 20:
                found.update(self._inherited(base, depth + 1))
            if "pPr" in children:
                found.update(_facts(children["pPr"]))
        self._known[style] = found
        return found

    def _number(self, found: Mapping[str, str]) -> str:
        number, level = found.get("numId", "0"), int(found.get("ilvl", "0"))
        levels = self._lists.get(number)
        if levels is None or level not in levels:
            return ""
        counts = self._counts.setdefault(levels[level][0], {})
        counts[level] = counts.get(level, levels[level][1].start - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return _shown({n: each for n, (_, each) in levels.items()}, counts, level)


def _facts(properties: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in properties:
        name = local(child)
        if name in ("pStyle", "outlineLvl", "pageBreakBefore"):
            found[name] = attribute(child, "val") or "1"
        elif name == "numPr":
            for each in child:
                value = attribute(each, "val") or ""
                if value.isdigit():
                    found[local(each)] = value
    return found


def _lists(numbering: Element | None) -> dict[str, dict[int, tuple[str, _Level]]]:
    """The levels of each list by its number; lists of one kind count together, by that kind's id."""
    nodes = list(numbering) if numbering is not None else []
    kinds = {attribute(node, "abstractNumId") or "": _levels(node) for node in nodes if local(node) == "abstractNum"}
    found: dict[str, dict[int, tuple[str, _Level]]] = {}
    for node in nodes:
        if local(node) == "num":
            kind = next((attribute(child, "val") or "" for child in node if local(child) == "abstractNumId"), "")
            number = attribute(node, "numId") or ""
            levels = dict(kinds.get(kind, {}))
            restarts = [child for child in node if local(child) == "lvlOverride"]
            for override in restarts:
                levels.update(_levels(override))
                start = next(
                    (attribute(child, "val") or "" for child in override if local(child) == "startOverride"), ""
                )
                at = attribute(override, "ilvl") or ""
                if start.isdigit() and at.isdigit() and int(at) in levels:
                    level = levels[int(at)]
                    levels[int(at)] = _Level(level.form, level.text, int(start))
            counted = f"{kind}/{number}" if restarts else kind
            found[number] = {n: (counted, level) for n, level in levels.items()}
    return found


def _levels(node: Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for child in node:
        at = attribute(child, "ilvl") or ""
        if local(child) == "lvl" and at.isdigit():
            facts = {local(each): attribute(each, "val") or "" for each in child}
            start = facts.get("start", "1")
            found[int(at)] = _Level(
                facts.get("numFmt", "decimal"), facts.get("lvlText", ""), int(start) if start.isdigit() else 1
            )
    return found


def _shown(levels: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
    own = levels[level]
    if own.form == "none":
        return ""
    if own.form == "bullet":
        return "• "
    text = own.text
    for number in range(level + 1):
        if f"%{number + 1}" in text:
            each = levels.get(number, _Level())
            text = text.replace(f"%{number + 1}", counted(counts.get(number, each.start), each.form))
    return f"{text} " if text else ""


def counted(number: int, form: str) -> str:
    """A number in one of Word's forms."""
    if form.endswith("Letter") and number > 0:
        sign = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return sign.upper() if form.startswith("upper") else sign
    if form.endswith("Roman") and 0 < number < 4000:
        sign, left = "", number
        for value, letters in _ROMAN:
            sign += letters * (left // value)
            left %= value
        return sign.upper() if form.startswith("upper") else sign
    return f"{number:02}" if form == "decimalZero" else str(number)
