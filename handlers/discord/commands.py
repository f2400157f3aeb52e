"""Commands on Discord's surface: what is declared to it, and buttons and forms as its components."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bot.contracts.command import Choice, Command, Field, Form, Param, ParamKind, Scope, call_to_data
from bot.domain.blocks import Button, ButtonRows
from bot.texts import say_in
from handlers.discord.capabilities import CUSTOM_ID_LIMIT
from handlers.discord.inbound import AGAIN, FORM, MESSAGE_MENU

_OPTION_TYPES = {ParamKind.TEXT: 3, ParamKind.INTEGER: 4, ParamKind.NUMBER: 10}
_STYLES = {"": 2, "primary": 1, "success": 3, "danger": 4}
_LINK = 5
_IN_SERVERS, _WITH_THE_BOT, _BETWEEN_PEOPLE = 0, 1, 2
_TO_SERVERS, _TO_PEOPLE = 0, 1
"""To whom an application is added."""
_DESCRIPTION_LIMIT = 100
_NAME_LIMIT = 32
_CHOICE_LIMIT = 100
_MOST_CHOICES = 25
# Discord knows more kinds of Spanish and Chinese than there are catalogues.
_LOCALES = {
    "de": ("de",),
    "es": ("es-ES", "es-419"),
    "ru": ("ru",),
    "uk": ("uk",),
    "zh": ("zh-CN", "zh-TW"),
}


def declarations(commands: Iterable[Command], alone: str = "", *, to_people: bool = False) -> list[dict[str, Any]]:
    """The listed commands, and the entries in the menus of messages, as Discord wants them declared.

    They are described in each person's language, or in one `alone`. `to_people`: whoever adds the application to their
    own account has them as well, with the bot alone and where it is a guest.
    """
    listed = [command for command in commands if command.listed]
    wanted = [_declaration(command, to_people=to_people) for command in listed]
    wanted += [_menu_entry(command, to_people=to_people) for command in listed if command.on_message]
    return [_in_one(declared, alone) for declared in wanted] if alone else wanted


def _in_one(declared: dict[str, Any], language: str) -> dict[str, Any]:
    """The same with its descriptions in one language; an entry of a menu is known by its English name, and stays."""
    if "description" not in declared:
        return declared
    said = {name: value for name, value in declared.items() if name != "description_localizations"}
    locale = next(iter(_LOCALES.get(language, ())), "")
    said["description"] = declared["description_localizations"].get(locale, declared["description"])
    if "options" in said:
        said["options"] = [_in_one(option, language) for option in said["options"]]
    return said


def _declaration(command: Command, *, to_people: bool) -> dict[str, Any]:
    return {
        "type": 1,
        "name": command.name,
        "description": command.description,
        "description_localizations": _in_all_languages(command.description, _DESCRIPTION_LIMIT),
        "options": [_option(param) for param in sorted(command.params, key=lambda param: not param.required)],
        **_who_and_where(command, to_people=to_people),
    }


def _menu_entry(command: Command, *, to_people: bool) -> dict[str, Any]:
    return {
        "type": MESSAGE_MENU,
        "name": command.on_message,
        "name_localizations": _in_all_languages(command.on_message, _NAME_LIMIT),
        **_who_and_where(command, to_people=to_people),
    }


def _who_and_where(command: Command, *, to_people: bool) -> dict[str, Any]:
    among = [] if command.scope is Scope.PRIVATE else [_IN_SERVERS]
    to_people = to_people and not command.need.for_admins
    return {
        "contexts": [*among, _WITH_THE_BOT, *([_BETWEEN_PEOPLE] if to_people and command.guests else [])],
        "integration_types": [_TO_SERVERS, _TO_PEOPLE] if to_people else [_TO_SERVERS],
        # "0": only whom a server's owner allows; in private the engine's own roles count.
        "default_member_permissions": "0" if command.need.for_admins else None,
    }


def _option(param: Param) -> dict[str, Any]:
    return {
        "type": _OPTION_TYPES[param.kind],
        "name": param.name,
        "description": param.description[:_DESCRIPTION_LIMIT],
        "description_localizations": _in_all_languages(param.description, _DESCRIPTION_LIMIT),
        "required": param.required,
        "autocomplete": param.choices is not None,
    }


def _in_all_languages(sentence: str, limit: int) -> dict[str, str]:
    """A sentence of ours by Discord's names of languages; English is what is said where nothing else is."""
    return {
        locale: said[:limit]
        for language, locales in _LOCALES.items()
        if (said := say_in(language)(sentence)) != sentence
        for locale in locales
    }


