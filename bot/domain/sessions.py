"""Sessions: the conversations that people see, and the modes they are held in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.efforts import Effort
from bot.domain.ids import FolderId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.needs import Need
from bot.domain.people import Role

PROMPT_LIMIT = 12_000
"""Of a system prompt that a person has chosen, in characters."""


class TitleBy(StrEnum):
    """Who gave a session its title; a later one in this list is replaced by an earlier one only at a person's wish."""

    WORDS = "words"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation: the only row of it that changes. The next message is attached below `tip`."""

    id: SessionId
    owner: PersonId | None
    """None: it belongs to the place, not to a person (a group's session)."""
    title: str
    title_by: TitleBy
    mode: str
    model: ModelName | None
    system_prompt: str | None
    temperature: float | None
    effort: Effort | None
    """How much its models think before they answer."""
    folder: FolderId | None
    tip: MessageId | None
    begun_by: PersonId | None
    """Who may rename and delete it if it belongs to a place; None: no longer known."""
    created_at: UnixMs
    updated_at: UnixMs
    place_model: ModelName | None = None
    """What was chosen for the place that it belongs to; None for one's own."""
    place_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Which sessions somebody can reach from where they speak: those of one owner, those of one place, or of both.

    In private that is one's own, wherever they were begun; among several people what belongs to that very place; where
    the bot is a guest, one's own that were begun there. A caller has one (`bot.people.callers`); nobody else makes any.
    """

    owner: PersonId | None = None
    place: int | None = None
    """The place's row. At least one of the two is set."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The sessions that somebody has begun among others, beside those within reach: to be found, not to be used."""

    begun_by: PersonId
    near: int | None = None
    """Only in the chat of this place, by its row, and in its threads."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of talking: persona, chain of models, and where it may be used."""

    name: str
    description: str
    chain: tuple[ModelName, ...]
    """Models as "provider/model", the first choice first."""
    system_prompt: str
    temperature: float | None = None
    effort: Effort | None = None
    """How much its models think before they answer; None: as their vendors see fit."""
    max_output_tokens: int | None = None
    """Of one answer, at most, what is thought among them; None: as many as the model writes."""
    private_only: bool = False
    """Closed in groups (unless the platform calls the place age-restricted)."""
    needs_consent: bool = False
    """The person confirms once before the first use."""
    unfiltered: bool = False
    """Vendors are asked to leave out their own filters, as far as they let one."""
    from_documents: bool = False
    """Answers come strictly from the session's documents, where it has any."""
    role: Role = Role.MEMBER
    """The least role that may use it."""
    allow: frozenset[str] = frozenset()
    """Who may use it, in the allowlist's words; empty: everybody of that role. Admins always may."""

    @property
    def need(self) -> Need:
        """What it takes to use it."""
        return Need(self.role, self.allow, self.private_only, or_adults=True)


class Modes(Mapping[str, Mode]):
    """The modes that there are, by their names. What is in it changes as admins change it."""

    def __init__(self, modes: Mapping[str, Mode], usual: str) -> None:
        self._modes = modes
        self.usual = usual
        """In which sessions begin where nothing else was chosen."""

    def become(self, modes: Mapping[str, Mode], usual: str) -> None:
        """From now on these are the ones that there are."""
        self._modes, self.usual = modes, usual

    def __getitem__(self, name: str) -> Mode:
        return self._modes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modes)

    def __len__(self) -> int:
        return len(self._modes)
