"""Exports of other products, as they write them, and how they are read."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from bot import archive
from bot.archive import Brought, Bundle


def read(*files: bytes) -> Brought:
    """What comes of these files."""
    return archive.read(Bundle([(f"file {number}", data) for number, data in enumerate(files, 1)]))


def read_json(*documents: Any) -> Brought:
    """What comes of these documents, each in a file of its own."""
    return read(*(json.dumps(document).encode() for document in documents))


def packed(files: Mapping[str, Any]) -> bytes:
    """A .zip of these files; what is not bytes goes in as JSON."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return data.getvalue()


# ChatGPT


def node(parent: str | None, role: str, content: Any, **changes: Any) -> dict[str, Any]:
    """A node of a mapping: `content` is a text, or the whole content."""
    said = {"content_type": "text", "parts": [content]} if isinstance(content, str) else content
    message = {"author": {"role": role}, "content": said, "create_time": 1_700_000_000.5, "recipient": "all"}
    return {"parent": parent, "children": [], "message": message | changes if role else None}


def mapped(title: str, *nodes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A conversation whose nodes stand one below the other unless they say "parent" otherwise; named n0, n1, …"""
    mapping = {f"n{number}": each for number, each in enumerate(nodes)}
    for number, each in enumerate(nodes):
        if each["parent"] == "":
            each["parent"] = f"n{number - 1}" if number else None
        if each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(f"n{number}")
    last = f"n{len(nodes) - 1}"
    return {"id": title, "title": title, "mapping": mapping, "current_node": last, "create_time": 1.7e9} | changes


def conversation(**changes: Any) -> dict[str, Any]:
    """A small one: a question with two answers, and what hangs between."""
    mapping = {
        "root": node(None, "", ""),
        "sys": node("root", "system", "You are ChatGPT"),
        "q": node("sys", "user", "cats?"),
        "tool": node("q", "tool", "searching"),
        "a1": node("tool", "assistant", "Cats are fine."),
        "a2": node("q", "assistant", "Cats are lovely."),
    }
    return {"title": "Cats", "mapping": mapping, "current_node": "a2", "create_time": 1_700_000_000} | changes
