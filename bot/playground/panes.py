"""The panes: what a page shows of each platform, as named parts, and what may be done there.

A part is a JSON value under a name such as "message/CHAT/ID". A page holds all parts and is told only which have
changed, so a pane just says what there is. A third platform is one more class here and one more script in the page.
"""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import web

from bot.rendering.markup.maths import readable
from bot.standins.discord import control as discord_control
from bot.standins.discord import transcript as discord_transcript
from bot.standins.discord.server import DiscordStandIn
from bot.standins.faults import FaultPlan
from bot.standins.telegram import control as telegram_control
from bot.standins.telegram import transcript as telegram_transcript
from bot.standins.telegram.server import TelegramStandIn

Part = tuple[str, Any]

LARGEST_EXACT = 2**53 - 1
"""Beyond this a browser's numbers are no longer exact."""
SHOWN_INTERACTIONS = 40
IDLE_S = 3600.0


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One call of the bot as a page shows it. `outcome` is "" while it runs."""

    key: int
    """Tells calls apart for as long as they are remembered."""
    at: int
    method: str
    place: str
    outcome: str
    ok: bool
    fault: str


class Pane(Protocol):
    """A platform's stand-in, seen from the page."""

    name: str
    faults: FaultPlan

    def parts(self) -> Iterator[Part]:
        """Everything that the page shows now."""

    def calls(self) -> Iterator[SeenCall]:
        """The last calls, the oldest first."""

    def arrivals(self) -> int:
        """How often a gateway has asked for what happens; grows when one arrives."""

    def routes(self, application: web.Application) -> None:
        """Add `POST /control` and `GET /file/…`."""

    async def change(self) -> None:
        """Return when something has changed."""


