"""What people do and see, over HTTP, for tests in another process.

`POST /control` takes `{"do": NAME, ...}`: NAME is a function of `People`, the rest its arguments by name (a file is
`{"data": BASE64, "name": ..., "media_type": ...}`), or one of
    fault          {"fault": {"kind": "flood", "retry_after_s": 3}, "method": "", "chat": "", "nth": 1, "times": 1}
    random_faults  {"chances": [[FAULT, 0.05], ...], "methods": [], "seed": 1}
    clear_faults   {}
    limits         {"on": true, "via": true}
    portal         {"message_content": true, "guild_members": false, "presences": false}
    gateway        {"action": "drop"}: also "close" (with "code"), "reconnect", "invalidate" (with "resumable"),
                   "garbage" (a frame that is no JSON), "malformed" (an event without its fields), "hold_acks" (with
                   "on"), "forget_sessions"
and answers `{"ok": true, "result": ...}` or, with status 400, `{"ok": false, "error": ...}`. Ids are strings.

`GET /control/state` gives people, guilds, transcripts, commands, interactions and the last calls. Query: `channel` for
one channel, `viewer` for one person's eyes, `calls` how many calls (50), `after` the `version` of an earlier answer, to
wait up to `wait_s` (25) for a change.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web

from bot.standins.discord.errors import ApiError, CannotDo, Json
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.interactions import Interaction
from bot.standins.discord.model import Guild
from bot.standins.discord.people import Attached, People
from bot.standins.discord.rates import RateLimits
from bot.standins.discord.rest import Call, Rest
from bot.standins.discord.transcript import transcript_of
from bot.standins.discord.world import World
from bot.standins.faults import FaultPlan

MAX_WAIT_S = 60.0
NO_FIELDS: Json = {"id": "1"}


class Control:
    """The routes under `/control`."""

    def __init__(
        self, world: World, people: People, gateway: Gateway, rest: Rest, rates: RateLimits, faults: FaultPlan
    ) -> None:
        self._world = world
        self._people = people
        self._gateway = gateway
        self._rest = rest
        self._rates = rates
        self._deeds: Mapping[str, Callable[..., Any]] = {
            **{deed.__name__: deed for deed in _deeds_of(people)},
            "deny": self._deny,
            "fault": faults.add_named,
            "random_faults": faults.randomly_named,
            "clear_faults": faults.clear,
            "limits": self._limits,
            "portal": self._portal,
            "gateway": self._break_gateway,
        }

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Open the doors."""
        router.add_post("/control", self._do)
        router.add_get("/control/state", self._state)

    async def _do(self, request: web.Request) -> web.Response:
        # Other sites' pages cannot send this type without a preflight request, which nothing here answers.
        if request.content_type != "application/json":
            return _json({"ok": False, "error": "Send `Content-Type: application/json`."}, 400)
        try:
            wanted = orjson.loads(await request.read())
            deed = self._deeds[wanted.pop("do")]
            result = deed(**{name: _with_files(value) for name, value in wanted.items()})
        except (CannotDo, ApiError, KeyError, TypeError, ValueError, AttributeError) as wrong:
            return _json({"ok": False, "error": f"{type(wrong).__name__}: {wrong}"}, 400)
        return _json({"ok": True, "result": str(result) if isinstance(result, int) else result})

    def _deny(self, channel: str, permissions: Sequence[str] = ()) -> None:
        self._people.deny(channel, *permissions)

    def _limits(self, *, on: bool | None = None, via: bool | None = None) -> None:
        self._rates.on = self._rates.on if on is None else on
        self._rates.via = self._rates.via if via is None else via

    def _portal(self, **switches: bool) -> None:
        for name, value in switches.items():
            # Slots make a wrong name an AttributeError.
            setattr(self._world.portal, name, value)

    def _break_gateway(self, action: str, *, code: int = 4000, resumable: bool = False, on: bool = True) -> None:
        gateway = self._gateway
        match action:
            case "drop":
                gateway.drop()
            case "close":
                gateway.close(code)
            case "reconnect":
                gateway.reconnect()
            case "invalidate":
                gateway.invalidate(resumable=resumable)
            case "garbage":
                gateway.send_raw("{")
            case "malformed":
                gateway.dispatch_raw("MESSAGE_CREATE", NO_FIELDS)
            case "hold_acks":
                gateway.holds_acks = on
            case "forget_sessions":
                gateway.forget_sessions()
            case _:
                raise ValueError(f"{action!r} is nothing the gateway can do.")

    async def _state(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            if "after" in query:
                await self._change_after(int(query["after"]), float(query.get("wait_s", 25)))
            viewer = int(query["viewer"]) if "viewer" in query else None
            if "channel" in query:
                shown = self._transcript(self._world.channel(int(query["channel"])).id, viewer)
                return _json({"ok": True, "version": self._world.changes.version, "channel": shown})
            return _json(self._everything(viewer, int(query.get("calls", 50))))
        except (ApiError, ValueError) as wrong:
            return _json({"ok": False, "error": str(wrong)}, 400)

    async def _change_after(self, version: int, wait_s: float) -> None:
        changes = self._world.changes
        try:
            await changes.wait_for(lambda: changes.version > version, min(wait_s, MAX_WAIT_S))
        except TimeoutError:
            return

    def _everything(self, viewer: int | None, calls: int) -> Json:
        world, people = self._world, self._people
        seen = [c for c in world.channels.values() if viewer is None or world.can_see(viewer, c)]
        interactions = [i for i in people.interactions.all() if viewer in (None, i.user_id)]
        return {
            "ok": True,
            "version": world.changes.version,
            "bot": {"id": str(world.bot.id), "name": world.bot.name, "connected": self._gateway.connected},
            "people": [
                {"id": str(u.id), "name": u.name, "language": u.locale, "accepts_messages": u.accepts_messages}
                for u in world.users.values()
                if not u.bot
            ],
            "guilds": [_guild(guild) for guild in world.guilds.values()],
            "channels": [self._transcript(channel.id, viewer) for channel in seen],
            "commands": [c for scope in (None, *world.guilds) for c in people.commands.all(scope)],
            "interactions": [_interaction(interaction) for interaction in interactions],
            "calls": [_call(call) for call in list(self._rest.calls)[-calls:]],
            "counts": dict(self._rest.counts),
            "refused": self._rates.refused,
        }

    def _transcript(self, channel_id: int, viewer: int | None) -> Json:
        channel = self._world.channels[channel_id]
        shown = transcript_of(self._world, self._people.payloads, channel, viewer)
        data: Json = _with_text_ids(asdict(shown))
        for message, source in zip(data["messages"], shown.messages, strict=True):
            message["labels"] = source.labels
        return data


def _deeds_of(people: People) -> tuple[Callable[..., Any], ...]:
    return (
        people.open_person,
        people.open_guild,
        people.invite_bot,
        people.remove_bot,
        people.join,
        people.open_role,
        people.open_channel,
        people.delete_channel,
        people.open_private,
        people.open_between,
        people.open_thread,
        people.open_post,
        people.say,
        people.edit,
        people.delete,
        people.delete_many,
        people.forward,
        people.send_poll,
        people.send_sticker,
        people.start_typing,
        people.react,
        people.rename_thread,
        people.archive_thread,
        people.delete_thread,
        people.block,
        people.unblock,
        people.command,
        people.complete,
        people.menu,
        people.press,
        people.choose,
        people.submit,
    )


ID_FIELDS = frozenset({"id", "sender", "reply_to", "receiver", "thread", "guild", "parent"})
ID_LISTS = frozenset({"mentions", "typing"})


def _with_text_ids(value: Any) -> Any:
    """Snowflakes as strings: a browser's numbers cannot hold them."""
    if isinstance(value, list | tuple):
        return [_with_text_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    made: Json = {}
    for name, item in value.items():
        if name in ("components", "embeds"):
            made[name] = item
        elif name in ID_LISTS:
            made[name] = [str(number) for number in item]
        elif name in ID_FIELDS and item is not None:
            made[name] = str(item)
        else:
            made[name] = _with_text_ids(item)
    return made


def _guild(guild: Guild) -> Json:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner": str(guild.owner_id),
        "members": [str(user_id) for user_id in guild.members],
        "roles": [
            {"id": str(role.id), "name": role.name, "members": [str(user_id) for user_id in role.members]}
            for role in guild.roles.values()
        ],
        "channels": [str(channel_id) for channel_id in guild.channel_ids],
    }


def _interaction(interaction: Interaction) -> Json:
    return {
        "id": str(interaction.id),
        "type": interaction.type,
        "person": str(interaction.user_id),
        "channel": str(interaction.channel_id),
        "answered": interaction.answered,
        "failed": interaction.failed,
        "choices": interaction.choices,
        "modal": interaction.modal,
        "message": None if interaction.original is None else str(interaction.original.id),
    }


def _call(call: Call) -> Json:
    names = ("name", "method", "path", "at_ms", "place", "body", "status", "fault")
    return {name: getattr(call, name) for name in names}


def _with_files(value: Any) -> Any:
    """A file wherever one may stand: as an argument, in a list, or among the options of a command."""
    if isinstance(value, list):
        return [_with_files(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "data" not in value:
        return {name: _with_files(item) for name, item in value.items()}
    fields = dict(value)
    try:
        return Attached(base64.b64decode(fields.pop("data"), validate=True), **fields)
    except binascii.Error as wrong:
        raise ValueError("A file's data must be base64.") from wrong


def _json(body: Any, status: int = 200) -> web.Response:
    data = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(status=status, body=data, content_type="application/json")
