"""REST: the bot itself, its application, the gateway's address, guilds and members."""

from bot.standins.discord.cdn import Cdn
from bot.standins.discord.errors import ApiError, Json
from bot.standins.discord.gateway import Gateway
from bot.standins.discord.model import Guild
from bot.standins.discord.payloads import Payloads
from bot.standins.discord.rest import Call, Reply, Route
from bot.standins.discord.world import World

GUILD = r"/guilds/{guild:\d+}"
LIMITED_CONTENT, LIMITED_MEMBERS, LIMITED_PRESENCES = 1 << 19, 1 << 15, 1 << 13
"""Application flags: a privileged intent is on, for a bot in fewer than a hundred guilds."""


class GuildRoutes:
    """What the bot asks about where it is."""

    def __init__(self, world: World, payloads: Payloads, gateway: Gateway, cdn: Cdn) -> None:
        self._world = world
        self._payloads = payloads
        self._gateway = gateway
        self._cdn = cdn

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            Route("GET", "/users/@me", "user.me", lambda _: Reply(self._payloads.myself())),
            Route("GET", "/users/@me/guilds", "user.guilds", self.my_guilds),
            Route("GET", r"/users/{user:\d+}", "user.get", self.user),
            Route("GET", "/oauth2/applications/@me", "application.get", self.application),
            Route("GET", "/applications/@me", "application.get", self.application),
            Route("GET", r"/applications/{application:\d+}", "application.get", self.application),
            Route("GET", "/gateway", "gateway.get", lambda _: Reply({"url": self._gateway.url}), open_to_all=True),
            Route("GET", "/gateway/bot", "gateway.bot", self.gateway_bot),
            Route("GET", GUILD, "guild.get", self.guild),
            Route("GET", GUILD + "/channels", "guild.channels", self.channels),
            Route("GET", GUILD + "/roles", "guild.roles", self.roles),
            Route("GET", GUILD + "/members", "guild.members", self.members),
            Route("GET", GUILD + r"/members/{user:\d+}", "guild.member", self.member),
            Route("POST", "/attachments/refresh-urls", "attachment.refresh", self.refresh),
        ]

    def my_guilds(self, call: Call) -> Reply:
        """GET: where the bot is."""
        return Reply([self._in_list(guild) for guild in self._world.bot_guilds()])

    def _in_list(self, guild: Guild) -> Json:
        permissions = str(int(guild.bot_permissions))
        own: Json = {"owner": False, "features": [], "icon": None, "permissions": permissions}
        return {"id": str(guild.id), "name": guild.name, **own}

    def user(self, call: Call) -> Reply:
        """GET: anyone."""
        return Reply(self._payloads.user(self._world.user(call.id("user")).id))

    def application(self, call: Call) -> Reply:
        """GET: the bot's own application. 10002 for another."""
        if int(call.parts.get("application", self._world.application_id)) != self._world.application_id:
            raise ApiError(10002)
        owner = next((user.id for user in self._world.users.values() if not user.bot), self._world.bot.id)
        portal = self._world.portal
        flags = LIMITED_CONTENT * portal.message_content + LIMITED_MEMBERS * portal.guild_members
        flags += LIMITED_PRESENCES * portal.presences
        data: Json = {
            "id": str(self._world.application_id),
            "name": self._world.bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": self._payloads.user(owner),
            "team": None,
            "flags": flags,
            "tags": [],
            "integration_types_config": {"0": {}, "1": {}} if portal.user_install else {"0": {}},
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "install_params": {"scopes": ["bot", "applications.commands"], "permissions": "0"},
            "approximate_guild_count": len(self._world.bot_guilds()),
            "bot": self._payloads.user(self._world.bot.id),
        }
        return Reply(data)

    def gateway_bot(self, call: Call) -> Reply:
        """GET: the gateway's address, and how many sessions may still be started."""
        left = 1000 - self._gateway.identified
        limit = {
            "total": 1000,
            "remaining": left,
            "reset_after": 86_400_000,
            "max_concurrency": self._world.limits.max_concurrency,
        }
        shards = self._world.limits.shards
        return Reply({"url": self._gateway.url, "shards": shards, "session_start_limit": limit})

    def guild(self, call: Call) -> Reply:
        """GET: a guild, with counts where asked."""
        guild = self._world.guild(call.id("guild"))
        count = {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
        asked = call.query.get("with_counts") in ("1", "true")
        return Reply({**self._payloads.guild(guild), **(count if asked else {})})

    def channels(self, call: Call) -> Reply:
        """GET: channels without threads."""
        guild = self._world.guild(call.id("guild"))
        return Reply([self._payloads.channel(self._world.channels[number]) for number in guild.channel_ids])

    def roles(self, call: Call) -> Reply:
        """GET: @everyone and the bot's."""
        return Reply(self._payloads.roles(self._world.guild(call.id("guild"))))

    def members(self, call: Call) -> Reply:
        """GET: members by id; only with the members intent in the portal."""
        guild = self._world.guild(call.id("guild"))
        if not self._world.portal.guild_members:
            raise ApiError(50001)
        after, limit = int(call.query.get("after", "0")), int(call.query.get("limit", "1"))
        ids = sorted(user_id for user_id in guild.members if user_id > after)[:limit]
        return Reply([self._payloads.member_with_user(guild, user_id) for user_id in ids])

    def member(self, call: Call) -> Reply:
        """GET: one member. 10007 for one who is not."""
        guild, user_id = self._world.guild(call.id("guild")), call.id("user")
        if user_id not in guild.members:
            raise ApiError(10007 if user_id in self._world.users else 10013)
        return Reply(self._payloads.member_with_user(guild, user_id))

    def refresh(self, call: Call) -> Reply:
        """POST: fresh links for old ones."""
        urls = call.body.get("attachment_urls") or []
        return Reply({"refreshed_urls": [{"original": url, "refreshed": self._cdn.refreshed(url)} for url in urls]})
