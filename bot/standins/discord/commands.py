"""Application commands: what a bot may register, and what a person may then type."""

import re
from typing import Any

from bot.standins.discord.errors import ApiError, CannotDo, Form, Json
from bot.standins.discord.model import Channel
from bot.standins.discord.world import World

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUBCOMMAND, SUBCOMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(
    1, 12
)
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
"""https://docs.discord.com/developers/change-log#march-3-2026; until then 5 entries of each menu."""
NAME = re.compile(r"[-_'\w]{1,32}")
# fmt: off
LOCALES = frozenset((
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko",
))
# fmt: on
IN_SERVER, WITH_BOT, BETWEEN_PEOPLE = range(3)
SIZE = 8000
"""Names, descriptions and choice values of one command together."""


class Commands:
    """The registered commands by scope: a guild's id, or None for everywhere."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scopes: dict[int | None, dict[int, Json]] = {}

    def all(self, guild_id: int | None) -> list[Json]:
        """The commands of one scope."""
        return list(self._scopes.get(guild_id, {}).values())

    def get(self, guild_id: int | None, command_id: int) -> Json:
        """One command. Raises 10063."""
        try:
            return self._scopes.get(guild_id, {})[command_id]
        except KeyError:
            raise ApiError(10063) from None

    def replace(self, guild_id: int | None, bodies: list[Json]) -> list[Json]:
        """Make these the commands of the scope; one that had the same name and type keeps its id. Raises 50035."""
        form = Form()
        for kind, most in MOST.items():
            if sum(body.get("type", CHAT_INPUT) == kind for body in bodies) > most:
                form.wrong(
                    "_", "APPLICATION_COMMAND_TOO_MANY", f"Maximum number of application commands reached ({most})."
                )
        for index, body in enumerate(bodies):
            _check(form, f"{index}.", body)
        names = [(body.get("type", CHAT_INPUT), body.get("name")) for body in bodies]
        for index, name in enumerate(names):
            if name in names[:index]:
                text = "Application command names must be unique"
                form.wrong(f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        form.check()
        before = {(command["type"], command["name"]): command for command in self.all(guild_id)}
        now = [self._stored(guild_id, body, before) for body in bodies]
        self._scopes[guild_id] = {int(command["id"]): command for command in now}
        self._world.changes.ring()
        return now

    def upsert(self, guild_id: int | None, body: Json) -> Json:
        """Add one command, or put it in the place of the one with its name and type."""
        key = (body.get("type", CHAT_INPUT), body.get("name"))
        others = [command for command in self.all(guild_id) if (command["type"], command["name"]) != key]
        return self.replace(guild_id, [*others, body])[-1]

    def change(self, guild_id: int | None, command_id: int, body: Json) -> Json:
        """Replace fields of one command."""
        old = self.get(guild_id, command_id)
        form = Form()
        new = {**old, **body}
        _check(form, "", new)
        form.check()
        old.update(body, version=str(self._world.ids.next()))
        self._world.changes.ring()
        return old

    def remove(self, guild_id: int | None, command_id: int) -> None:
        """Raises 10063."""
        self.get(guild_id, command_id)
        del self._scopes[guild_id][command_id]
        self._world.changes.ring()

    def _stored(self, guild_id: int | None, body: Json, before: dict[tuple[int, str], Json]) -> Json:
        kind = body.get("type", CHAT_INPUT)
        known = before.get((kind, body["name"]))
        number = str(self._world.ids.next())
        stored: Json = {
            "id": known["id"] if known else number,
            "application_id": str(self._world.application_id),
            "version": number,
            "type": kind,
            "name": body["name"],
            "name_localizations": body.get("name_localizations"),
            "description": body.get("description", ""),
            "description_localizations": body.get("description_localizations"),
            "options": body.get("options") or [],
            "default_member_permissions": body.get("default_member_permissions"),
            "dm_permission": body.get("dm_permission", True),
            "contexts": body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
            "nsfw": bool(body.get("nsfw")),
        }
        if guild_id is not None:
            stored["guild_id"] = str(guild_id)
        return stored

    def find(self, name: str, kind: int, channel: Channel, *, by: int | None = None) -> Json:
        """The command that a person's client offers in this channel. Raises `CannotDo`.

        Those for servers are offered in the bot's, and in its direct messages; those for people to who has added it.
        """
        ways = {0} if self._world.is_home(channel) else set()
        if by in self._world.added_by:
            ways.add(1)
        offered = [*self.all(channel.guild_id), *self.all(None)] if channel.guild_id is not None else self.all(None)
        for command in offered:
            known = command["type"] == kind and command["name"] == name
            if known and _fits(command, channel) and ways.intersection(command["integration_types"]):
                return command
        names = ", ".join(sorted(command["name"] for command in offered if command["type"] == kind))
        raise CannotDo(f"There is no command {name!r} here, only {names or 'none'}.")


def context_of(channel: Channel) -> int:
    """What kind of place it is to a command."""
    if channel.guild_id is not None:
        return IN_SERVER
    return BETWEEN_PEOPLE if channel.between else WITH_BOT


def _fits(command: Json, channel: Channel) -> bool:
    contexts = command.get("contexts")
    context = context_of(channel)
    if contexts is not None:
        return context in contexts
    return context == IN_SERVER or bool(command.get("dm_permission", True))


def _check(form: Form, path: str, body: Json) -> None:
    kind = body.get("type", CHAT_INPUT)
    form.one_of(f"{path}type", kind, tuple(MOST))
    for context in body.get("contexts") or ():
        form.one_of(f"{path}contexts", context, (0, 1, 2))
    for added in body.get("integration_types") or ():
        form.one_of(f"{path}integration_types", added, (0, 1))
    if kind != CHAT_INPUT:
        form.between(f"{path}name", body.get("name"), 1, 32)
        if body.get("description") or body.get("options"):
            text = "Context menu commands cannot have description"
            form.wrong(f"{path}description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED", text)
    else:
        _check_named(form, path, body)
        _check_options(form, f"{path}options", body.get("options") or [])
        if _size(body) > SIZE:
            form.wrong(
                path.rstrip(".") or "_", "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})"
            )
    _check_locales(form, path, body, most=32)


def _check_named(form: Form, path: str, body: Json) -> None:
    name = body.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != name.lower():
        form.wrong(f"{path}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    form.between(f"{path}description", body.get("description"), 1, 100)


def _check_locales(form: Form, path: str, body: Json, *, most: int) -> None:
    for field, length in (("name_localizations", most), ("description_localizations", 100)):
        for locale, text in (body.get(field) or {}).items():
            if locale not in LOCALES:
                form.wrong(
                    f"{path}{field}.{locale}", "ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.'
                )
            form.between(f"{path}{field}.{locale}", text, 1, length)


def _check_options(form: Form, path: str, options: list[Json]) -> None:
    form.longest(path, options, 25)
    optional_seen = False
    for index, option in enumerate(options):
        here = f"{path}.{index}."
        form.one_of(f"{here}type", option.get("type"), tuple(range(SUBCOMMAND, ATTACHMENT + 1)))
        _check_named(form, here, option)
        _check_locales(form, here, option, most=32)
        if option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP):
            _check_options(form, f"{here}options", option.get("options") or [])
            continue
        if option.get("required") and optional_seen:
            text = "Required options must be placed before non-required options"
            form.wrong(here.rstrip("."), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
        optional_seen = optional_seen or not option.get("required")
        _check_choices(form, here, option)


def _check_choices(form: Form, here: str, option: Json) -> None:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        text = "Autocomplete cannot be set to true if options are present"
        form.wrong(f"{here}autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", text)
    form.longest(f"{here}choices", choices, 25)
    for index, choice in enumerate(choices):
        form.between(f"{here}choices.{index}.name", choice.get("name"), 1, 100)
        form.longest(f"{here}choices.{index}.value", choice.get("value"), 100)


def _size(body: Json) -> int:
    own = len(str(body.get("name", ""))) + len(str(body.get("description") or ""))
    values = sum(
        len(str(choice.get("value", ""))) + len(choice.get("name", "")) for choice in body.get("choices") or ()
    )
    return own + values + sum(_size(option) for option in body.get("options") or ())


def fill(command: Json, path: list[str], given: dict[str, Any], *, focused: str = "") -> list[Json]:
    """The options of an interaction, checked as a client checks them before it sends.

    `path` names the subcommand, if any. With `focused` the person is still typing: what is required may be missing.
    Raises `CannotDo`.
    """
    options: list[Json] = command["options"]
    if path:
        step = next(
            (option for option in options if option["name"] == path[0] and option["type"] <= SUBCOMMAND_GROUP), None
        )
        if step is None:
            raise CannotDo(f"{command['name']!r} has no subcommand {path[0]!r}.")
        inner = fill({"name": step["name"], "options": step.get("options") or []}, path[1:], given, focused=focused)
        return [{"name": step["name"], "type": step["type"], "options": inner}]
    known = {option["name"]: option for option in options}
    if unknown := set(given) - set(known):
        raise CannotDo(
            f"{command['name']!r} has no option {', '.join(sorted(unknown))}, only {', '.join(known) or 'none'}."
        )
    missing = [name for name, option in known.items() if option.get("required") and name not in given]
    if missing and not focused:
        raise CannotDo(f"{command['name']!r} needs {', '.join(missing)}.")
    return [_filled(known[name], value, focused=name == focused) for name, value in given.items()]


def _filled(option: Json, value: Any, *, focused: bool) -> Json:
    if focused:
        if not option.get("autocomplete"):
            raise CannotDo(f"The option {option['name']!r} has no autocomplete.")
        return {"name": option["name"], "type": option["type"], "value": str(value), "focused": True}
    kinds: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
    if not isinstance(value, kinds.get(option["type"], (str,))):
        raise CannotDo(f"The option {option['name']!r} does not take {value!r}.")
    if choices := option.get("choices"):
        allowed = [choice["value"] for choice in choices]
        if value not in allowed:
            raise CannotDo(f"The option {option['name']!r} offers {allowed}, not {value!r}.")
    if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
        raise CannotDo(f"The option {option['name']!r} does not take {len(value)} characters.")
    return {"name": option["name"], "type": option["type"], "value": value}
