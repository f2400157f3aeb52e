"""How the models have been doing: one that keeps failing is left alone for a while."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.clock import Clock
from bot.domain.model_names import OWN, ModelName
from bot.domain.provider_errors import (
    BadCredentials,
    ModelMissing,
    NoCredit,
    ProviderError,
    QuotaSpent,
    TurnedAway,
    WrongAddress,
)
from bot.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

LONGEST_WAIT_S = 20.0
"""If a vendor asks for a longer wait, the next model is tried instead; a person is waiting."""

FAILURES_BEFORE_REST = 3
REST_S = 30.0
"""How long a model that failed so often in a row is left alone; doubled each time, up to the longest."""

LONGEST_REST_S = 600.0

DAY_S = 86_400.0
SHORTEST_DAY_S = 3_600.0
"""A vendor's day may be another than that of UTC: at midnight it is asked once an hour."""

LONGEST_ASKED_REST_S = DAY_S
"""However long a vendor asks to be left alone, a day later it is asked again."""

_LASTING = (BadCredentials, NoCredit, ModelMissing, QuotaSpent, TurnedAway, WrongAddress)
"""Failures that do not pass by themselves: the model is set aside at once."""


@dataclass(slots=True)
class _Rest:
    failures: int = 0
    count: int = 0
    ends_at: float = 0.0
    """On the monotonic clock, in seconds: when it may be asked again."""


class Health:
    """Which models may be asked. `heard` is told how each of the operator's vendors has answered or failed."""

    def __init__(self, clock: Clock, metrics: Metrics, heard: Callable[[str, ProviderError | None], None]) -> None:
        self._clock = clock
        self._metrics = metrics
        self._heard = heard
        self._rests: dict[ModelName, _Rest] = {}

    def willing(self, models: Sequence[ModelName]) -> Sequence[ModelName]:
        """The models that are not resting; all of them if all are."""
        now = self._clock.monotonic()
        rested = [model for model in models if self._rests.get(model, _Rest()).ends_at <= now]
        return rested or models

    def note_success(self, model: ModelName) -> None:
        """It has answered."""
        self._rests.pop(model, None)
        if not model.is_own:
            self._heard(model.provider, None)

    def note_failure(self, model: ModelName, error: ProviderError) -> None:
        """It has not answered: after several failures in a row, or one that lasts, it is left alone."""
        self._metrics.model_failed(shown(model), error)
        if not model.is_own:
            self._heard(model.provider, error)
        if not error.model_at_fault:
            return
        rest = self._rests.setdefault(model, _Rest())
        rest.failures += 1
        asked_s = min(error.retry_after_s or 0.0, LONGEST_ASKED_REST_S)
        if rest.failures >= FAILURES_BEFORE_REST or isinstance(error, _LASTING) or asked_s > LONGEST_WAIT_S:
            rest_s = max(asked_s or self._days_rest_s(error), min(REST_S * 2.0**rest.count, LONGEST_REST_S))
            rest.failures = 0
            rest.count += 1
            rest.ends_at = self._clock.monotonic() + rest_s
            log.warning("model_rests", model=shown(model), rest_s=round(rest_s))

    def _days_rest_s(self, error: ProviderError) -> float:
        """Until the day is over, where its limit is reached and nobody says when the next one begins."""
        if not isinstance(error, QuotaSpent):
            return 0.0
        return max(SHORTEST_DAY_S, DAY_S - self._clock.now() / 1000 % DAY_S)


def shown(model: ModelName) -> ModelName:
    """The model as figures name it: what a person calls an endpoint of their own is theirs."""
    return ModelName(OWN) if model.is_own else model
