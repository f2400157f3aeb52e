"""The gateway's own tools, beside those that only read what is kept: what a model may do without any server."""

from collections.abc import Callable, Iterable, Sequence

from bot.domain.policy import Policy
from bot.files.library import Library
from bot.llm.wishes import models_for
from bot.parts import Parts
from bot.schedules.tool import remind_tool
from bot.tools.facts import remember_tool
from bot.tools.searching import WebSearch
from bot.tools.tool import Asker, Tool
from bot.tools.web import web_tools
from bot.turns.asker_tools import draw_tool, speak_tool
from bot.turns.turn_queue import TurnQueue
from storage.outbox import OutboxPage


def own_tools(
    parts: Parts, library: Library, queue: TurnQueue, reminder_kept: Callable[[Iterable[OutboxPage]], None]
) -> Sequence[Tool]:
    """Those that the operator has not switched off. `reminder_kept` is told the pages that say so."""
    database, policy, clock = parts.database, parts.policy, parts.clock
    tools: list[Tool] = []
    if parts.web is not None:
        search = WebSearch(database, clock, parts.searching, parts.web.engine, policy.usd_per_day)
        tools += web_tools(
            database,
            parts.web.fetch,
            search,
            library.take_in,
            library.leads_of,
            lambda asker: _vendor_of(policy, asker),
        )
    if policy.tools.reading and policy.memory_tokens:
        tools.append(remember_tool(database, clock))
    if policy.tools.reading and policy.most_schedules:
        tools.append(remind_tool(database, clock, policy, reminder_kept))
    if policy.tools.reading and policy.files.drawing:
        tools.append(draw_tool(database, clock, policy, queue))
    if policy.tools.reading and policy.speaking:
        tools.append(speak_tool(database, clock))
    return tools


def _vendor_of(policy: Policy, asker: Asker) -> str:
    turn = asker.turn
    return models_for(asker.session, asker.person, turn.model, policy.at(turn.place))[0].provider