class TelegramPane:
    """The Telegram stand-in."""

    name = "telegram"

    def __init__(self, telegram: TelegramStandIn, admins: Collection[str] = ()) -> None:
        self._admins = admins
        self.faults = telegram.faults
        self._telegram = telegram
        self._seen = 0

    def parts(self) -> Iterator[Part]:
        """See `Pane.parts`."""
        world = self._telegram.world
        for person in world.people.values():
            admin = f"{self.name}:user:{person.id}" in self._admins
            yield f"person/{person.id}", {"id": person.id, "name": person.first_name, "admin": admin}
        for bot in world.bots.values():
            yield "bot", {"id": bot.id, "name": bot.first_name, "username": bot.username}
            menus = [
                {"scope": scope, "language": language, "commands": menu}
                for (scope, language), menu in bot.commands.items()
            ]
            yield "commands", menus
        for chat in world.chats():
            yield from self._chat(telegram_transcript.transcript_of(world, chat))

    def _chat(self, shown: telegram_transcript.Transcript) -> Iterator[Part]:
        yield (
            f"chat/{shown.id}",
            {
                "id": shown.id,
                "kind": shown.kind,
                "title": shown.title,
                "forum": shown.is_forum,
                "topics": shown.topics,
                "actions": shown.actions,
                "members": shown.members,
                "bots": shown.bots,
                "moved": shown.migrated_to,
            },
        )
        for message in shown.messages:
            rich = legible(message.rich)
            yield f"message/{shown.id}/{message.id}", replace(message, versions=(), rich=rich)
        for growing in shown.drafts:
            draft = replace(growing, versions=(), expires_in_s=0.0, rich=legible(growing.rich))
            yield f"draft/{shown.id}/{draft.thread or ''}", draft
        for answer in shown.answers[-5:]:
            yield f"answer/{shown.id}/{answer.query}", answer

    def calls(self) -> Iterator[SeenCall]:
        """See `Pane.calls`; the polling itself is left out."""
        for call in self._telegram.calls:
            if call.method != "getUpdates":
                yield SeenCall(
                    id(call), call.at, call.method, self._place(call.chat), call.outcome, call.ok, call.fault
                )

    def _place(self, chat: str) -> str:
        world = self._telegram.world
        number = int(chat) if chat.removeprefix("-").isdecimal() else 0
        if number in world.groups:
            return world.groups[number].title
        return world.people[number].first_name if number in world.people else chat

    def arrivals(self) -> int:
        """See `Pane.arrivals`."""
        return self._telegram.calls.counts["getUpdates"]

    def routes(self, application: web.Application) -> None:
        """See `Pane.routes`."""
        it = self._telegram
        telegram_control.Control(it.world, it.people, it.faults, it.calls).add_routes(application.router)
        application.router.add_get("/file/{id}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        file = self._telegram.world.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        return file_response(file.name, file.media_type, file.data)

    async def change(self) -> None:
        """See `Pane.change`."""
        changes = self._telegram.world.changes
        await changes.wait_for(lambda: changes.version != self._seen, IDLE_S)
        self._seen = changes.version


class DiscordPane:
    """The Discord stand-in. Its ids are strings in the page."""

    name = "discord"

    def __init__(self, discord: DiscordStandIn, admins: Collection[str] = ()) -> None:
        self._admins = admins
        self.faults = discord.faults
        self._discord = discord
        self._seen = 0

    def parts(self) -> Iterator[Part]:
        """See `Pane.parts`."""
        for name, value in self._parts():
            yield name, exact(value)

    def _parts(self) -> Iterator[Part]:
        world, people = self._discord.world, self._discord.people
        yield "bot", {"id": world.bot.id, "name": world.bot.name}
        for user in world.users.values():
            if not user.bot:
                admin = f"{self.name}:user:{user.id}" in self._admins
                yield f"person/{user.id}", {"id": user.id, "name": user.name, "admin": admin}
        for guild in world.guilds.values():
            members, channels = list(guild.members), list(guild.channel_ids)
            yield f"guild/{guild.id}", {"id": guild.id, "name": guild.name, "members": members, "channels": channels}
        commands = [command for scope in (None, *world.guilds) for command in people.commands.all(scope)]
        wanted = ("id", "name", "type", "description", "options", "guild_id", "contexts")
        yield "commands", [{key: command.get(key) for key in wanted} for command in commands]
        for interaction in people.interactions.all()[-SHOWN_INTERACTIONS:]:
            yield (
                f"interaction/{interaction.id}",
                {
                    "id": interaction.id,
                    "type": interaction.type,
                    "person": interaction.user_id,
                    "answered": interaction.answered,
                    "failed": interaction.failed,
                    "choices": interaction.choices,
                    "modal": interaction.modal,
                },
            )
        for channel in list(world.channels.values()):
            yield from self._channel(discord_transcript.transcript_of(world, people.payloads, channel))

    def _channel(self, shown: discord_transcript.Transcript) -> Iterator[Part]:
        channel = asdict(replace(shown, messages=()))
        world = self._discord.world
        channel["members"] = [
            user.id for user in world.users.values() if world.can_see(user.id, world.channel(shown.id))
        ]
        yield f"channel/{shown.id}", channel
        for message in shown.messages:
            data = asdict(replace(message, versions=()))
            for file in data["files"]:
                # A link is signed again each time it is asked for: the page has its own way to the bytes.
                file["url"] = f"/discord/file/{shown.id}/{message.id}/{file['id']}"
            yield f"message/{shown.id}/{message.id}", data

    def calls(self) -> Iterator[SeenCall]:
        """See `Pane.calls`."""
        for call in self._discord.calls:
            place = self._place(call.place)
            done = bool(call.status or call.fault)
            outcome = str(call.status or f"fault: {call.fault}") if done else ""
            yield SeenCall(id(call), call.at_ms, call.name, place, outcome, 200 <= call.status < 300, call.fault)

    def _place(self, place: str) -> str:
        if not place.isdecimal():
            return "interaction" if place else ""
        world = self._discord.world
        channel = world.channels.get(int(place))
        if channel is None:
            return ""
        if channel.name:
            return f"#{channel.name}"
        return world.users[channel.recipient_id].name if channel.recipient_id else ""

    def arrivals(self) -> int:
        """See `Pane.arrivals`."""
        return self._discord.gateway.arrivals

    def routes(self, application: web.Application) -> None:
        """See `Pane.routes`."""
        it = self._discord
        control = discord_control.Control(it.world, it.people, it.gateway, it.rest, it.rates, it.faults)
        control.add_routes(application.router)
        application.router.add_get(r"/file/{channel:\d+}/{message:\d+}/{id:\d+}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        channel, message, number = (int(request.match_info[name]) for name in ("channel", "message", "id"))
        try:
            attachments = self._discord.world.channels[channel].messages[message].attachments
            found = next(attachment for attachment in attachments if attachment.id == number)
        except (KeyError, StopIteration):
            raise web.HTTPNotFound from None
        return file_response(found.filename, found.media_type, found.data)

    async def change(self) -> None:
        """See `Pane.change`."""
        changes = self._discord.world.changes
        await changes.wait_for(lambda: changes.version != self._seen, IDLE_S)
        self._seen = changes.version


def exact(value: Any) -> Any:
    """The value with every number that a browser cannot hold as a string."""
    match value:
        case bool():
            return value
        case int():
            return value if -LARGEST_EXACT <= value <= LARGEST_EXACT else str(value)
        case dict():
            return {key: exact(item) for key, item in value.items()}
        case list() | tuple():
            return [exact(item) for item in value]
        case _:
            return value


def legible(rich: Any) -> Any:
    """A rich message with each formula also in plain signs, as `readable`: a browser sets no LaTeX."""
    match rich:
        case {"type": "mathematical_expression", "expression": str(expression)}:
            return rich | {"readable": readable(expression)}
        case dict():
            return {key: legible(value) for key, value in rich.items()}
        case list() | tuple():
            return [legible(value) for value in rich]
        case _:
            return rich


def file_response(name: str, media_type: str, data: bytes) -> web.Response:
    """A person's file: pictures may be shown, recordings played, all else is downloaded; nothing in it may run."""
    shown = media_type in ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/ogg")
    disposition = "inline" if shown else "attachment"
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name[:100], safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Type": media_type if shown else "application/octet-stream",
    }
    return web.Response(body=data, headers=headers)
