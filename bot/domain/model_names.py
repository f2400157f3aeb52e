"""The name of a model: whose it is, and what it is called there.

It is written "provider/model" in settings, in the database and to people. What is behind the first slash may hold more
of them, as with OpenRouter's "maker/model". This is the only place that takes one apart or puts one together.
"""

OFFLINE = "offline"
"""The provider that is built in."""

READER = "piper"
"""What is built in and reads English aloud, where the extra `speech` is installed."""
HEARER = "whisper"
"""The same that writes English down."""

OWN = "own"
"""Stands for the provider where a model is a person's own; its name is then the number of a row."""


class ModelName(str):
    """A model of one provider: the text as it is written, which settings, rows and people hold unchanged."""

    __slots__ = ()

    @classmethod
    def joined(cls, provider: str, model: str) -> "ModelName":
        """A provider's model."""
        return cls(f"{provider}/{model}")

    @classmethod
    def or_none(cls, written: str | None) -> "ModelName | None":
        """As a row or a button holds it; None if it names none."""
        return cls(written) if written else None

    @property
    def provider(self) -> str:
        """Whose it is: what is before the first slash."""
        return self.partition("/")[0]

    @property
    def model(self) -> str:
        """What it is called there; "" where it was written without a slash."""
        return self.partition("/")[2]

    @property
    def is_own(self) -> bool:
        """Whether it is a person's own."""
        return self.provider == OWN

    @property
    def is_offline(self) -> bool:
        """Whether it is built in, and no model at all."""
        return self.provider == OFFLINE
