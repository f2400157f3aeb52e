"""REST: application commands, answers to interactions and what follows them."""

from bot.standins.discord.commands import Commands
from bot.standins.discord.errors import ApiError, Json
from bot.standins.discord.interactions import Interaction, Interactions
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.rest import Call, Reply, Route
from bot.standins.discord.world import World

APPLICATION = r"/applications/{application:\d+}"
WEBHOOK = r"/webhooks/{application:\d+}/{token}"
MESSAGE = WEBHOOK + r"/messages/{which:@original|\d+}"


class InteractionRoutes:
    """Commands are registered here and answered here."""

    def __init__(self, world: World, payloads: Payloads, commands: Commands, interactions: Interactions) -> None:
        self._world = world
        self._payloads = payloads
        self._commands = commands
        self._interactions = interactions

    def routes(self) -> list[Route]:
        """The addresses."""
        found = [
            Route(
                "POST",
                r"/interactions/{interaction:\d+}/{token}/callback",
                "interaction.answer",
                self.answer,
                open_to_all=True,
            ),
            Route("POST", WEBHOOK, "webhook.create", self.follow_up, open_to_all=True),
            Route("GET", MESSAGE, "webhook.get", self.get, open_to_all=True),
            Route("PATCH", MESSAGE, "webhook.edit", self.edit, open_to_all=True),
            Route("DELETE", MESSAGE, "webhook.delete", self.delete, open_to_all=True),
        ]
        for scope in (APPLICATION, APPLICATION + r"/guilds/{guild:\d+}"):
            every, one = scope + "/commands", scope + r"/commands/{command:\d+}"
            found += [
                Route("GET", every, "command.list", self.commands),
                Route("PUT", every, "command.replace", self.replace),
                Route("POST", every, "command.create", self.create),
                Route("GET", one, "command.get", self.command),
                Route("PATCH", one, "command.edit", self.change),
                Route("DELETE", one, "command.delete", self.remove),
            ]
        return found

    def _scope(self, call: Call) -> int | None:
        if call.id("application") != self._world.application_id:
            raise ApiError(50001)
        return self._world.guild(call.id("guild")).id if "guild" in call.parts else None

    def commands(self, call: Call) -> Reply:
        """GET: the commands of a scope, with all languages only where asked."""
        found = self._commands.all(self._scope(call))
        if call.query.get("with_localizations") in ("1", "true"):
            return Reply(found)
        return Reply([_without_locales(command) for command in found])

    def replace(self, call: Call) -> Reply:
        """PUT: the whole set."""
        return Reply(self._commands.replace(self._scope(call), call.body))

    def create(self, call: Call) -> Reply:
        """POST: one; an old one with its name is replaced."""
        return Reply(self._commands.upsert(self._scope(call), call.body), 201)

    def command(self, call: Call) -> Reply:
        """GET: one."""
        return Reply(self._commands.get(self._scope(call), call.id("command")))

    def change(self, call: Call) -> Reply:
        """PATCH: fields of one."""
        return Reply(self._commands.change(self._scope(call), call.id("command"), call.body))

    def remove(self, call: Call) -> Reply:
        """DELETE: one."""
        self._commands.remove(self._scope(call), call.id("command"))
        return Reply()

    def answer(self, call: Call) -> Reply:
        """POST: the first answer, within three seconds."""
        interaction = self._interactions.get(call.id("interaction"))
        self._interactions.answer(interaction, call.parts["token"], call.body, call.uploads)
        if call.query.get("with_response") in ("1", "true"):
            return Reply(self._interactions.callback_payload(interaction))
        return Reply()

    def _interaction(self, call: Call) -> Interaction:
        return self._interactions.by_token(call.id("application"), call.parts["token"])

    def follow_up(self, call: Call) -> Reply:
        """POST: another message, within fifteen minutes."""
        message = self._interactions.follow_up(self._interaction(call), call.body, call.uploads)
        return Reply(self._payloads.message(message))

    def get(self, call: Call) -> Reply:
        """GET: one of its messages."""
        return Reply(self._payloads.message(self._interactions.message(self._interaction(call), call.parts["which"])))

    def edit(self, call: Call) -> Reply:
        """PATCH: one of its messages."""
        message = self._interactions.edit(self._interaction(call), call.parts["which"], call.body, call.uploads)
        return Reply(self._payloads.message(message))

    def delete(self, call: Call) -> Reply:
        """DELETE: one of its messages."""
        self._interactions.delete(self._interaction(call), call.parts["which"])
        return Reply()


def _without_locales(command: Json) -> Json:
    return {key: value for key, value in command.items() if not key.endswith("_localizations")}
