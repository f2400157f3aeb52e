"""The tool with which a model makes a reminder or a schedule for the asker, who is shown it as if they had made it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.contracts.provider import ToolOffer
from bot.domain.clock import Clock
from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.domain.policy import Policy
from bot.domain.schedules import Once
from bot.people import callers
from bot.rendering.pages import filled, notice
from bot.schedules import plans
from bot.schedules.card import Card
from bot.schedules.plans import Plan
from bot.texts import say_in
from bot.tools.tool import Asker, Tool, ToolFailed
from bot.turns.asker_tools import caller_of
from storage import messages, outbox, schedules
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

_REMIND = ToolOffer(
    "remind",
    "Reminds the person you speak with of something at a time, once or again and again, or asks you a question in this "
    "conversation then. Use it only when they ask for it themselves. They see what was understood and can change it.",
    {
        "type": "object",
        "properties": {
            "when": {
                "type": "string",
                "description": "As in: in 20 minutes; tomorrow at 9:00; 24 December at 18:00; every weekday at 8:00; "
                "every month on the 1st; or five fields of cron. In their own time zone.",
            },
            "what": {"type": "string", "description": "What they are reminded of, or the question, in their language."},
            "asks": {"type": "boolean", "description": "Whether it is a question that you are to answer then."},
        },
        "required": ["when", "what"],
    },
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a model wants to have kept."""

    when: str
    what: str
    asks: bool


def remind_tool(database: Database, clock: Clock, policy: Policy, kept: Callable[[Iterable[OutboxPage]], None]) -> Tool:
    """Makes reminders and schedules. Offered in private alone; `kept` gets the page that shows what was made."""

    async def remind(asker: Asker, arguments: Mapping[str, Any]) -> str:
        when, what = arguments.get("when"), arguments.get("what")
        if not (isinstance(when, str) and isinstance(what, str) and when.strip() and what.strip()):
            raise ToolFailed("`when` and `what` are both needed.")
        wanted = _Wanted(when, what.strip(), asks=arguments.get("asks") is True)
        try:
            result, pages = await database.write(_made(asker, wanted, policy, clock.now()))
        except PersonError as error:
            raise ToolFailed(filled(say_in("en"), error.tell, error.values)) from error
        kept(pages)
        return result

    # What it has made already it does not make again.
    return Tool(_REMIND, reads=False, suits=lambda where: where.is_alone, call=remind, repeatable=True)


def _made(asker: Asker, wanted: _Wanted, policy: Policy, now: UnixMs) -> Program[tuple[str, list[OutboxPage]]]:
    """What to tell the model, and the page that shows the person what was made. Raises PersonError, ToolFailed."""
    person = callers.at_home(policy, asker.person)
    question = yield from messages.get(asker.turn.question)
    # A time such as "in 20 minutes" was meant from when it was said, however long the turn has waited since.
    plan = plans.planned(wanted.when, wanted.what, question.created_at if question is not None else now, person)
    if plan.text != wanted.what:
        raise ToolFailed(f"I do not know when “{wanted.when}” is. Only whole times like the examples are understood.")
    card = Card(person, now)
    if (yield from schedules.has(person.id, plan.text, plan.rule)):
        return _told(card, plan), []
    return _told(card, plan), [(yield from _kept(asker, plan, policy, now, asks=wanted.asks))]


def _kept(asker: Asker, plan: Plan, policy: Policy, now: UnixMs, *, asks: bool) -> Program[OutboxPage]:
    caller = yield from caller_of(asker, policy)
    number = yield from plans.keep(caller, plan, policy, now, asks=asks)
    text, buttons = Card(caller.person, now).made(plan, number, asks=asks)
    target = Target(caller.place_row, caller.place)
    return (yield from outbox.add(target, notice(text, buttons), now, person=caller.person.id))


def _told(card: Card, plan: Plan) -> str:
    if isinstance(plan.rule, Once):
        return f"Kept for {card.moment(plan.first)} ({card.zone_name}). They are shown that, with ways to change it."
    return f"They are shown it, and have to confirm it by its button; until then it is off. {card.times(plan)}"
