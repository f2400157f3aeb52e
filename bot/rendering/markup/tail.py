"""Half-written markup at the end of a growing text, closed as if the writer stopped here."""

import re

_FENCE = re.compile(r"^[ >]*(?:`{3,}|~{3,})", re.MULTILINE)
_HALF_FENCE = re.compile(r"\n[ \t>]*(?:`{1,2}|~{1,2})$")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})(?:\](?:\([^\s()]{0,2000})?)?$")
_TASK = re.compile(r"[-*+] \[[ xX]?\]?$")
_LONE_LINE = re.compile(r"(?:^|\n)[ \t]*(?:[-=*_+~`|$]+|#+|\\)[ \t]*$")
_LONE_MARKER = re.compile(r"(?<![\w*_~|`$)\]])[*_~|`$\\]+$")
_PAIRS = ("**", "__", "~~", "||")


def repair(text: str) -> str:
    """The text with what is still open in its last paragraph closed, and what has only just begun left out."""
    if len(_FENCE.findall(text)) % 2:
        return _HALF_FENCE.sub("", text)
    start = text.rfind("\n\n") + 1
    return text[:start] + _mend_paragraph(text[start:])


def _mend_paragraph(tail: str) -> str:
    tail = _LONE_LINE.sub("", tail)
    if _TASK.search(tail):
        return tail
    if tail.count("`") % 2:
        return tail + "`"
    tail = _LONE_MARKER.sub("", _HALF_LINK.sub(r"\1", tail)).rstrip(" ")
    # A marker typed half ("**bold*") would close wrongly: complete it rather than add to it.
    for pair in _PAIRS:
        if tail.count(pair) % 2:
            half = tail.endswith(pair[0]) and not tail.endswith(pair)
            tail += pair[0] if half else pair
    return tail
