"""What chat templates put behind an answer, and a lone mark that ends thinking: dropped where they are no words.

A mark that is spoken of stays: in the middle, or as code. Held back is only what may be (the beginning of) one.
"""

import re

_TEMPLATE = frozenset((
    "<|im_end|>", "<|im_start|>assistant", "<|im_start|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>",
    "<|start_header_id|>assistant", "<|start_header_id|>", "<|end_header_id|>", "<|end_of_text|>", "<|endoftext|>",
    "<|end|>", "<|return|>", "<|start|>assistant", "<|assistant|>", "<|user|>", "<|end_of_sentence|>", "</s>", "<eos>",
    "<|eos|>", "<end_of_turn>", "<start_of_turn>model", "<start_of_turn>", "<|END_OF_TURN_TOKEN|>",
    "<｜end▁of▁sentence｜>", "<|END_RESPONSE|>", "<|end_of_solution|>", "</answer>",
))  # fmt: skip
"""What the templates of chats put behind an answer (ChatML, Llama, Gemma, Mistral, Phi, GLM, Cohere, DeepSeek)."""

_ELEMENTS = {"</s>": "<s>", "</answer>": "<answer>"}
"""Marks that are also the end of an element, and how that begins: with it they are words."""

_CLOSING = ("</think>", "</thinking>", "[/THINK]")
_LONE = re.compile(r"(?:</think>|</thinking>|\[/THINK\])(?P<after>[ \t]*(?:\r?\n[ \t\r\n]*|\Z))")
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_LONGEST_TAIL = 400
"""Code points. More marks than that behind each other are no end of an answer."""


def in_code(text: str) -> bool:
    """Whether what follows `text` is within a block of code, or right after a back-tick."""
    return (text.endswith("`") and not text.endswith("```")) or len(_FENCE.findall(text)) % 2 == 1


class TrailingMarks:
    """Drops the marks of templates behind an answer, and a lone mark that ends thinking. Takes text, returns text."""

    def __init__(self) -> None:
        self.lone = False
        """Whether thinking ended that had not begun: the template had opened it."""
        self._looked = False
        self._held = ""
        self._said: list[str] = []

    def feed(self, text: str) -> str:
        """What is sure by now."""
        if not self._held and "<" not in text and "[" not in text:
            self._said.append(text)
            return text
        text = self._held + text
        begins = _tail(text)
        if len(text) - begins > _LONGEST_TAIL:
            begins = len(text)
        self._held = text[begins:]
        return self._give(self._without_lone(text[:begins]))

    def end(self) -> str:
        """What was held and is no mark behind the answer."""
        held, self._held = self._held, ""
        begins, stripped = _template(held)
        if stripped and self._is_spoken_of(held[:begins], held[begins:]):
            begins = len(held)
        return self._give(self._without_lone(held[:begins]))

    def _give(self, text: str) -> str:
        if text:
            self._said.append(text)
        return text

    def _is_spoken_of(self, before: str, marks: str) -> bool:
        said = "".join(self._said) + before
        return in_code(said) or any(
            marks.startswith(end) and said.count(begin) > said.count(end) for end, begin in _ELEMENTS.items()
        )

    def _without_lone(self, text: str) -> str:
        """`text` without the first mark that ends thinking, if it is where one belongs; what follows is about it."""
        match = None if self._looked else _LONE.search(text)
        if match is None:
            return text
        self._looked = True
        said = "".join(self._said) + text[: match.start()]
        opening = "[THINK]" if match[0].startswith("[") else "<think"
        if in_code(said) or opening in said or not _stands_alone(said, match["after"]):
            return text
        self.lone = True
        return text[: match.start()] + text[match.start("after") if said.strip() else match.end() :]


def _stands_alone(said: str, after: str) -> bool:
    """Whether a mark between the two is on a separate line, or ends a sentence's paragraph."""
    line = said.rpartition("\n")[2]
    return not line.strip() or (not line[-1:].isspace() and after.count("\n") > 1)


def _tail(text: str) -> int:
    """Where that begins at the end of `text` which may be, or become, a mark."""
    at = max(text.rfind("<"), text.rfind("["))
    last = text[at:] if at >= 0 else ""
    if last and any(mark.startswith(last) and mark != last for mark in (*_TEMPLATE, *_CLOSING)):
        return min(at, _template(text[:at])[0])
    begins, found = _template(text)
    if found:
        return begins
    if last and any(last.startswith(mark) and not last[len(mark) :].strip() for mark in _CLOSING):
        # What follows tells a mark from a word about it.
        return at
    return len(text)


def _template(text: str) -> tuple[int, bool]:
    """Where the marks of templates at the end of `text` begin, and whether there are any."""
    begins, end, found = len(text), _before_spaces(text, len(text)), False
    # Each mark begins with the only "<" in it.
    while (at := text.rfind("<", 0, end)) >= 0 and text[at:end] in _TEMPLATE:
        begins, found = at, True
        end = _before_spaces(text, at)
    return begins, found


def _before_spaces(text: str, end: int) -> int:
    """Where the white space in front of `end` begins; without a copy of the text for each of its marks."""
    while end and text[end - 1].isspace():
        end -= 1
    return end
