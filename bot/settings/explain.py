"""What is wrong with a setting, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.contracts.setting_values import WrongValue, WrongValues, shortened
from bot.domain.counts import counted

_FILE_NAMES = {
    "mode_tables": "modes",
    "endpoint_tables": "endpoints",
    "server_tables": "servers",
    "bot_tables": "bots",
}


def listed(wrong: Sequence[str]) -> str:
    """All faults as one text: a sentence, or one line each."""
    if len(wrong) == 1:
        return wrong[0]
    return "\n".join((f"The settings have {counted(len(wrong), 'fault')}:", *(f"  - {each}" for each in wrong)))


def sentences(error: ValidationError, settings: type[BaseModel]) -> Iterator[str]:
    """All faults: which setting, what is wrong, and the fix.

    A value is repeated only if the setting takes a number or a word of a list, so never a secret.
    """
    for details in error.errors(include_url=False):
        wrong = details.get("ctx", {}).get("error")
        if isinstance(wrong, WrongValues):
            yield from (_sentence(details, each, settings) for each in wrong.each)
        else:
            yield _sentence(details, wrong, settings)


def _sentence(details: Mapping[str, Any], wrong: object, settings: type[BaseModel]) -> str:
    if isinstance(wrong, WrongValue):
        return f"{wrong.name or _name(details)} {wrong.what} {wrong.cure}"
    what, cure = _explained(details, _default(details, settings))
    return f"{_name(details)} {what} {cure}"


def _name(details: Mapping[str, Any]) -> str:
    first, *rest = details["loc"]
    if str(first) not in _FILE_NAMES:
        return str(first).upper()
    return ".".join((_FILE_NAMES[str(first)], *map(str, rest)))


def _default(details: Mapping[str, Any], settings: type[BaseModel]) -> object:
    field = settings.model_fields.get(str(details["loc"][0]))
    return field.default if field is not None and len(details["loc"]) == 1 else None


def _explained(details: Mapping[str, Any], default: object) -> tuple[str, str]:
    value = repr(shortened(details["input"]))
    limits = details.get("ctx", {})
    example = f" such as {default}" if default is not None else ""
    match details["type"]:
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return f"is {value}, which is not a whole number.", f"Give a number{example}."
        case "float_parsing" | "float_type" | "finite_number":
            return f"is {value}, which is not a number.", f"Give a number{example}."
        case "bool_parsing" | "bool_type":
            return f"is {value}, which is neither on nor off.", "Write on or off."
        case "enum" | "literal_error":
            choices = str(limits["expected"]).replace("'", "").replace(" or ", ", ")
            return f"is {value}, which is not one of {choices}.", "Choose one of them."
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "too_short":
            return _outside(value, **limits)
        case "extra_forbidden":
            return "is not a setting.", "Remove it, or check its spelling."
        case "tuple_type":
            return "is not a list.", 'Write it in brackets, such as ["one", "two"].'
        case "string_type" | "path_type" | "is_instance_of":
            return "is not a string.", "Put it in quotes."
        case "model_type" | "dict_type":
            return (
                "is not a table.",
                "Write [modes.NAME], [endpoints.NAME], [servers.NAME] or [[bots]] above its lines.",
            )
        case _:
            return f"is wrong: {details['msg']}.", "See .env.example."


def _outside(
    value: str, *, ge: object = None, gt: object = None, le: object = None, min_length: int | None = None, **_: object
) -> tuple[str, str]:
    if min_length is not None:
        return "is too short.", f"Give at least {counted(min_length, 'character')}."
    if le is not None:
        return f"is {value}, which is too large.", f"Give {le} or less."
    return f"is {value}, which is too small.", f"Give {ge} or more." if ge is not None else f"Give more than {gt}."
