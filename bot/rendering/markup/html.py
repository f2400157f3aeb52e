"""The few HTML elements that models write into Markdown, as the Markdown that says the same. All others stay text."""

import re

from bot.rendering.markup.maths import readable

_DETAILS = re.compile(r"<details(?:\s[^<>]{0,100})?>", re.IGNORECASE)
_DETAILS_END = re.compile(r"</details\s*>", re.IGNORECASE)
_SUMMARY = re.compile(r"\s*<summary(?:\s[^<>]{0,100})?>(.{0,500}?)</summary\s*>[ \t]*\n?", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"^[ >]*(`{3,}|~{3,})", re.MULTILINE)

INLINE = re.compile(
    r"<(b|strong|i|em|u|ins|s|del|strike|sub|sup|kbd|code)>(?!\s)([^<>\n]{1,500}?)(?<!\s)</\1>", re.IGNORECASE
)
"""An element within a line, with nothing but text in it."""

SPANS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "u": "u",
    "ins": "u",
    "s": "s",
    "del": "s",
    "strike": "s",
}
"""Which kind of span an element is."""


SUMMARY = "\ufdd0"
"""Begins the paragraph that says what is folded away: no text holds it (`bot.rendering.markup` takes it out)."""


def script(tag: str, text: str) -> str:
    """`<sub>2</sub>` as ₂; what Unicode has no small letters for as _(max)."""
    sign = "_" if tag == "sub" else "^"
    shown = readable(f"{sign}{{{text}}}") if re.fullmatch(r"[\w+\-=() ]+", text) else None
    return shown if shown is not None and not shown.startswith(sign) else f"{sign}({text})"


def unfolded(text: str, *, growing: bool) -> str:
    """`<details>` as its summary, marked as such, and a quote of what it folds away; code stays as it is."""
    if not _DETAILS.search(text):
        return text
    pieces: list[str] = []
    at = 0
    fence = _FENCE.search(text)
    while (found := _DETAILS.search(text, at)) is not None:
        if fence is not None and fence.start() < at:
            fence = _FENCE.search(text, at)
        if fence is not None and fence.start() < found.start():
            behind = _fence_end(text, fence)
            pieces.append(text[at:behind])
            at = behind
            continue
        end = _DETAILS_END.search(text, found.end())
        if end is None and not growing:
            break
        inner = text[found.end() : end.start() if end is not None else len(text)]
        pieces += (text[at : found.start()], _quoted(inner))
        at = end.end() if end is not None else len(text)
    return "".join((*pieces, text[at:]))


def _fence_end(text: str, fence: re.Match[str]) -> int:
    end = text.find(f"\n{fence[1]}", fence.end())
    return len(text) if end < 0 else end + 1 + len(fence[1])


def _quoted(inner: str) -> str:
    summary = _SUMMARY.match(inner)
    title = " ".join(summary[1].split()) if summary is not None else ""
    head = f"{SUMMARY}{title}\n\n" if title else ""
    body = inner[summary.end() :] if summary is not None else inner
    lines = body.strip("\n").split("\n")
    return f"\n\n{head}" + "\n".join(f"> {line}" for line in lines) + "\n\n"
