"""A turn that is being run, and how it is stopped."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.domain.ids import MessageId
from bot.domain.places import Place


class Run:
    """A turn that is being run at a place, from this question; `stop` ends it with what has come."""

    def __init__(self, question: MessageId, place: Place) -> None:
        self.question = question
        self.place = place
        self._streaming: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """End the model's answer now. What has come stays."""
        self._stopped = True
        if self._streaming is not None:
            self._streaming.cancel()

    async def stream(self, coroutine: Coroutine[Any, Any, None]) -> bool:
        """Let the model finish. True if it was stopped instead; raises what the coroutine raises."""
        self._streaming = task = asyncio.create_task(coroutine)
        if self._stopped:
            task.cancel()
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        self._streaming = None
        if task.cancelled():
            return True
        task.result()
        return False
