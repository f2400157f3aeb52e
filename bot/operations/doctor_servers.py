"""Connects each server of tools for `parley doctor`, and says what it has."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from bot.contracts.findings import Finding, bad, good, note
from bot.domain.counts import counted
from bot.domain.servers import Judgement, ServerRules
from bot.tools.connection import Hosts, Unreachable


async def examine_servers(servers: Sequence[ServerRules]) -> AsyncIterator[Finding]:
    """Whether each can be reached, and what of it models are offered."""
    hosts = Hosts()
    try:
        for looked in asyncio.as_completed([_examine(hosts, rules) for rules in servers]):
            yield await looked
    finally:
        hosts.close()


async def _examine(hosts: Hosts, rules: ServerRules) -> Finding:
    where = f"[servers.{rules.name}]"
    try:
        connection = await hosts.connect(rules)
    except Unreachable as error:
        return bad(
            f"The server {rules.name!r} cannot be reached: {error}",
            f"Correct `{'command' if rules.command else 'url'}` of {where} in parley.toml, or what it names.",
        )
    await connection.close()
    judged = [rules.judge(tool) for tool in connection.tools]
    runs, asks = judged.count(Judgement.READS), judged.count(Judgement.ASKS)
    if not runs + asks:
        return note(
            f"The server {rules.name!r} answers, but none of its tools is offered.", f"Look at `never` of {where}."
        )
    has = counted(len(judged), "tool")
    return good(f"The server {rules.name!r} answers, with {has}. Run at once: {runs}; ask first: {asks}.")
