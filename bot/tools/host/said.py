"""What a server says, as words."""

import json
from typing import Any

from mcp_types import (
    CallToolResult,
    ContentBlock,
    ElicitationRequiredErrorData,
    ElicitRequestParams,
    EmbeddedResource,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)

MOST_CHARACTERS = 500_000
"""Of one result. What a model reads of it is less."""
LONGEST_DESCRIPTION = 4_000
LONGEST_SCHEMA = 20_000


def said(result: CallToolResult) -> str:
    """A result in words."""
    text = "\n\n".join(filter(None, map(_block, result.content)))
    if not text and result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False)
    return text[:MOST_CHARACTERS]


def _block(block: ContentBlock) -> str:
    match block:
        case TextContent(text=text):
            return text
        case ResourceLink(uri=uri, name=name):
            return f"{name}: {uri}"
        case EmbeddedResource(resource=TextResourceContents(text=text)):
            return text
        case _:
            return f"({block.type}: it cannot be shown here.)"


def tool_said(tool: Tool) -> dict[str, Any]:
    """A tool, as the gateway keeps it. One whose schema nobody would read to its end is offered without it."""
    schema = json.dumps(tool.input_schema, sort_keys=True, ensure_ascii=False)
    notes = tool.annotations
    return {
        "name": tool.name,
        "description": (tool.description or tool.title or "")[:LONGEST_DESCRIPTION],
        "schema": schema if len(schema) <= LONGEST_SCHEMA else '{"type": "object"}',
        "says_it_reads": bool(notes is not None and notes.read_only_hint),
        "says_it_repeats": bool(notes is not None and notes.idempotent_hint),
    }


def form_said(params: ElicitRequestParams) -> dict[str, Any]:
    """What a server asks a person for."""
    return params.model_dump(by_alias=True, exclude_none=True, include={"mode", "message", "url", "requested_schema"})


def pages_said(data: object) -> dict[str, dict[str, Any]]:
    """The pages to which somebody has to go before a server of 2025 takes a call, by numbers; none if it names none."""
    try:
        pages = ElicitationRequiredErrorData.model_validate(data).elicitations
    except ValueError:
        return {}
    return {str(number): form_said(page) for number, page in enumerate(pages)}
