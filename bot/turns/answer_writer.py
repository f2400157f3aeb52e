"""What a model says, as it comes: into the answer and its preview. What it calls is run, and it is asked again."""

from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from bot.contracts.provider import PromptMessage, PromptPart
from bot.delivery.preview import Preview
from bot.domain.calls import CallPart, ResultPart
from bot.domain.clock import Clock
from bot.domain.events import Finished, ImageMade, ReasoningDelta, Started, TextDelta, ToolCalled
from bot.domain.messages import Author, Part, TextPart
from bot.domain.people import ToolsShown
from bot.domain.turns import Usage
from bot.llm.chain import Chain
from bot.llm.fitting import usage_at_most
from bot.texts import say_in
from bot.tools.tool import Asker
from bot.tools.toolbox import Toolbox, Tools, steps
from bot.turns.answer import DRAWING, THINKING, Answer
from bot.turns.briefing import Begun, Briefing, Briefings
from bot.turns.tool_line import ToolLine
from bot.turns.trust import tools_heard
from storage.tool_calls import Used


class AnswerWriter:
    """Has a chain of models answer a turn."""

    def __init__(self, chain: Chain, briefings: Briefings, tools: Tools, clock: Clock) -> None:
        self._chain = chain
        self._tools = tools
        self._briefings = briefings
        self._clock = clock

    async def write(self, begun: Begun, answer: Answer, preview: Preview) -> None:
        """Let the first model that can answer do so.

        Raises:
            ProviderError: no model of the chain has answered to its end; what came is in `answer`.
        """
        preview.start()
        briefing = await self._briefings.prepare(begun, preview.progress)
        answer.briefing = briefing
        if briefing.empty:
            return
        if briefing.picture is not None:
            preview.progress(DRAWING)
        # Answers that are strictly from the documents come from nothing else, and a picture from its words alone.
        alone = briefing.grounding is not None or briefing.picture is not None
        toolbox = await self._tools.of(_asker(begun)) if not alone else None
        if toolbox is not None:
            await self._done(toolbox.resume(), toolbox, answer)
            answer.usage = toolbox.used.usage if answer.steps else None
        while not answer.asks:
            may_call = toolbox is not None and toolbox.may_call
            calls, usage = await self._ask(begun, briefing, answer, preview, toolbox)
            if toolbox is None or not calls or not may_call:
                return
            said, used = answer.called(), await self._used(briefing, answer, usage)
            heard = partial(tools_heard, begun, briefing)
            show = preview.progress if begun.payer.tools_shown is not ToolsShown.NONE else _nothing
            async with ToolLine(calls, say_in(begun.payer.language), self._clock, show) as line:
                await self._done(toolbox.run(said, calls, used, heard, line.ended), toolbox, answer)

    @staticmethod
    async def _done(work: Coroutine[Any, Any, None], toolbox: Toolbox, answer: Answer) -> None:
        """Have something done; whatever comes in between, what is known of it stands in the answer."""
        try:
            await work
        finally:
            answer.steps = steps(toolbox.rounds)
            answer.called_microusd = toolbox.used.microusd
            answer.asks = bool(toolbox.undecided)
            answer.has_done = toolbox.has_done

    async def _used(self, briefing: Briefing, answer: Answer, usage: Usage | None) -> Used:
        """What the last request has used; the most it can have where its vendor does not say."""
        usage = usage or usage_at_most(briefing.messages, (answer.text, *answer.thoughts))
        cost = 0 if briefing.own is not None else await self._chain.cost_microusd(answer.model, usage)
        return Used(usage, cost or 0)

    async def _ask(
        self, begun: Begun, briefing: Briefing, answer: Answer, preview: Preview, toolbox: Toolbox | None
    ) -> tuple[list[CallPart], Usage | None]:
        """Ask once, with what has been done so far; returns what the model wants to have done next, and what this used,
        if its vendor says so.
        """
        own, checked, calls, used = briefing.own, briefing.grounding, list[CallPart](), None
        told = (PromptMessage(Author.ASSISTANT, _told(answer.steps)),) if answer.steps else ()
        stream = self._chain.stream(
            briefing.models,
            (*briefing.messages, *told),
            briefing.temperature,
            own,
            conversation=f"session-{begun.session.id}",
            effort=briefing.effort,
            longest=briefing.longest,
            tools=toolbox.offers if toolbox is not None else (),
            may_call=toolbox is None or toolbox.may_call,
            picture=briefing.picture,
            unfiltered=briefing.unfiltered,
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        answer.first_word_at = answer.first_word_at or self._clock.now()
                        self._take(checked.feed(text) if checked is not None else text, answer, preview)
                    case Started(model):
                        calls.clear()
                        answer.start_over()
                        preview.start_over()
                        if before := answer.said_before:
                            preview.feed(f"{before}\n\n")
                        answer.model = own.model.label if own is not None else model
                    case ReasoningDelta(text):
                        answer.thoughts.append(text)
                        preview.progress(THINKING)
                    case ImageMade(data, media_type):
                        answer.images.append((media_type, data))
                    case ToolCalled(call):
                        calls.append(call)
                    case Finished(reason, usage):
                        answer.finish, used = reason, usage
                        answer.note_usage(usage)
        return calls, used

    @staticmethod
    def _take(text: str, answer: Answer, preview: Preview) -> None:
        if text:
            answer.pieces.append(text)
            preview.feed(text)


def _nothing(_: str) -> None:
    """Shows nothing."""


def _asker(begun: Begun) -> Asker:
    return Asker(begun.turn, begun.session, begun.payer, begun.has_files)


def _told(parts: Sequence[Part]) -> tuple[PromptPart, ...]:
    return tuple(part for part in parts if isinstance(part, TextPart | CallPart | ResultPart))
