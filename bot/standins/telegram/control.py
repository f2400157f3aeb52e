"""What people do and see, over HTTP, for tests in another process.

`POST /control` takes `{"do": NAME, ...}`: NAME is a function of `People`, the rest its arguments by name (a file is
`{"data": BASE64, "name": ..., "media_type": ...}`), or one of
    fault          {"fault": {"kind": "flood", "retry_after_s": 3}, "method": "", "chat": "", "nth": 1, "times": 1}
    random_faults  {"chances": [[FAULT, 0.05], ...], "methods": [], "seed": 1}
    clear_faults   {}
    limits         {"on": true}
    push           {"update": {...}, "bot": ID}: an update of any shape
and answers `{"ok": true, "result": ...}` or, with status 400, `{"ok": false, "error": ...}`.

`GET /control/state` gives bots, people, transcripts and the last calls. Query: `chat` for one chat (with `bot` and
`viewer`), `calls` how many calls (50), `after` the `version` of an earlier answer, to wait up to `wait_s` (25) for a
change.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from bot.standins.faults import FaultPlan
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.calls import CallLog
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.people import Attached, People
from bot.standins.telegram.rooms import CannotDo
from bot.standins.telegram.transcript import transcript_of
from bot.standins.telegram.world import World

FILES = ("photo", "document", "voice")
MAX_WAIT_S = 60.0


class Control:
    """The routes under `/control`."""

    def __init__(self, world: World, people: People, faults: FaultPlan, calls: CallLog) -> None:
        self._world = world
        self._people = people
        self._calls = calls
        self._deeds: Mapping[str, Callable[..., Any]] = {
            **{deed.__name__: deed for deed in _deeds_of(people)},
            "fault": faults.add_named,
            "random_faults": faults.randomly_named,
            "clear_faults": faults.clear,
            "limits": self._limits,
            "push": self._push,
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
            result = deed(**_with_files(wanted))
        except (CannotDo, KeyError, TypeError, ValueError, AttributeError) as wrong:
            return _json({"ok": False, "error": f"{type(wrong).__name__}: {wrong}"}, 400)
        if isinstance(result, BotAccount):
            result = _bot(result)
        return _json({"ok": True, "result": result})

    def _limits(self, *, on: bool) -> None:
        self._world.set_limits(FloodLimits() if on else None)

    def _push(self, update: dict[str, Any], bot: int | None = None) -> int:
        return self._people.bot(bot).updates.push_raw(update)

    async def _state(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            if "after" in query:
                await self._change_after(int(query["after"]), float(query.get("wait_s", 25)))
            if "chat" in query:
                room = self._people.chat(int(query["chat"]), int(query["bot"]) if "bot" in query else None)
                viewer = int(query["viewer"]) if "viewer" in query else None
                shown: Any = transcript_of(self._world, room, viewer)
                return _json({"ok": True, "version": self._world.changes.version, "chat": shown})
            return _json(self._everything(int(query.get("calls", 50))))
        except (CannotDo, ValueError) as wrong:
            return _json({"ok": False, "error": str(wrong)}, 400)

    async def _change_after(self, version: int, wait_s: float) -> None:
        changes = self._world.changes
        try:
            await changes.wait_for(lambda: changes.version > version, min(wait_s, MAX_WAIT_S))
        except TimeoutError:
            return

    def _everything(self, calls: int) -> dict[str, Any]:
        return {
            "ok": True,
            "version": self._world.changes.version,
            "bots": [_bot(bot) for bot in self._world.bots.values()],
            "people": [person.to_api() for person in self._world.people.values()],
            "chats": [transcript_of(self._world, chat) for chat in self._world.chats()],
            "calls": [
                {
                    "at": call.at,
                    "bot": call.bot,
                    "method": call.method,
                    "chat": call.chat,
                    "params": call.params,
                    "outcome": call.outcome,
                    "fault": call.fault,
                }
                for call in list(self._calls)[-calls:]
            ],
            "counts": dict(self._calls.counts),
        }


def _deeds_of(people: People) -> tuple[Callable[..., Any], ...]:
    return (
        people.add_bot,
        people.make_bot,
        people.renew_token,
        people.open_person,
        people.open_private,
        people.open_group,
        people.open_topic,
        people.say,
        people.say_alone,
        people.write,
        people.paste,
        people.send_photo,
        people.send_album,
        people.send_document,
        people.send_voice,
        people.send_other,
        people.edit,
        people.react,
        people.delete,
        people.press,
        people.stop,
        people.block,
        people.unblock,
        people.rename_topic,
        people.close_topic,
        people.reopen_topic,
        people.delete_topic,
        people.kick,
        people.invite,
        people.set_rights,
        people.migrate,
    )


def _bot(bot: BotAccount) -> dict[str, Any]:
    return {
        **bot.to_me(),
        "token": bot.token,
        "commands": [
            {"scope": orjson.loads(scope), "language": language, "commands": commands}
            for (scope, language), commands in bot.commands.items()
        ],
        "pending_updates": len(bot.updates.pending),
        "calls_in_penalty": bot.gate.calls_in_penalty,
    }


def _with_files(wanted: Mapping[str, Any]) -> dict[str, Any]:
    arguments = dict(wanted)
    for name in FILES:
        if name in arguments:
            arguments[name] = _attached(arguments[name])
    if "photos" in arguments:
        arguments["photos"] = [_attached(photo) for photo in arguments["photos"]]
    return arguments


def _attached(data: Mapping[str, str]) -> Attached:
    fields = dict(data)
    try:
        return Attached(base64.b64decode(fields.pop("data"), validate=True), **fields)
    except binascii.Error as wrong:
        raise ValueError("A file's data must be base64.") from wrong


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), content_type="application/json"
    )