def is_declared(wanted: Sequence[dict[str, Any]], present: Sequence[dict[str, Any]]) -> bool:
    """Whether what Discord has says the same; it adds its own fields and leaves out what is at its default."""
    return sorted(map(repr, map(_essence, wanted))) == sorted(map(repr, map(_essence, present)))


def _essence(declared: dict[str, Any]) -> list[Any]:
    options = [
        [o["type"], *_texts(o), bool(o.get("required")), bool(o.get("autocomplete"))]
        for o in declared.get("options") or ()
    ]
    contexts = sorted(declared.get("contexts") or ())
    added = sorted(declared.get("integration_types") or (_TO_SERVERS,))
    return [declared["type"], *_texts(declared), options, contexts, added, declared.get("default_member_permissions")]


def _texts(declared: dict[str, Any]) -> list[Any]:
    localized = [sorted((declared.get(f"{field}_localizations") or {}).items()) for field in ("name", "description")]
    return [declared["name"], declared.get("description") or "", *localized]


def components(rows: ButtonRows) -> list[dict[str, Any]]:
    """Buttons below a message, in rows that Discord takes."""
    times: Counter[str] = Counter()
    return [{"type": 1, "components": [_button(button, times) for button in row]} for row in rows]


def _button(button: Button, times: Counter[str]) -> dict[str, Any]:
    """`times`: how often the same call stands in the message already."""
    if button.url:
        return {"type": 2, "style": _LINK, "label": button.label, "url": button.url}
    custom_id = call_to_data(button.command, button.args)
    before, times[custom_id] = times[custom_id], times[custom_id] + 1
    if before:
        # Discord refuses a message in which two carry the same.
        custom_id = f"{before}{AGAIN}{custom_id}"
    return {"type": 2, "style": _STYLES.get(button.style, 2), "label": button.label, "custom_id": custom_id}


def offered(found: Sequence[Choice]) -> list[dict[str, str]]:
    """Choices as Discord takes them: 25 at most, of 100 letters, no two of one name."""
    choices: list[dict[str, str]] = []
    names: set[str] = set()
    for choice in found[:_MOST_CHOICES]:
        name, times = choice.label[:_CHOICE_LIMIT], 1
        while name in names:
            times += 1
            mark = f" ({times})"
            name = choice.label[: _CHOICE_LIMIT - len(mark)] + mark
        names.add(name)
        choices.append({"name": name, "value": choice.value[:_CHOICE_LIMIT]})
    return choices


def modal(form: Form, opened_by: str = "") -> dict[str, Any]:
    """A form as Discord shows it; `opened_by` is told when it is filled.

    Raises ValueError if its command and arguments are too long to come back.
    """
    custom_id = f"{FORM}@{opened_by}" if opened_by else FORM
    custom_id = f"{custom_id}|{call_to_data(form.command, form.args)}"
    if len(custom_id) > CUSTOM_ID_LIMIT:
        raise ValueError(f"The form of {form.command!r} holds {len(custom_id)} of {CUSTOM_ID_LIMIT} characters.")
    questions = [_question(field) for field in form.fields]
    return {"custom_id": custom_id, "title": form.title[:45], "components": questions}


def _question(field: Field) -> dict[str, Any]:
    text: dict[str, Any] = {"type": 4, "custom_id": field.param, "label": field.label[:45], "max_length": 4000}
    if len(field.label) > 45:
        text["placeholder"] = field.label[:100]
    text["style"] = 2 if field.long else 1
    if not field.required:
        text["required"] = False
    if field.value:
        text["value"] = field.value
    return {"type": 1, "components": [text]}
