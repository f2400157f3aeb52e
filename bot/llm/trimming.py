"""What one model is asked, trimmed when it refuses: fewer messages, fewer pictures, less room for the answer."""

import structlog

from bot.contracts.provider import PromptMessage
from bot.domain.provider_errors import (
    Blind,
    ContextTooLong,
    NotTaken,
    PictureRefused,
    ProviderError,
    RequestRefused,
)
from bot.llm.fitting import fewer_within, halved, too_long, without_older_pictures
from bot.llm.health import shown

log = structlog.get_logger(__name__)

MOST_NOT_TAKEN = 8
"""How often a request is sent again without something that the endpoint does not take; a provider learns less."""


class Trimmed:
    """What one model is asked. `blind` holds the models that have said that they see no pictures."""

    def __init__(
        self, model: str, messages: tuple[PromptMessage, ...], max_tokens: int | None, blind: set[str]
    ) -> None:
        self._model = model
        self._blind = blind
        self._guessed = False
        self._not_taken = 0
        self.max_tokens = max_tokens
        self.messages = (without_older_pictures(messages) or messages) if model in blind else messages

    def otherwise(self, error: ProviderError) -> bool:
        """Whether to ask again at once, for something that may well be answered."""
        if isinstance(error, NotTaken):
            self._not_taken += 1
            return self._not_taken <= MOST_NOT_TAKEN
        if isinstance(error, Blind):
            self._blind.add(self._model)
        before = len(self.messages)
        if isinstance(error, ContextTooLong) and self._is_answer_shortened(error.limit_tokens):
            return True
        fewer = self._fewer(error)
        if fewer is None:
            return False
        log.info(
            "context_shortened", model=shown(self._model), before=before, after=len(fewer), error=type(error).__name__
        )
        self.messages = fewer
        return True

    def _is_answer_shortened(self, limit: int | None) -> bool:
        """Whether the room that was asked for the answer was what is too long, and is less now."""
        if limit is None or self.max_tokens is None or self.max_tokens <= limit // 4:
            return False
        self.max_tokens = limit // 4
        return True

    def _fewer(self, error: ProviderError) -> tuple[PromptMessage, ...] | None:
        match error:
            case ContextTooLong():
                limit = error.limit_tokens
                fewer = fewer_within(self.messages, limit) if limit is not None else None
                fewer = fewer or halved(self.messages)
                if fewer is None:
                    too_long(error)
                return fewer
            case PictureRefused():
                return without_older_pictures(self.messages)
            case RequestRefused() if error.unexplained and not self._guessed:
                # The reason is unknown. If it is in earlier messages, the conversation can continue without them.
                self._guessed = True
                fewer = halved(self.messages)
                return (without_older_pictures(fewer) or fewer) if fewer is not None else None
            case _:
                return None
