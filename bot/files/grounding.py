"""Answers strictly from documents: what the model is told, which of its words are let through, and what is said about
them.

Models are asked to name the page behind each fact and to quote word for word. Neither is believed: a quotation is shown
as one only when it stands in the documents, and only pages that there are count as sources. The text is checked as it
streams, so that no preview shows what the answer will not.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from bot.contracts.passages import cited
from bot.texts import Say, said_later

STRICT = (
    "Answer strictly from the documents of this conversation, whatever you know otherwise. Behind each fact name its "
    "place as [name, p. N], or [name] where there is no page, with the names as they are given. Put into quotation "
    "marks only what stands there word for word. If the documents do not answer the question, begin your answer with "
    "the line NOT IN THE DOCUMENTS, and say in a sentence what they are about instead."
)
"""Instructions to the model in addition to its system prompt."""

NOT_THERE = "NOT IN THE DOCUMENTS"
LONGEST_QUOTATION = 1_200
"""The most characters held back for the end of a quotation; anything longer is not one."""

_TAIL = 4
MOST_SOURCES = 6
"""Pages named below an answer, at most."""

_FROM = said_later("From the documents: {sources}")
_UNSOURCED = said_later("Based on the documents, but no page could be cited; please check.")
_SILENT = said_later("The documents do not say.")
_GENERAL = said_later("General answer: this session has no documents.")

_LINE = ">"
_MARKS: Mapping[str, str] = {_LINE: "\n", '"': '"', "“": "”", "„": "“", "«": "»", "»": "«", "「": "」", "『": "』"}
_CITATION = re.compile(r"\[([^\[\]\n]{1,200}?)(?:,\s*(?:p|pp|page|S|Seite|с|стр|стор|第)\.?\s*([\d\s,–-]+)(?:页)?)?\]")
LONGEST_CITATION = 240
"""Characters of a bracket held back to see whether it is one."""
_BRACKET_ENDS = re.compile(r"[\[\]\n]")
_FILE_NAME = re.compile(r".*\.[A-Za-z]\w{1,4}")


class GroundingCheck:
    """Checks one answer. `documents`: the text of each page, by document name and page number."""

    def __init__(self, documents: Mapping[str, Mapping[int, str]]) -> None:
        self._documents = documents
        self._pages = {
            (name, number): _plain(text) for name, pages in documents.items() for number, text in pages.items()
        }
        self._runs = {
            name: _plain("".join(pages[number] for number in sorted(pages))) for name, pages in documents.items()
        }
        self._held = ""
        self._text = ""
        self._quoted: list[tuple[str, int]] = []
        self._begun = False
        self._tail = ""
        self._fences = 0
        self.silent = False
        """Whether the documents do not contain the answer."""

    @property
    def empty(self) -> bool:
        """Whether there are no documents to answer from."""
        return not self._documents

    def feed(self, text: str) -> str:
        """More of the model's words; returns what of it can be shown."""
        if self.empty:
            return text
        self._held += text
        return self._release(at_end=False)

    def finish(self) -> str:
        """The model is done: returns the rest."""
        return self._release(at_end=True) if not self.empty else ""

    def label(self, say: Say) -> str:
        """The note below the answer about where it comes from."""
        if self.empty:
            return say(_GENERAL)
        if self.silent:
            return say(_SILENT)
        sources = self._sources()
        if not sources:
            return say(_UNSOURCED)
        return say(_FROM, sources="; ".join(sources))

    @property
    def names_places(self) -> bool:
        """Whether the answer cites a place that exists."""
        return bool(self._sources())

    # the text

    def _release(self, *, at_end: bool) -> str:
        if not self._begun:
            head = self._held.lstrip()
            if not at_end and len(head) <= len(NOT_THERE) and NOT_THERE.startswith(head[: len(NOT_THERE)]):
                return ""
            self._begun = True
            if head.lstrip("*# ").startswith(NOT_THERE):
                self.silent = True
                self._held = head.lstrip("*# ").removeprefix(NOT_THERE).lstrip("*.:\n ")
        shown = "".join(self._checked(at_end=at_end))
        self._text += shown
        return shown

    def _checked(self, *, at_end: bool) -> Iterator[str]:
        """The held text as far as it is checked; an unfinished quotation stays held."""
        while self._held:
            start = next(
                (i for i, character in enumerate(self._held) if self._is_mark(character) and self._opens(i)), None
            )
            if start is None:
                # A space may precede a citation that is removed.
                waits = self._held.endswith(" ") and not at_end
                yield self._pass(len(self._held) - waits)
                return
            cites = self._held[start] == "["
            yield self._pass(start - (cites and self._held[:start].endswith(" ")))
            if cites:
                if (shown := self._citation(at_end=at_end)) is None:
                    return
                yield shown
                continue
            mark = self._held[0]
            end = self._held.find(_MARKS[mark], 1)
            if end < 0 and not at_end and len(self._held) <= LONGEST_QUOTATION:
                return
            if end < 0 and mark == _LINE:
                end = len(self._held)
            if end < 0 or end > LONGEST_QUOTATION:
                yield self._pass(1)
                continue
            words = self._held[1:end]
            yield self._pass(end + 1) if self._stands(words) else self._unquoted(words, end + 1)

    @staticmethod
    def _is_mark(character: str) -> bool:
        return character == "[" or character in _MARKS

    def _citation(self, *, at_end: bool) -> str | None:
        """What to show of the bracket at the start of the held text; None if more of it is needed."""
        space = self._held.startswith(" ")
        begin = 1 + space
        end = _BRACKET_ENDS.search(self._held, begin)
        if not at_end and len(self._held) <= LONGEST_CITATION and (end is None or end.end() == len(self._held)):
            return None
        if end is None or end[0] != "]" or self._held.startswith(("(", "["), end.end()):
            return self._pass(begin)
        found = _CITATION.fullmatch(self._held, begin - 1, end.end())
        if found is None or (right := self._corrected(found)) == found[0]:
            return self._pass(begin)
        self._held = self._held[end.end() :]
        return f" {right}" if space and right else right

    def _corrected(self, found: re.Match[str]) -> str:
        """A citation with those of its pages that exist; "" if none does."""
        places = {page for _, page in self._places(found)}
        if found[2] is None:
            known = places or not _FILE_NAME.fullmatch(found[1].strip())
            return found[0] if known or self._is_said(found[0]) else ""
        if places.issuperset(map(int, re.findall(r"\d+", found[2]))) or self._is_said(found[0]):
            return found[0]
        return f"[{found[1]}, p. {', '.join(map(str, sorted(places)))}]" if places else ""

    def _is_said(self, words: str) -> bool:
        """Whether a document itself contains this."""
        plain = _plain(words)
        return any(plain in run for run in self._runs.values())

    def _pass(self, count: int) -> str:
        """Let that many characters through."""
        passed, self._held = self._held[:count], self._held[count:]
        self._count_fences(passed)
        return passed

    def _unquoted(self, words: str, count: int) -> str:
        """Let through the words of what turned out to be no quotation."""
        mark = self._held[0]
        self._held = self._held[count:]
        shown = f"{words.lstrip()}\n" if mark == _LINE else words
        self._count_fences(shown)
        return shown

    def _count_fences(self, shown: str) -> None:
        # A fence may come in two pieces.
        self._fences += (self._tail[-2:] + shown).count("```")
        self._tail = (self._tail + shown)[-_TAIL:]

    def _opens(self, at: int) -> bool:
        """Whether a mark opens a quotation: not within code, nor after a digit (inches), nor a ">" within a line."""
        before = (self._tail + self._held[:at])[-_TAIL:]
        if (self._fences + (self._tail[-2:] + self._held[:at]).count("```")) % 2:
            return False
        if self._held[at] == _LINE:
            return not before or before.endswith("\n")
        return not (self._held[at] == '"' and before[-1:].isdigit())

    def _stands(self, words: str) -> bool:
        """Whether a quotation stands in the documents; each of its pieces, where something is left out."""
        pieces = [piece for raw in re.split(r"\[?(?:…|\.\.\.)\]?", words) if (piece := _plain(raw))]
        if not pieces:
            return False
        found = next((name for name, run in self._runs.items() if all(piece in run for piece in pieces)), None)
        if found is None:
            return False
        page = next((n for (name, n), text in self._pages.items() if name == found and pieces[0] in text), 0)
        self._quoted.append((found, page))
        return True

    # the sources

    def _sources(self) -> list[str]:
        """The existing pages that the answer cites; otherwise those of its quotations."""
        named = [place for found in _CITATION.finditer(self._text) for place in self._places(found)]
        seen = list(dict.fromkeys(named or self._quoted))
        by_name: dict[str, list[int]] = {}
        for name, page in seen[:MOST_SOURCES]:
            by_name.setdefault(name, []).append(page)
        return [_shown(name, pages) for name, pages in by_name.items()]

    def _places(self, found: re.Match[str]) -> Iterator[tuple[str, int]]:
        asked = found[1].strip().casefold()
        name = next((name for name in self._documents if name.casefold() == asked), None)
        if name is None:
            return
        if found[2] is None:
            yield name, 0
        for number in re.findall(r"\d+", found[2] or ""):
            if int(number) in self._documents[name]:
                yield name, int(number)


def _shown(name: str, pages: Sequence[int]) -> str:
    numbers = ", ".join(str(page) for page in sorted(set(pages)) if page)
    return f"{name}, p. {numbers}" if numbers else name


def _plain(text: str) -> str:
    """A text without what differs between a page and a quotation of it: spaces, hyphens, forms of characters."""
    # 1.5 and 15 differ.
    return "".join(re.findall(r"[^\W_]+(?:[.,](?=\d)[^\W_]+)*", unicodedata.normalize("NFKC", text).casefold()))


def strict_prompt(names: Sequence[str]) -> str:
    """The instructions to the model, with how to cite its sources."""
    example = cited(names[0], 3) if names else ""
    return f"{STRICT} For example: {example}" if example else STRICT
