"""What vendors refuse of PDFs that they are sent, in the words of their real APIs."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_PAGES = 100
"""Of one request, at Anthropic: https://platform.claude.com/docs/en/build-with-claude/pdf-support"""
LONGEST_TITLE = 500
_DATA_URL = "data:application/pdf;base64,"
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")


def pages_of(data: str) -> int | None:
    """How many pages a PDF in base64 has; None if it is none, or is locked."""
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        return None
    if not raw.startswith(b"%PDF-") or b"/Encrypt" in raw:
        return None
    return len(_PAGE.findall(raw))


def wrong_with_document(block: Mapping[str, Any], place: str, role: str) -> Iterator[str]:
    """Why Anthropic refuses a document block."""
    source = block.get("source") or {}
    if role != "user":
        yield f"{place}: `document` blocks are only permitted in user messages"
    if not 0 < len(str(block.get("title", "-"))) <= LONGEST_TITLE:
        yield f"{place}.document.title: String should have at most {LONGEST_TITLE} characters"
    pages = pages_of(str(source.get("data")))
    if source.get("type") == "base64" and pages is None:
        yield f"{place}.document.source.base64.data: The PDF specified was not valid."
    elif pages is not None and pages > MOST_PAGES:
        yield f"{place}: A maximum of {MOST_PAGES} PDF pages may be provided."


def wrong_with_file(part: Mapping[str, Any], place: str, role: str) -> Iterator[str]:
    """Why chat completions refuse a file part."""
    file = part.get("file")
    if role != "user" or not isinstance(file, dict) or part.keys() != {"type", "file"}:
        yield f"Invalid value: 'file' at '{place}'."
    elif file.keys() != {"filename", "file_data"} or not file["filename"]:
        yield f"Missing required parameter: '{place}.file.file_id'."
    elif not str(file["file_data"]).startswith(_DATA_URL):
        yield f"Invalid file data: '{place}.file.file_data'. Expected a base64-encoded data URL of a PDF."
    elif pages_of(str(file["file_data"]).removeprefix(_DATA_URL)) is None:
        yield f"The file '{file['filename']}' is not a valid PDF."


def wrong_with_inline(part: Mapping[str, Any]) -> Iterator[str]:
    """Why Gemini refuses what stands in a request."""
    inline = part.get("inlineData") or {}
    if inline.get("mimeType") == "application/pdf":
        # The library writes base64 for addresses.
        data = str(inline.get("data")).translate(str.maketrans("-_", "+/"))
        if not pages_of(data):
            yield "The document has no pages."
