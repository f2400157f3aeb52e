"""Making summaries: behind the answers, at most one at a time in a session, until each that is wanted is there.

What is wanted stands in the database, put there by the transaction that keeps an answer, so that no crash loses it. A
summary is kept and paid for by one transaction as well: killed before it, it is made again; killed after it, it is
there. Nobody waits for one, except who asks for it: while it is missing, questions are answered without it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import accumulate

import structlog

from bot.contracts.provider import PromptMessage
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError
from bot.domain.events import Finished, Started, TextDelta
from bot.domain.ids import MessageId, PersonId, SessionId
from bot.domain.messages import Author, Message, TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Person
from bot.domain.policy import Policy
from bot.domain.provider_errors import StreamBroken
from bot.domain.sessions import Session
from bot.domain.summaries import LONGEST_SUMMARY, Summary, SummaryRule
from bot.domain.turns import FinishReason, Usage
from bot.files.material import Material, told_in_words
from bot.llm import wishes
from bot.llm.chain import Chain
from bot.llm.cheapest import cheaper_first
from bot.llm.fitting import budget_of, size_of, usage_at_most
from bot.llm.own_endpoints import Opened, OwnEndpoints
from bot.llm.profiles import Profiles
from bot.people import callers, purse
from bot.turns import context, summary_prompt
from storage import ledger, messages, people, sessions, summaries
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Sessions whose summaries are made at the same time: after a long failure of a vendor, very many may be wanted."""
_MOST_WRITTEN = 8_192
"""Tokens of an answer that is a summary: of `LONGEST_SUMMARY` in any language, and what a model thinks before it. No
more is held for it."""
MOST_TOKENS = 32_000
"""Of a conversation that are summed up in one request; what is longer takes several."""

_UNPAID = "There is not enough on the balance for a summary."


@dataclass(frozen=True, slots=True)
class _Needed:
    """What a summary is made of."""

    session: Session
    payer: Person
    earlier: Summary | None
    path: tuple[Message, ...]
    """From behind the earlier one up to what it speaks of."""
    balance: int


@dataclass(frozen=True, slots=True)
class _Writers:
    """Whom to ask; `own` as in `Briefing`."""

    models: tuple[ModelName, ...]
    own: Opened | None
    answers: bool
    """Whether the first is the one that answers: then a request begins as that one's do, and its vendor knows it."""


@dataclass(slots=True)
class _Written:
    """A model's summary."""

    text: str
    model: str
    """What people call it."""
    used: int
    """Tokens read and written."""


