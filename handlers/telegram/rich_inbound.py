"""Rich messages that people send, as Markdown: what a model reads best, and what keeps their structure.

The text is read from the plain data of a message, not from the library's classes, so that one walk serves all kinds.
"""

from collections.abc import Iterable, Iterator
from typing import Any


def to_markdown(blocks: Iterable[Any]) -> str:
    """The blocks of a `RichMessage` (as JSON data), separated by empty lines."""
    return "\n\n".join(filter(None, map(_block, blocks)))


def nested(blocks: Iterable[Any]) -> Iterator[Any]:
    """Every block of a `RichMessage` (as JSON data), also those inside others, in reading order."""
    for block in blocks:
        yield block
        yield from nested(block.get("blocks") or ())
        for item in block.get("items") or ():
            yield from nested(item.get("blocks") or ())


def _block(block: dict[str, Any]) -> str:
    text = _inline(block.get("text"))
    match block.get("type"):
        case "heading":
            return f"{'#' * block.get('size', 1)} {text}"
        case "pre":
            return f"```{block.get('language') or ''}\n{text}\n```"
        case "mathematical_expression":
            return f"$${block.get('expression', '')}$$"
        case "divider":
            return "---"
        case "list":
            return "\n".join(map(_item, block.get("items") or ()))
        case "table":
            return _table(block.get("cells") or ())
        case "blockquote" | "pullquote" | "expandable_blockquote":
            return quote(text or to_markdown(block.get("blocks") or ()))
        case "buttons":
            return ""
    caption = block.get("caption") or {}
    pieces = (_inline(block.get("summary")), text, to_markdown(block.get("blocks") or ()), _inline(caption))
    return "\n\n".join(filter(None, pieces))


def quote(text: str) -> str:
    """The text as a Markdown quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _item(item: dict[str, Any]) -> str:
    label = item.get("label") or "-"
    if item.get("has_checkbox"):
        label = "- [x]" if item.get("is_checked") else "- [ ]"
    elif not label[0].isalnum():
        label = "-"
    body = to_markdown(item.get("blocks") or ()).replace("\n", "\n  ")
    return f"{label} {body}"


def _table(rows: Iterable[Iterable[dict[str, Any]]]) -> str:
    lines = ["| " + " | ".join(_inline(cell.get("text")).replace("|", "\\|") for cell in row) + " |" for row in rows]
    if lines:
        lines.insert(1, "|" + " --- |" * (lines[0].count(" | ") + 1))
    return "\n".join(lines)


def _inline(text: Any) -> str:
    match text:
        case str():
            return text
        case list():
            return "".join(map(_inline, text))
        case {"type": "mathematical_expression", "expression": expression}:
            return f"${expression}$"
        case {"type": "code", "text": code}:
            return f"`{_inline(code)}`"
        case {"type": "url", "text": label, "url": url}:
            words = _inline(label)
            return words if words == url else f"[{words}]({url})"
        case {"alternative_text": emoji}:
            return str(emoji)
        case {"text": inner}:
            return _inline(inner)
    return ""
