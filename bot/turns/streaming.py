"""What a model says, as it comes: into the answer and its preview. What it calls is run, and it is asked again."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from bot.contracts.provider import PromptMessage, PromptPart
from bot.delivery.preview import Preview
from bot.domain.calls import CallPart, ResultPart
from bot.domain.clock import Clock
from bot.domain.events import Finished, ImageMade, ReasoningDelta, Started, TextDelta, ToolCalled
from bot.domain.messages import Author, Part, TextPart
from bot.llm.chain import Chain
from bot.rendering.pages import escaped
from bot.tools.running import Running, Tools, steps
from bot.tools.tool import Asker
from bot.turns.answer import THINKING, Answer
from bot.turns.briefing import Begun, Briefing, Briefings


class Streaming:
    """Has a chain of models answer a turn."""

    def __init__(self, chain: Chain, briefings: Briefings, tools: Tools, clock: Clock) -> None:
        self._chain = chain
        self._tools = tools
        self._briefings = briefings
        self._clock = clock

    async def stream(self, begun: Begun, answer: Answer, preview: Preview) -> None:
        """Let the first model that can answer do so.

        Raises:
            ProviderError: no model of the chain has answered to its end; what came is in `answer`.
        """
        preview.start()
        briefing = await self._briefings.prepare(begun, preview.progress)
        answer.briefing = briefing
        if briefing.empty:
            return
        # Answers that are strictly from the documents come from nothing else.
        running = await self._tools.of(_asker(begun)) if briefing.grounding is None else None
        if running is not None:
            answer.steps += steps(await running.resumed())
        while True:
            may_call = running is not None and running.may_call
            calls = await self._ask(begun, briefing, answer, preview, running)
            if running is None or not calls or not may_call:
                return
            said = answer.called(calls)
            preview.progress(_at_work(calls))
            try:
                answer.steps += await running.run(said, calls)
            except asyncio.CancelledError:
                answer.steps += running.stopped(calls)
                raise

    async def _ask(
        self, begun: Begun, briefing: Briefing, answer: Answer, preview: Preview, running: Running | None
    ) -> list[CallPart]:
        """Ask once, with what has been done so far; returns what the model wants to have done next."""
        own, checked, calls = briefing.own, briefing.grounding, list[CallPart]()
        told = (PromptMessage(Author.ASSISTANT, _told(answer.steps)),) if answer.steps else ()
        stream = self._chain.stream(
            briefing.models,
            (*briefing.messages, *told),
            briefing.temperature,
            own,
            conversation=f"session-{begun.session.id}",
            effort=briefing.effort,
            tools=running.offers if running is not None else (),
            may_call=running is None or running.may_call,
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        answer.first_word_at = answer.first_word_at or self._clock.now()
                        self._take(checked.feed(text) if checked is not None else text, answer, preview)
                    case Started(model):
                        calls.clear()
                        answer.begin_anew()
                        preview.begin_anew()
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
                        answer.finish = reason
                        answer.note_usage(usage)
        return calls

    @staticmethod
    def _take(text: str, answer: Answer, preview: Preview) -> None:
        if text:
            answer.pieces.append(text)
            preview.feed(text)


def _at_work(calls: Sequence[CallPart]) -> str:
    """The one quiet line while tools run."""
    return f"🔧 {', '.join(dict.fromkeys(escaped(call.tool) for call in calls))} …"


def _asker(begun: Begun) -> Asker:
    return Asker(begun.turn, begun.session, begun.payer, begun.has_files)


def _told(parts: Sequence[Part]) -> tuple[PromptPart, ...]:
    return tuple(part for part in parts if isinstance(part, TextPart | CallPart | ResultPart))
