"""What a server writes as a schema, as models are offered it: always one that every vendor takes."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.tools.schemas import DEEPEST, readable

KEYS = st.sampled_from(
    ("type", "properties", "items", "required", "enum", "const", "anyOf", "oneOf", "$ref", "description", "minimum",
     "default", "a", "b")
)  # fmt: skip
VALUES = st.sampled_from(("object", "array", "string", "null", "a", "#", "#/properties/a", "#/a", 3, -1, True, None))
ANYTHING = st.recursive(VALUES, lambda deeper: st.lists(deeper) | st.dictionaries(KEYS, deeper), max_leaves=20)


@settings(max_examples=50)
@given(ANYTHING)
@example({"properties": {"a": {"type": "array", "items": {"$ref": "#/properties/a"}}}})
@example({"properties": {"a": {"$ref": "#/properties/a"}}})
def test_whatever_a_server_writes_becomes_the_schema_of_an_object(written: Any) -> None:
    read = readable(written)
    assert read["type"] == "object"
    assert isinstance(read["properties"], dict)
    Draft202012Validator.check_schema(read)
    assert depth(read) <= 2 * DEEPEST + 4
    assert readable(read) == read, "What has been read is read as it is."


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


def test_what_models_need_of_a_schema_is_kept() -> None:
    written = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"Zone": {"type": "string", "enum": ["UTC", "CET"]}},
        "properties": {
            "zone": {"$ref": "#/$defs/Zone", "description": "Where."},
            "days": {"type": ["integer", "null"], "minimum": 1, "default": None},
            "tags": {"type": "array", "items": {"type": "string", "pattern": "(a+)+"}},
        },
        "required": ["zone"],
        "additionalProperties": False,
    }
    assert readable(written) == {
        "type": "object",
        "properties": {
            "zone": {"type": "string", "enum": ["UTC", "CET"], "description": "Where."},
            "days": {"type": "integer", "minimum": 1},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["zone"],
    }
