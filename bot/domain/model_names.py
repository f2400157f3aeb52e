"""The name of a model: whose it is, and what it is called there.

It is written "provider/model" in settings, in the database and to people. What is behind the first slash may hold more
of them, as with OpenRouter's "maker/model". This is the only place that takes one apart or puts one together.
"""

from dataclasses import dataclass

OFFLINE = "offline"
"""The provider that is built in."""

OWN = "own"
"""Stands for the provider where a model is a person's own; its name is then the number of a row."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model of one provider."""

    provider: str
    model: str

    @classmethod
    def of(cls, written: str) -> "ModelName":
        """As it is written; without a slash it has no model."""
        provider, _, model = written.partition("/")
        return cls(provider, model)

    @property
    def is_own(self) -> bool:
        """Whether it is a person's own."""
        return self.provider == OWN

    @property
    def is_offline(self) -> bool:
        """Whether it is built in, and no model at all."""
        return self.provider == OFFLINE

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.provider}/{self.model}"