class Summaries:
    """Makes what is wanted."""

    def __init__(
        self, database: Database, chain: Chain, profiles: Profiles, own: OwnEndpoints, policy: Policy, clock: Clock
    ) -> None:
        self._database = database
        self._chain = chain
        self._profiles = profiles
        self._own = own
        self._policy = policy
        self._clock = clock
        self._tasks: dict[SessionId, asyncio.Task[ParleyError | None]] = {}
        self._again: set[SessionId] = set()
        self._failed: set[SessionId] = set()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Take up what an earlier run has left."""
        if self._policy.summaries is not SummaryRule.OFF:
            for session in await self._database.read(summaries.sessions_wanting()):
                self.kick(session)

    def after_answer(self, session: SessionId, *, leaves: bool) -> None:
        """An answer is kept; `leaves`: something is wanted since. What has failed is tried again."""
        if leaves or session in self._failed:
            self.kick(session)

    def kick(self, session: SessionId) -> "asyncio.Task[ParleyError | None]":
        """Make what is wanted in a session; returns what that ends with."""
        self._again.add(session)
        if session not in self._tasks:
            self._tasks[session] = asyncio.create_task(self._run(session), name=f"summaries-{session}")
        return self._tasks[session]

    async def fold(self, session: SessionId, message: MessageId, payer: PersonId, wish: str) -> Summary | None:
        """The summary up to a message, made now; None if it has gone meanwhile.

        Raises:
            ParleyError: it could not be made; it will be tried again behind the next answer.
        """
        number = await self._database.write(summaries.ask(session, message, payer, wish, self._clock.now()))
        failure = await asyncio.shield(self.kick(session))
        made = await self._database.read(summaries.get(number))
        if failure is not None and made is not None and await self._database.read(summaries.is_wanted(number)):
            raise failure
        return made if made is not None and made.text else None

    def can(self, session: Session, person: Person) -> bool:
        """Whether there is a model that could write one."""
        models = wishes.models_for(session, person, None, self._policy)
        return self._policy.summaries is not SummaryRule.OFF and not all(m.is_offline for m in models)

    async def close(self) -> None:
        """Drop what is being made; it is wanted still."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, session: SessionId) -> ParleyError | None:
        failure: ParleyError | None = None
        try:
            while session in self._again:
                async with self._places:
                    self._again.discard(session)
                    failure = await self._make_wanted(session)
        finally:
            del self._tasks[session]
        return failure

    async def _make_wanted(self, session: SessionId) -> ParleyError | None:
        self._failed.discard(session)
        try:
            for summary in await self._database.read(summaries.wanted_in(session)):
                await self._make(summary)
        except ParleyError as error:
            log.warning("summary_failed", session=session, error=type(error).__name__, detail=error)
            self._failed.add(session)
            return error
        return None

    async def _make(self, summary: Summary) -> None:
        """Write and keep one. Raises ParleyError."""
        needed = await self._database.read(_needed(summary, self._policy))
        writers = await self._writers(needed) if needed is not None else None
        if needed is None or writers is None:
            await self._database.write(summaries.give_up(summary.id))
            return
        held = purse.reserve(needed.payer, self._policy)
        free = self._policy.summaries is SummaryRule.OPERATOR or writers.own is not None or held == 0
        if needed.balance < held and not free:
            raise ParleyError(_UNPAID)
        if not summary.wish and needed.earlier is not None:
            summary = replace(summary, wish=needed.earlier.wish)
        written = await self._write(needed, writers, summary.wish)
        price = 0 if free else written.used if self._policy.metered else self._policy.tokens_per_request
        now = self._clock.now()
        await self._database.write(summaries.complete(summary, written.text, written.model, price, now))
        log.info("summary_made", session=summary.session, messages=len(needed.path), model=written.model)

    async def _writers(self, needed: _Needed) -> _Writers | None:
        """Who may write it: the cheapest of the mode's models; None if only the built-in one is there."""
        models = wishes.models_for(needed.session, needed.payer, None, self._policy)
        if models[0].is_own:
            own = await self._own.model(models[0], needed.payer.id)
            return _Writers(models[:1], own, answers=True)
        ordered = cheaper_first(models, await self._profiles.of(models))
        return _Writers(ordered, None, answers=ordered[0] == models[0]) if ordered else None

    async def _write(self, needed: _Needed, writers: _Writers, wish: str) -> _Written:
        """Sum up the path, in as many steps as it takes."""
        profile = (await self._profiles.of(writers.models[:1]))[writers.models[0]]
        most = min(budget_of(profile), MOST_TOKENS)
        material = await told_in_words(self._database, needed.path)
        left, earlier, used = needed.path, needed.earlier.text if needed.earlier is not None else "", 0
        while True:
            count, told = self._fitting(needed, left, earlier, wish, material, most)
            if not writers.answers:
                told = tuple(message for message in told if message.author is not Author.SYSTEM)
            written = await self._ask(writers, told, f"session-{needed.session.id}")
            used, left = used + written.used, left[count:]
            if not left:
                return replace(written, used=used)
            earlier = written.text

    def _fitting(
        self,
        needed: _Needed,
        path: Sequence[Message],
        earlier: str,
        wish: str,
        material: Material,
        most: int,
    ) -> tuple[int, tuple[PromptMessage, ...]]:
        """How many of the oldest messages of a path are summed up in one request, and the request."""

        def told(part: Sequence[Message]) -> tuple[PromptMessage, ...]:
            # One that begins with an answer is told as a conversation that a model has begun.
            first = part[0] if part[0].author is Author.USER else replace(part[0], parent=None)
            asks = replace(
                first, author=Author.USER, parts=(summary_prompt.request(wish),), speaker="", id=MessageId(0)
            )
            return context.prompt_messages(
                (first, *part[1:], asks),
                self._policy.mode_of(needed.session),
                needed.session,
                needed.payer,
                self._clock.now(),
                material,
                summary=summary_prompt.framed(earlier),
            )

        whole = told(path)
        sizes = list(accumulate(map(size_of, whole)))
        if sizes[-1] <= most:
            return len(path), whole
        around = len(whole) - len(path)
        beside = sizes[around - 2] if around > 1 else 0
        count = max(1, sum(size <= most - size_of(whole[-1]) for size in sizes[around - 1 : -1]))
        if count == 1:
            room = max(1, most - beside - size_of(whole[-1]))
            return 1, told((replace(path[0], parts=(TextPart(path[0].text[:room]),)),))
        return count, told(path[:count])

    async def _ask(self, writers: _Writers, told: tuple[PromptMessage, ...], conversation: str) -> _Written:
        written, finish, usage = _Written("", "", 0), FinishReason.CUT, None
        pieces: list[str] = []
        stream = self._chain.stream(
            writers.models, told, None, writers.own, conversation=conversation, longest=_MOST_WRITTEN
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case Started(model):
                        written.model = writers.own.model.label if writers.own is not None else model
                        pieces.clear()
                    case TextDelta(text):
                        pieces.append(text)
                    case Finished(reason, counted):
                        finish, usage = reason, counted
        written.text = "".join(pieces).strip()[:LONGEST_SUMMARY]
        if finish not in (FinishReason.COMPLETE, FinishReason.LENGTH) or not written.text:
            raise StreamBroken(f"A summary ended early ({finish.value}).")
        written.used = _tokens(usage or usage_at_most(told, pieces))
        return written


def _tokens(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens


def _needed(summary: Summary, policy: Policy) -> Program[_Needed | None]:
    """What it takes to make a summary; None if its messages or its payer are gone."""
    message = yield from messages.get(summary.message)
    session = yield from sessions.get(summary.session)
    payer = yield from people.find_by_id(summary.payer)
    if message is None or session is None or payer is None or (yield from messages.is_forgotten(summary.message)):
        return None
    earlier = (yield from summaries.above(message.parent)) if message.parent is not None else None
    path = yield from messages.path(summary.message, summaries.LONGEST_REACH)
    behind = next((i + 1 for i, each in enumerate(path) if earlier is not None and each.id == earlier.message), 0)
    balance = yield from ledger.balance(payer.id)
    return _Needed(session, callers.at_home(policy, payer), earlier, tuple(path[behind:]), balance)
