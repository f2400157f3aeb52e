"""What a model says, as it comes: into the answer, and into its preview."""

from contextlib import aclosing

from bot.delivery.preview import Preview
from bot.domain.clock import Clock
from bot.domain.events import Finished, ImageMade, ReasoningDelta, Started, TextDelta
from bot.llm.chain import Chain
from bot.turns.answer import THINKING, Answer
from bot.turns.briefing import Begun, Briefings


class Streaming:
    """Has a chain of models answer a turn."""

    def __init__(self, chain: Chain, briefings: Briefings, clock: Clock) -> None:
        self._chain = chain
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
        own, checked = briefing.own, briefing.grounding
        stream = self._chain.stream(
            briefing.models,
            briefing.messages,
            briefing.temperature,
            own,
            conversation=f"session-{begun.session.id}",
            effort=briefing.effort,
        )
        async with aclosing(stream) as events:
            async for event in events:
                match event:
                    case TextDelta(text):
                        answer.first_word_at = answer.first_word_at or self._clock.now()
                        self._take(checked.feed(text) if checked is not None else text, answer, preview)
                    case Started(model):
                        answer.begin_anew()
                        preview.begin_anew()
                        answer.model = own.model.label if own is not None else model
                    case ReasoningDelta(text):
                        answer.thoughts.append(text)
                        preview.progress(THINKING)
                    case ImageMade(data, media_type):
                        answer.images.append((media_type, data))
                    case Finished(reason, usage):
                        answer.finish, answer.usage = reason, usage

    @staticmethod
    def _take(text: str, answer: Answer, preview: Preview) -> None:
        if text:
            answer.pieces.append(text)
            preview.feed(text)
