"""What a tool takes, as any vendor reads it: a server's JSON schema, without what would have a request refused.

One schema that a vendor does not take would fail every turn of everybody to whom it is offered. So only what all of
them read is kept, and what is not as it should be is left out; a model then writes freely there, and the server checks
its arguments anyway. References are replaced by what they mean.
"""

from collections.abc import Mapping
from typing import Any

DEEPEST = 8
MOST_PROPERTIES = 100
"""In all of a schema."""
_TYPES = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
_NUMBERS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def readable(schema: object) -> dict[str, Any]:
    """The schema of an object: what every vendor reads of what a server has written."""
    whole = schema if isinstance(schema, Mapping) else {}
    found = _Reader(whole).read(whole, 0)
    # At the root nothing else is taken by all of them.
    kept: dict[str, Any] = {name: found[name] for name in ("description", "required") if name in found}
    return {"type": "object", "properties": found.get("properties", {}), **kept}


class _Reader:
    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole
        self._left = MOST_PROPERTIES

    def read(self, schema: object, depth: int) -> dict[str, Any]:
        if isinstance(schema, Mapping) and isinstance(reference := schema.get("$ref"), str):
            schema = {**_meant(self._whole, reference), **{k: v for k, v in schema.items() if k != "$ref"}}
            depth += 1
        if not isinstance(schema, Mapping) or depth > DEEPEST:
            return {}
        found = _plain(schema)
        if isinstance(properties := schema.get("properties"), Mapping):
            found["properties"] = self._properties(properties, depth)
            if named := [name for name in _words(schema.get("required")) if name in found["properties"]]:
                found["required"] = list(dict.fromkeys(named))
        if found.get("type") == "array":
            found["items"] = self.read(schema.get("items"), depth + 1)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(choices, list) and choices:
            found["anyOf"] = [self.read(choice, depth + 1) for choice in choices[:_MOST_CHOICES]]
        return found

    def _properties(self, properties: Mapping[str, Any], depth: int) -> dict[str, Any]:
        found = {}
        for name, schema in properties.items():
            if self._left > 0 and isinstance(name, str):
                self._left -= 1
                found[name] = self.read(schema, depth + 1)
        return found


_MOST_CHOICES = 20


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a schema beside other schemas."""
    found: dict[str, Any] = {}
    kinds = schema.get("type")
    if isinstance(kinds, list):
        # "string or null": the one that is something.
        kinds = next((kind for kind in kinds if kind != "null"), None)
    if isinstance(kinds, str) and kinds in _TYPES:
        found["type"] = kinds
    if isinstance(words := schema.get("description") or schema.get("title"), str):
        found["description"] = words[:1000]
    values = _words(schema.get("enum")) or _words([schema.get("const")])
    if values and found.get("type", "string") == "string":
        found |= {"type": "string", "enum": list(dict.fromkeys(values))}
    for name in _NUMBERS:
        value = schema.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
            found[name] = value
    return found


def _words(value: object) -> list[str]:
    """The texts of a list that holds nothing else."""
    words = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return words if isinstance(value, list) and len(words) == len(value) else []


def _meant(whole: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    """What a reference within the schema leads to; nothing where it leads elsewhere."""
    found: Any = whole
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
