"""What one model is asked, trimmed when it refuses: fewer messages, fewer pictures, less room for the answer."""

from dataclasses import dataclass, field

import structlog

from bot.contracts.provider import PromptMessage
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import (
    Blind,
    ContextTooLong,
    NotTaken,
    PictureRefused,
    ProviderError,
    RequestRefused,
)
from bot.llm.fitting import fewer_within, halved, pdfs_in, too_long, without_older_pictures, without_pdfs
from bot.llm.health import shown

log = structlog.get_logger(__name__)

MOST_NOT_TAKEN = 8
"""How often a request is sent again without something that the endpoint does not take; a provider learns less."""

MOST_REFUSED = 4_096
"""PDFs, by the models that refused them, that are remembered; then it starts over."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What models have refused, so that they are not asked with it again."""

    blind: set[ModelName] = field(default_factory=set)
    """Models that have said they cannot see pictures."""
    _pdfs: set[tuple[ModelName, str]] = field(default_factory=set)

    def pdfs(self, model: ModelName, sha256s: frozenset[str]) -> frozenset[str]:
        """Those PDFs among these that a model has refused."""
        return frozenset(sha256 for sha256 in sha256s if (model, sha256) in self._pdfs)

    def note(self, model: ModelName, sha256s: frozenset[str]) -> None:
        """A model has refused a request that held these: one of them, or all together, may be why."""
        if len(self._pdfs) > MOST_REFUSED:
            self._pdfs.clear()
        self._pdfs.update((model, sha256) for sha256 in sha256s)


class Trimmed:
    """What one model is asked."""

    def __init__(
        self, model: ModelName, messages: tuple[PromptMessage, ...], max_tokens: int | None, refused: Refused
    ) -> None:
        self._model = model
        self._refused = refused
        self._guessed = False
        self._not_taken = 0
        self.max_tokens = max_tokens
        self.messages = (without_older_pictures(messages) or messages) if model in refused.blind else messages

    def otherwise(self, error: ProviderError) -> bool:
        """Whether to ask again at once, for something that may well be answered."""
        if isinstance(error, NotTaken):
            self._not_taken += 1
            return self._not_taken <= MOST_NOT_TAKEN
        if sent := pdfs_in(self.messages):
            # Whatever it is about: their text is there, and they are what is refused most often.
            log.info("pdfs_left_out", model=shown(self._model), count=len(sent), error=type(error).__name__)
            self._refused.note(self._model, sent)
            self.messages = without_pdfs(self.messages)
            return True
        if isinstance(error, Blind):
            self._refused.blind.add(self._model)
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
