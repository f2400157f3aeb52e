"""The thinking that an answer begins with, told apart where the model's server does not.

Held back is only what may be the beginning of a mark, so an ordinary answer's words are never late.
"""

import re
from enum import Enum

_THINKING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "<longcat_think>": "</longcat_think>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel>thought": "<channel|>",
}
"""What thinking begins with, and what ends it: most models; EXAONE and Gemini's endpoint in OpenAI's format
(`<thought>`); Seed-OSS; LongCat; Magistral; Kimi; Command; OpenThinker; Gemma 4."""

_ANSWER = ("<answer>", "<|START_RESPONSE|>", "<|begin_of_solution|>")
"""What the answer begins with behind the thinking of some (Hunyuan, Command, OpenThinker). What ends it is among the
marks behind an answer."""

_HARMONY = re.compile(
    r"(?:<\|start\|>\s*assistant)?\s*<\|channel\|>\s*(?P<channel>[a-z]+)(?P<to>[^<\n]{0,80})"
    r"(?:<\|constrain\|>\s*[a-z]*\s*)?<\|message\|>"
)
"""The head of a message in the format of gpt-oss (OpenAI's harmony); of a channel other than "final" it is thinking."""
_HARMONY_BEGINS = ("<|start|>", "<|channel|>")
_HARMONY_END = re.compile(r"<\|(?:end|return|call)\|>|<\|start\|>assistant|(?=<\|channel\|>)")
_LONGEST_HEAD = 160

_THINKERS = re.compile(
    r"\bqwq|deepseek-r1|[-_/]r1(?:\b|[-_:])|qwen3.*thinking|thinking-2507|-reasoner\b|nemotron.*reason", re.IGNORECASE
)


def thinks(model: str) -> bool:
    """Whether a model's template is known by name to open the thinking itself, so that only its end is in the text."""
    return _THINKERS.search(model) is not None


class _State(Enum):
    """How far the beginning of an answer has been read."""

    UNKNOWN = 0
    OPENED = 1
    """The template has opened the thinking, or so it is supposed: everything waits for what ends it."""
    THINKING = 2
    HARMONY = 3
    """Within a thought in harmony's format."""
    HEAD = 4
    """Between two of its messages."""
    ENDED = 5
    """The answer has not begun: the lines between the two belong to neither."""
    OVER = 6


class ThinkingSplitter:
    """Tells thinking from the answer that follows it. Takes text as it comes and returns (thought, text)."""

    def __init__(self, *, opened: bool = False) -> None:
        """`opened`: whether the template of this model opens the thinking."""
        self.missed = False
        """Whether thinking that the template was supposed to open has had no end: it was none."""
        self._opened = opened
        self._state = _State.UNKNOWN
        self._held = ""
        self._supposed: list[str] = []
        """What is thinking if its end comes, and the answer if it does not."""
        self._closing = ""

    @property
    def over(self) -> bool:
        """Whether the answer itself has begun: everything that follows is text."""
        return self._state is _State.OVER

    def no_thinking(self) -> None:
        """The server tells thinking apart by itself: none is within the text without a mark."""
        self._opened = False

    def feed(self, text: str) -> tuple[str, str]:
        """What is sure by now."""
        self._held += text
        thought = ""
        while True:
            state, held = self._state, self._held
            more, words = self._step()
            thought += more
            if words or self._state is _State.OVER or (self._state, self._held) == (state, held):
                return thought, words

    def end(self) -> tuple[str, str]:
        """No more text will come: what was held goes where it belongs."""
        held, self._held = "".join((*self._supposed, self._held)), ""
        inside = self._state in (_State.THINKING, _State.HARMONY)
        harmony = self._state is _State.HEAD
        self.missed = self._state is _State.OPENED
        self._state = _State.OVER
        if harmony:
            return "", ""
        return (held, "") if inside else ("", held)

    def _step(self) -> tuple[str, str]:
        match self._state:
            case _State.UNKNOWN:
                return "", self._begin()
            case _State.OPENED:
                return self._suppose(), ""
            case _State.THINKING:
                return self._close(), ""
            case _State.HARMONY:
                return self._end_message(), ""
            case _State.HEAD:
                lost = not self._open_message() and len(self._held) > _LONGEST_HEAD
                return "", self._let_go() if lost else ""
            case _State.ENDED:
                return "", self._begin_answer()
            case _State.OVER:
                return "", self._let_go()

    def _begin(self) -> str:
        head = self._held.lstrip()
        for opening, closing in _THINKING.items():
            if head.startswith(opening):
                self._state, self._held, self._closing = _State.THINKING, head.removeprefix(opening), closing
                return ""
        if any(mark.startswith(head) for mark in _THINKING):
            return ""
        if head.startswith(_HARMONY_BEGINS) or any(mark.startswith(head) for mark in _HARMONY_BEGINS):
            return self._begin_harmony(head)
        if self._opened:
            self._state, self._closing = _State.OPENED, "</think>"
            return ""
        return self._let_go()

    def _begin_answer(self) -> str:
        """The answer without what it begins with; nothing while that is still to come."""
        self._held = self._held.lstrip()
        if any(mark.startswith(self._held) and mark != self._held for mark in _ANSWER):
            return ""
        for mark in _ANSWER:
            self._held = self._held.removeprefix(mark).lstrip()
        return self._let_go() if self._held else ""

    def _begin_harmony(self, head: str) -> str:
        """The first head of a message; not one that is only spoken of."""
        if _HARMONY.match(head):
            self._held = head
            self._open_message()
            return ""
        return "" if len(head) < _LONGEST_HEAD and "\n" not in head else self._let_go()

    def _open_message(self) -> bool:
        """Read the head of the next message; False if it is incomplete."""
        match = _HARMONY.search(self._held)
        if match is None:
            return False
        final = match["channel"] == "final" and " to=" not in match["to"]
        self._state = _State.ENDED if final else _State.HARMONY
        self._held = self._held[match.end() :]
        return True

    def _end_message(self) -> str:
        if match := _HARMONY_END.search(self._held):
            thought, self._held, self._state = self._held[: match.start()], self._held[match.start() :], _State.HEAD
            return thought
        return self._all_but(len("<|start|>assistant"))

    def _suppose(self) -> str:
        """All of the thinking at its end; nothing is sure before."""
        self._supposed.append(self._close())
        if self._state is _State.OPENED:
            return ""
        thought = "".join(self._supposed)
        self._supposed.clear()
        return thought

    def _close(self) -> str:
        thought, mark, rest = self._held.partition(self._closing)
        if mark:
            self._state, self._held = _State.ENDED, rest
            return thought
        return self._all_but(len(self._closing))

    def _all_but(self, most: int) -> str:
        """What is held except for its last characters, which may belong to a mark."""
        sure = max(0, len(self._held) - most)
        thought, self._held = self._held[:sure], self._held[sure:]
        return thought

    def _let_go(self) -> str:
        """Return what was held; from now on nothing is."""
        self._state = _State.OVER
        held, self._held = self._held, ""
        return held
