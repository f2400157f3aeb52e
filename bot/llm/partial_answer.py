"""What one model has said so far, and whether that is an answer."""

from bot.domain.events import Event, ImageMade, ReasoningDelta, Started, TextDelta, ToolCalled
from bot.rendering.pages import shows


class PartialAnswer:
    """What one model has said so far. A model that is asked again starts from nothing."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.has_thought = False
        """Whether there was thinking before it."""
        self._has_drawn = False
        self.has_called = False
        """Whether it has called a tool, and waits for what comes of it."""

    def hear(self, event: Event) -> None:
        """Take one more event."""
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
        elif isinstance(event, ReasoningDelta):
            self.has_thought = True
        elif isinstance(event, ImageMade):
            self._has_drawn = True
        elif isinstance(event, ToolCalled):
            self.has_called = True
        elif isinstance(event, Started):
            self._pieces.clear()
            self.has_thought = self._has_drawn = self.has_called = False

    @property
    def shows(self) -> bool:
        """Whether there is an answer to be seen, as far as it has come."""
        return self._has_drawn or shows("".join(self._pieces))

    @property
    def stands(self) -> bool:
        """Whether asking again would throw away what was paid for: an answer, or the thinking before it."""
        return self.has_thought or self.shows
