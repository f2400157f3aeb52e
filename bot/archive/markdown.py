"""Pieces of Markdown that can safely contain any text."""

import re

_BACKTICKS = re.compile(r"`+")
_DETAILS_END = re.compile(r"<(?=/?details|/?summary)", re.IGNORECASE)
_NO_LANGUAGE = re.compile(r"[^\w+#.-]")
_BRACKETS = re.compile(r"[\[\]\\`\n]")


def fence(text: str, language: str = "") -> str:
    """A block of code, in a fence that is longer than any in the code."""
    longest = max((len(found) for found in _BACKTICKS.findall(text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{_NO_LANGUAGE.sub('', language)[:30]}\n{text.rstrip()}\n{marks}"


def folded(summary: str, text: str) -> str:
    """A text folded under its summary; the text cannot end the fold."""
    inner = _DETAILS_END.sub("&lt;", text.strip())
    head = " ".join(_DETAILS_END.sub("&lt;", summary).split())
    return f"<details>\n<summary>{head}</summary>\n\n{inner}\n\n</details>" if inner else f"*{head.strip('*_ ')}*"


def link(title: str, url: str) -> str:
    """A link with its title; "" for an address that does not lead into the web."""
    address = url.strip()
    if not re.match(r"https?://[^\s<>]+$", address, re.IGNORECASE):
        return ""
    label = " ".join(_BRACKETS.sub(" ", title).split())[:120] or address.partition("://")[2].partition("/")[0]
    return f"[{label}]({address.replace('(', '%28').replace(')', '%29')})"
