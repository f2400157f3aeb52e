"""What a person's client sends along when they use a command, a component or a modal: the `data` of an interaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.standins.discord.commands import ATTACHMENT, USER, fill
from bot.standins.discord.components import (
    BUTTON,
    LABEL,
    LINK_STYLE,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT_INPUT,
    find,
    questions,
)
from bot.standins.discord.errors import CannotDo, Json
from bot.standins.discord.model import Attachment, Message
from bot.standins.discord.payloads import Payloads


def command_data(
    payloads: Payloads,
    command: Json,
    path: list[str],
    options: Mapping[str, Any],
    files: Sequence[Attachment] = (),
    *,
    focused: str = "",
) -> Json:
    """A slash command. `path` names the subcommand. Raises `CannotDo` for options the client would not take."""
    filled = fill(command, path, dict(options), focused=focused)
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"], "options": filled}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    resolved: Json = {}
    for option in _leaves(filled):
        if option["type"] == USER:
            resolved.setdefault("users", {})[option["value"]] = payloads.user(int(option["value"]))
        if option["type"] == ATTACHMENT:
            found = next(file for file in files if str(file.id) == option["value"])
            resolved.setdefault("attachments", {})[option["value"]] = payloads.attachment(found)
    return {**data, "resolved": resolved} if resolved else data


def _leaves(options: list[Json]) -> list[Json]:
    return [leaf for option in options for leaf in (_leaves(option["options"]) if "options" in option else [option])]


def component_data(payloads: Payloads, message: Message, name: str, values: Sequence[str] | None) -> Json:
    """A press (`values` None) or a choice. Raises `CannotDo` where the client offers no such thing."""
    part = find(message.components, name)
    data: Json = {"custom_id": part.get("custom_id"), "component_type": part["type"], "id": part.get("id", 0)}
    if part["type"] == BUTTON:
        if values is not None or part["style"] == LINK_STYLE:
            raise CannotDo(f"{name!r} is {'a link' if values is None else 'a button'}; it gives nothing to choose.")
        return data
    if values is None:
        raise CannotDo(f"{name!r} is a select; choose from it.")
    data["values"] = _chosen(part, list(values))
    if part["type"] in (5, 7):
        data["resolved"] = {"users": {value: payloads.user(int(value)) for value in values}}
    return data


def _chosen(select: Json, values: list[str]) -> list[str]:
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not least <= len(values) <= most:
        raise CannotDo(f"{select['custom_id']!r} takes {least} to {most} values.")
    if select["type"] == STRING_SELECT:
        offered = [option["value"] for option in select["options"]]
        if unknown := [value for value in values if value not in offered]:
            raise CannotDo(f"{select['custom_id']!r} offers {offered}, not {unknown}.")
    return values


def modal_data(modal: Json, answers: Mapping[str, Any]) -> Json:
    """A filled modal. `answers` go by `custom_id`; a field that has a value already keeps it."""
    fields = {field["custom_id"]: field for field in questions(modal["components"]) if "custom_id" in field}
    if unknown := set(answers) - set(fields):
        raise CannotDo(f"The form has no field {', '.join(sorted(unknown))}, only {', '.join(fields)}.")
    return {
        "custom_id": modal["custom_id"],
        "components": [_filled_row(part, answers) for part in modal["components"]],
    }


def _filled_row(part: Json, answers: Mapping[str, Any]) -> Json:
    numbered = {"type": part["type"], "id": part.get("id", 0)}
    if part["type"] == ROW:
        return {**numbered, "components": [_filled_field(field, answers) for field in part["components"]]}
    if part["type"] == LABEL:
        return {**numbered, "component": _filled_field(part["component"], answers)}
    return numbered


def _filled_field(field: Json, answers: Mapping[str, Any]) -> Json:
    name = field["custom_id"]
    filled: Json = {"type": field["type"], "id": field.get("id", 0), "custom_id": name}
    if field["type"] != TEXT_INPUT:
        given = answers.get(name, [])
        key = "values" if isinstance(given, list) else "value"
        return {**filled, key: _chosen(field, given) if field["type"] in SELECTS else given}
    text = str(answers.get(name, field.get("value") or ""))
    least = field.get("min_length", 1 if field.get("required", True) else 0)
    if (text or field.get("required", True)) and not least <= len(text) <= field.get("max_length", 4000):
        raise CannotDo(f"The field {name!r} does not take {len(text)} characters.")
    return {**filled, "value": text}
