"""Buttons, selects, layouts and modals: what Discord accepts of them, and finding them again when a person acts."""

from collections.abc import Iterator
from typing import Any

from bot.standins.discord.errors import CannotDo, Form, Json
from bot.standins.discord.limits import Limits

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SELECTS = (3, 5, 6, 7, 8)
SECTION, TEXT, GALLERY, CONTAINER, LABEL = 9, 10, 12, 17, 18
LAYOUT = (SECTION, TEXT, 11, GALLERY, 13, 14, CONTAINER)
"""Components that a message may only have with the V2 flag."""
LINK_STYLE, PREMIUM_STYLE = 5, 6


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, however deep, in the order of the screen."""
    for component in components:
        yield component
        yield from walk(_children(component))


def texts(components: list[Json]) -> list[str]:
    """What the text displays of a layout say."""
    return [str(part.get("content", "")) for part in walk(components) if part.get("type") == TEXT]


def _children(component: Json) -> list[Json]:
    found = list(component.get("components") or ())
    found += [component[key] for key in ("accessory", "component") if isinstance(component.get(key), dict)]
    return found


def find(components: list[Json], name: str) -> Json:
    """The button or select with this `custom_id`, else the button with this label. Raises `CannotDo`."""
    usable = [part for part in walk(components) if part.get("type") in (BUTTON, *SELECTS)]
    for key in ("custom_id", "label"):
        for part in usable:
            if part.get(key) == name:
                if part.get("disabled"):
                    raise CannotDo(f"{name!r} is disabled.")
                return part
    shown = ", ".join(repr(part.get("label") or part.get("custom_id")) for part in usable)
    raise CannotDo(f"There is no button or select {name!r} here, only {shown or 'none'}.")


def check_components(form: Form, components: Any, limits: Limits, *, v2: bool) -> list[Json]:
    """The components of a message, each with its own `id`."""
    if components is None:
        return []
    if not isinstance(components, list):
        form.wrong("components", "BASE_TYPE_LIST", "Only list types may be used to represent a List.")
        return []
    if v2:
        _check_size(form, components, limits)
    else:
        form.longest("components", components, 5)
    _Check(form, limits, v2).top("components", components)
    return _numbered(components)


def _check_size(form: Form, components: list[Json], limits: Limits) -> None:
    every = list(walk(components))
    if len(every) > limits.components_v2:
        form.wrong("components", "BASE_TYPE_MAX_LENGTH", f"Must be {limits.components_v2} or fewer in length.")
    if sum(len(part.get("content") or "") for part in every if part.get("type") == TEXT) > limits.components_v2_text:
        form.wrong(
            "components",
            "COMPONENT_MAX_TOTAL_TEXT_LENGTH",
            f"The displayable text of all components must not exceed {limits.components_v2_text} characters.",
        )


def _numbered(components: list[Json]) -> list[Json]:
    for number, part in enumerate(walk(components), start=1):
        part.setdefault("id", number)
    return components


class _Check:
    """Walks the components of one message."""

    def __init__(self, form: Form, limits: Limits, v2: bool) -> None:
        self._form = form
        self._limits = limits
        self._v2 = v2
        self._names: set[str] = set()

    def top(self, path: str, components: list[Json]) -> None:
        allowed = (ROW, *LAYOUT) if self._v2 else (ROW,)
        for index, part in enumerate(components):
            here = f"{path}.{index}"
            if part.get("type") not in allowed:
                self._form.one_of(f"{here}.type", part.get("type"), allowed)
            else:
                self._layout(here, part)

    def _layout(self, here: str, part: Json) -> None:
        match part["type"]:
            case 1:
                self._row(here, part)
            case 9:
                self._form.between(f"{here}.components", part.get("components"), 1, 3)
                self._accessory(here, part.get("accessory"))
            case 10:
                self._form.between(f"{here}.content", part.get("content"), 1, self._limits.components_v2_text)
            case 12:
                self._form.between(f"{here}.items", part.get("items"), 1, 10)
            case 17:
                self.top(f"{here}.components", part.get("components") or [])

    def _accessory(self, here: str, accessory: Json | None) -> None:
        if accessory is None:
            self._form.wrong(f"{here}.accessory", "BASE_TYPE_REQUIRED", "This field is required")
        elif accessory.get("type") == BUTTON:
            self._button(f"{here}.accessory", accessory)

    def _row(self, here: str, row: Json) -> None:
        parts = row.get("components") or []
        self._form.between(f"{here}.components", parts, 1, 5)
        for index, part in enumerate(parts):
            where = f"{here}.components.{index}"
            if part.get("type") == BUTTON:
                self._button(where, part)
            elif part.get("type") in SELECTS:
                if len(parts) > 1:
                    text = "A select takes a whole row."
                    self._form.wrong(f"{here}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", text)
                self._select(where, part)
            else:
                self._form.one_of(f"{where}.type", part.get("type"), (BUTTON, *SELECTS))

    def _button(self, here: str, button: Json) -> None:
        form = self._form
        form.one_of(f"{here}.style", button.get("style"), (1, 2, 3, 4, LINK_STYLE, PREMIUM_STYLE))
        form.longest(f"{here}.label", button.get("label"), 80)
        if button.get("style") == LINK_STYLE:
            form.between(f"{here}.url", button.get("url"), 1, 512)
            return
        if not button.get("label") and not button.get("emoji"):
            form.wrong(here, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button needs a label or an emoji")
        self._name(here, button)

    def _select(self, here: str, select: Json) -> None:
        form = self._form
        self._name(here, select)
        form.longest(f"{here}.placeholder", select.get("placeholder"), 150)
        if select["type"] != STRING_SELECT:
            return
        options = select.get("options")
        form.between(f"{here}.options", options, 1, 25)
        values = [option.get("value") for option in options or ()]
        if len(set(values)) < len(values):
            form.wrong(
                f"{here}.options",
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )
        for index, option in enumerate(options or ()):
            form.between(f"{here}.options.{index}.label", option.get("label"), 1, 100)
            form.between(f"{here}.options.{index}.value", option.get("value"), 1, 100)
            form.longest(f"{here}.options.{index}.description", option.get("description"), 100)

    def _name(self, here: str, part: Json) -> None:
        custom_id = part.get("custom_id")
        self._form.between(f"{here}.custom_id", custom_id, 1, self._limits.custom_id)
        if custom_id in self._names:
            text = "Component custom id cannot be duplicated"
            self._form.wrong(f"{here}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", text)
        self._names.add(str(custom_id))


def check_modal(form: Form, modal: Json, limits: Limits) -> Json:
    """A modal: a title and one to five questions."""
    form.between("data.title", modal.get("title"), 1, 45)
    form.between("data.custom_id", modal.get("custom_id"), 1, limits.custom_id)
    form.between("data.components", modal.get("components"), 1, 5)
    for index, part in enumerate(modal.get("components") or ()):
        here = f"data.components.{index}"
        form.one_of(f"{here}.type", part.get("type"), (ROW, TEXT, LABEL))
        if part.get("type") == LABEL:
            form.between(f"{here}.label", part.get("label"), 1, 45)
            form.longest(f"{here}.description", part.get("description"), 100)
        for field in questions([part]):
            form.between(f"{here}.custom_id", field.get("custom_id"), 1, limits.custom_id)
            if field.get("type") == TEXT_INPUT:
                _check_text_input(form, here, field, labelled=part.get("type") == LABEL)
    return modal


def _check_text_input(form: Form, here: str, field: Json, *, labelled: bool) -> None:
    form.one_of(f"{here}.style", field.get("style"), (1, 2))
    if not labelled:
        form.between(f"{here}.label", field.get("label"), 1, 45)
    form.longest(f"{here}.placeholder", field.get("placeholder"), 100)
    form.longest(f"{here}.value", field.get("value"), 4000)


def questions(components: list[Json]) -> Iterator[Json]:
    """What a person can fill in, in the order of the screen."""
    return (part for part in walk(components) if part.get("type") not in (ROW, TEXT, LABEL))
