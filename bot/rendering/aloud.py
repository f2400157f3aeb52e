"""What of an answer can be read aloud, and how much of it is."""

import re

from bot.domain.blocks import Block, BlockKind, SpanKind
from bot.rendering import markup

LONGEST_BEGINNING = 600
"""Characters that are read of a long answer unless somebody wants all of it: less than a minute."""
LONGEST_PIECE = 3_500
"""Characters that are read in one recording; vendors take up to 4,096."""

_READ = frozenset((BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.ITEM, BlockKind.SUMMARY))
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_SIGNS = re.compile(r"[*_~`|#^\\<>{}\[\]]+|[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"'”’»)]*(?=\s|$)|[。！？]+|\n|$)", re.DOTALL)


def readable_aloud(text: str) -> str:
    """The sentences of a Markdown text, a block on each line: without code, tables, formulas and addresses."""
    spoken = (_words(block) for block in markup.parse(text) if block.kind in _READ)
    return "\n".join(line for line in spoken if any(sign.isalnum() for sign in line))


def _words(block: Block) -> str:
    words, at = [], 0
    for span in sorted(block.spans, key=lambda span: span.start):
        if span.kind is SpanKind.MATH and span.start >= at:
            words.append(block.text[at : span.start])
            at = span.end
    plain = _SIGNS.sub(" ", _ADDRESS.sub(" ", "".join((*words, block.text[at:]))))
    line = re.sub(r"\s+(?=[.,;:!?])", "", " ".join(plain.split()))
    # A pause behind what does not end as a sentence does: a heading, an item.
    return line if not line or line[-1] in ".,;:!?…。！？" else f"{line}."


def beginning(text: str) -> str:
    """The first sentences of what can be read aloud; one that is too long alone is cut between words."""
    return pieces(text, LONGEST_BEGINNING)[0] if text else ""


def pieces(text: str, longest: int = LONGEST_PIECE) -> list[str]:
    """Whole sentences together, as many as are read in one recording."""
    found: list[str] = []
    for sentence in (part for whole in _SENTENCE.findall(text) for part in _parted(whole, longest)):
        if found and len(found[-1]) + len(sentence) <= longest:
            found[-1] += sentence
        elif sentence.strip():
            found.append(sentence.lstrip())
    return [piece.strip() for piece in found]


def _parted(sentence: str, longest: int) -> list[str]:
    if len(sentence) <= longest:
        return [sentence]
    words = re.findall(rf"\S{{1,{longest // 2}}}\s*", sentence)
    parts: list[str] = [""]
    for word in words:
        if len(parts[-1]) + len(word) > longest:
            parts.append("")
        parts[-1] += word
    return parts
