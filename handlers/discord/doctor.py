"""What can be wrong with a bot on Discord before anybody has said a word."""

from collections.abc import AsyncIterator, Sequence

import discord

from bot.contracts.findings import Finding, bad, good, note
from bot.domain.counts import counted
from handlers.discord.receiving import INTENTS_SENTENCE

MOST_SERVERS = 50
"""Servers that are looked into; each costs three calls."""

_NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "read_message_history": "Read Message History",
}
_FOR_THREADS = {
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
}
_FOR_FILES = {"attach_files": "Attach Files"}
_FOR_SIGNS = {"add_reactions": "Add Reactions"}
"""Where this is missing, a sentence says the same."""
_WANTED = _NEEDED | _FOR_THREADS | _FOR_FILES


def invite_link(application: int) -> str:
    """Where the bot is invited to a server, with the permissions it wants and no others."""
    permissions = discord.Permissions(**dict.fromkeys(_WANTED | _FOR_SIGNS, True))
    return discord.utils.oauth_url(application, permissions=permissions, scopes=("bot", "applications.commands"))


async def examine(client: discord.Client) -> AsyncIterator[Finding]:
    """All checks of a client that is logged in."""
    application = await client.application_info()
    yield good(f"The token belongs to {application.name}.")
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        yield good("It may read what people write.")
    else:
        what, _, cure = INTENTS_SENTENCE.partition(". ")
        yield bad(f"{what}.", cure)
    if application.user_integration_config is None:
        yield note(
            "People cannot add it to their own accounts, and so cannot use it where it is not a member.",
            "Developer Portal, Installation, User Install, if you like; then start the gateway again.",
        )
    else:
        yield good("People can add it to their own accounts, and use it where it is not a member: /chat.")
    servers = [guild async for guild in client.fetch_guilds(limit=MOST_SERVERS + 1)]
    if not servers:
        yield note(
            "It is in no server; only direct messages reach it, and only from people it shares a server with.",
            f"Invite it: {invite_link(application.id)}",
        )
    if len(servers) > MOST_SERVERS:
        yield good(f"Only the first {MOST_SERVERS} of its servers are checked.")
    for server in servers[:MOST_SERVERS]:
        async for finding in _examine_server(client, server.id):
            yield finding


async def _examine_server(client: discord.Client, number: int) -> AsyncIterator[Finding]:
    server = await client.fetch_guild(number)
    me = await server.fetch_member(client.user.id if client.user is not None else 0)
    channels = [channel for channel in await server.fetch_channels() if isinstance(channel, discord.TextChannel)]
    seen = [channel for channel in channels if channel.permissions_for(me).view_channel]
    lacking = [(channel.name, missing) for channel in seen if (missing := _missing(channel.permissions_for(me)))]
    # In some channels it may be meant to be silent; where it cannot answer in any, it is not.
    finding = bad if len(lacking) == len(seen) else note
    for name, missing in lacking:
        yield finding(
            f"In #{name} of {server.name} it lacks: {', '.join(missing)}.",
            "Server Settings, Roles, the bot's role; or the channel's own permissions.",
        )
    if hidden := len(channels) - len(seen):
        yield note(
            f"Hidden from it in {server.name}: {hidden} of {counted(len(channels), 'text channel')}.",
            "That is fine for channels it is not meant for; otherwise, allow View Channel there.",
        )
    if seen and not lacking:
        yield good(f"It has what it needs in {counted(len(seen), 'text channel')} of {server.name}.")


def _missing(permissions: discord.Permissions) -> Sequence[str]:
    return [name for key, name in _WANTED.items() if not getattr(permissions, key)]
