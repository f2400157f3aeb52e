"""What the model says to whom, and how much of it stands in a chat afterwards."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_MARK = re.compile(r"\bq\d+x\b")
_SENTENCE = "{:03} is the number of this sentence, which is one of a great many."
_SENTENCES = re.compile(r"(\d{3})isthenumberofthissentence,whichisoneofagreatmany\.")
_BLANK = re.compile(r"\s+")

BROKEN = (
    "3 * 4 = 12, and _nobody closed this.",
    "A list: List<String>, if (a < b && c > d).",
    "**This is bold without an end.",
    "`This is code without an end.",
    "[A link](without an end",
    "~~Struck out, without an end.",
    "A table | of | one line",
    "||A spoiler without an end",
    "snake_case_name and file_name.txt",
    "100 % \\o/ C:\\new\\temp",
)
"""What models write that is no Markdown, a paragraph each: nothing of it is markup, so that every character is text."""


def question(number: int) -> str:
    """What a person says; the answer refers to it by its mark."""
    return f"This is question {mark(number)}, please answer it."


def mark(number: int) -> str:
    """A word that no formatter changes."""
    return f"q{number}x"


def marks_of(body: Mapping[str, Any]) -> list[str]:
    """The questions that a request to the model is to answer: those behind the last answer to others."""
    found: list[str] = []
    for message in reversed(body["messages"]):
        if message["role"] == "assistant" and not message.get("tool_calls"):
            break
        if message["role"] == "user":
            found = _MARK.findall(_words(message["content"])) + found
    return list(dict.fromkeys(found))


def _words(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content or ())


def opening(marks: Iterable[str]) -> str:
    """How an answer begins: once for each question that it answers."""
    return " ".join(f"Answer to {each}." for each in marks)


def sentences(count: int) -> str:
    """A long answer whose sentences are told apart by their numbers, five to a paragraph."""
    said = [_SENTENCE.format(number) for number in range(1, count + 1)]
    return "\n\n".join(" ".join(said[start : start + 5]) for start in range(0, count, 5))


@dataclass(frozen=True, slots=True)
class Shown:
    """How often the sentences of a long answer stand in a chat."""

    missing: int
    once: int
    repeated: int
    messages: int

    def __str__(self) -> str:
        total = self.missing + self.once + self.repeated
        if self.once == total:
            return f"whole, in {self.messages} messages" if self.messages > 1 else "whole, in one message"
        if self.missing == total:
            return "lost"
        parts = [f"{self.missing} of {total} sentences missing"] if self.missing else []
        parts += [f"{self.repeated} of {total} sentences twice"] if self.repeated else []
        return ", ".join(parts)


def shown(texts: Sequence[str], count: int) -> Shown:
    """What of `sentences(count)` these messages hold; one that a cut goes through counts as whole."""
    found = Counter(_SENTENCES.findall(_BLANK.sub("", "".join(texts))))
    often = [found[f"{number:03}"] for number in range(1, count + 1)]
    messages = sum("isthenumber" in _BLANK.sub("", text) for text in texts)
    return Shown(often.count(0), often.count(1), sum(each > 1 for each in often), messages)


def lost_characters(wanted: str, texts: Sequence[str]) -> str:
    """The characters of a text, blanks aside, that these messages do not hold in its order."""
    source, seen = _BLANK.sub("", wanted), _BLANK.sub("", "".join(texts))
    matcher = SequenceMatcher(None, source, seen, autojunk=False)
    return "".join(source[a0:a1] for tag, a0, a1, _, _ in matcher.get_opcodes() if tag in ("delete", "replace"))
