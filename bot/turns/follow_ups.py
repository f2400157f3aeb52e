"""What follows an answer: its session's title, a summary of what is far back, and the answer read aloud."""

from bot.turns.answer import Answer
from bot.turns.briefing import Begun
from bot.turns.speech import Speech
from bot.turns.summaries import Summaries
from bot.turns.titles import Titles


class FollowUps:
    """Begins what follows; nothing of it is waited for."""

    def __init__(self, titles: Titles, summaries: Summaries, speech: Speech) -> None:
        self.titles = titles
        self.summaries = summaries
        self.speech = speech

    def after_answer(self, begun: Begun, answer: Answer) -> None:
        """A turn has been answered."""
        self.titles.after_answer(begun)
        self.summaries.after_answer(begun.session.id, leaves=answer.leaves)
        if answer.spoken:
            self.speech.kick(begun.turn.id)

    async def close(self) -> None:
        """End what is under way; what was begun is taken up at the next start."""
        await self.titles.close()
        await self.summaries.close()
        await self.speech.close()
