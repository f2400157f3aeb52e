"""What a model has said so far, and the pages that show it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.contracts.platform import Platform
from bot.contracts.provider import PromptMessage
from bot.domain.blocks import ButtonRows, OutFile, Page
from bot.domain.calls import rounds_of
from bot.domain.ids import MessageId
from bot.domain.messages import FilePart, Part, TextPart, joined_said, text_of
from bot.domain.model_names import ModelName
from bot.domain.people import Person, RichUse, ToolsShown
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.sources import pages_behind, suggested_in
from bot.domain.turns import FinishReason, Usage
from bot.llm.fitting import usage_at_most
from bot.people import purse
from bot.rendering.pages import beginning, captioned, escaped, paginate, shows
from bot.texts import Say, said_later
from bot.turns import source_line, tool_line
from bot.turns.answer_buttons import plain_button
from bot.turns.briefing import Briefing

MOST_PAGES = 10
"""A longer answer is sent as a file, with its beginning shown."""

THINKING = "💭 …"
"""Shown while a model thinks, and above its thoughts."""

DRAWING = "🎨 …"
"""Shown while a model draws."""

LONGEST_THOUGHTS = 3_000
"""Characters of its thoughts that are shown."""

_NOTES = {
    FinishReason.STOPPED: said_later("Stopped."),
    FinishReason.CUT: said_later("The answer broke off here. Continue picks it up from here, Regenerate asks again."),
    FinishReason.LENGTH: said_later("The model's limit for one answer is reached. Continue picks it up from here."),
    FinishReason.FILTERED: said_later("The model's filter ended the answer here."),
}

_BROKEN_OFF = frozenset((FinishReason.CUT, FinishReason.FILTERED))
"""Ends that neither the person nor the model chose: nobody pays for half an answer."""


_NONE_YET = ModelName("")


@dataclass(frozen=True, slots=True)
class Form:
    """In which form an answer of the session's tree is shown."""

    use: RichUse
    answer: MessageId


@dataclass(slots=True)
class Answer:
    """What has come so far."""

    model: ModelName = _NONE_YET
    finish: FinishReason = FinishReason.CUT
    note: str = ""
    """Why it ends where it does, beside that: one of our sentences."""
    pieces: list[str] = field(default_factory=list)
    steps: list[Part] = field(default_factory=list)
    """What the model has said and had done before `pieces`, each call with its result behind it."""
    first_word_at: int = 0
    briefing: Briefing | None = None
    thoughts: list[str] = field(default_factory=list)
    images: list[tuple[str, bytes]] = field(default_factory=list)
    """Media type and bytes."""
    kept: list[tuple[FilePart, str]] = field(default_factory=list)
    """The same once they are on the disk, with their SHA-256."""
    asks: bool = False
    """A person has to decide about something before it can go on."""
    has_done: bool = False
    """Something has, or may have, taken effect on the way: whatever comes, it is an answer."""
    usage: Usage | None = None
    last: Usage | None = None
    """Of that, the last request's; None: its vendor has not said."""
    called_microusd: int = 0
    """What the requests have cost that led to calls, as far as their prices are known."""
    microusd: int | None = 0
    """What all of it has cost the operator, in millionths of a dollar; None: nobody knows."""
    remembered: bool = False
    """Whether what the question asks to have remembered was kept with it."""
    paid: int = 0
    """Tokens of the payer."""
    leaves: bool = False
    """Whether something before it has to be summarised."""
    withheld: bool = False
    """Whether it says that there is nothing to say, and is not shown."""
    offers_aloud: bool = False
    """Whether only its beginning is read aloud, and the rest can be wanted."""
    spoken: bool = False
    """Whether it is to be read aloud as well."""

    @property
    def text(self) -> str:
        """What the model has said, without its thoughts."""
        return joined_said((self.said_before, "".join(self.pieces))) if self.steps else "".join(self.pieces)

    @property
    def said_before(self) -> str:
        """What it has said before its last calls."""
        return text_of(tuple(self.steps))

    def note_usage(self, usage: Usage | None) -> None:
        """What a request has used, beside those before it; None: its vendor has not said."""
        first = not self.steps
        self.last = usage
        self.usage = usage if first else usage + self.usage if usage is not None and self.usage is not None else None

    def called(self) -> str:
        """The model waits for what it has called; returns what it has said before that, in this round."""
        said = "".join(self.pieces).strip()
        self.pieces.clear()
        self.finish = FinishReason.CUT
        return said

    @property
    def has_something(self) -> bool:
        """Whether there is anything to show: without it this is no answer, whatever the model has written."""
        return bool(self.images) or self.has_done or shows(self.text)

    def start_over(self) -> None:
        """A model is asked, or asked again: of what came before nothing could be seen."""
        self.pieces.clear()
        self.thoughts.clear()
        self.first_word_at = self.first_word_at if self.steps else 0

    @property
    def why_free(self) -> str:
        """The ledger's word for why it is free; "" if it is paid for."""
        if self.finish in _BROKEN_OFF:
            return "broken off"
        if self.note and not shows(self.text):
            return "not decided"
        return "built-in model" if self.model.is_offline else ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is kept of it in the session."""
        last = "".join(self.pieces)
        words = (TextPart(last),) if shows(last) else ()
        rounds, _ = rounds_of(self.steps)
        return (*(part for made in rounds for part in made.parts), *words, *(file for file, _ in self.kept))

    def labels(self, say: Say, tools: ToolsShown) -> list[str]:
        """The notes below it: how it ended, where it comes from, which model looked at the pictures."""
        briefing = self.briefing
        grounding = briefing.grounding if briefing is not None else None
        source = escaped(grounding.label(say)) if grounding is not None else ""
        notes = briefing.notes if briefing is not None else ()
        remembered = say("Remembered. `/memory` lists it.") if self.remembered else ""
        called = tool_line.below(self.steps, tools, say)
        end = finish_note(self.finish, say) if not self.note else say(self.note) if shows(self.text) else ""
        pages = source_line.below(pages_behind(self.text, self.steps, (told.parts for told in self.asked)), say)
        searches = source_line.offered(suggested_in(self.steps), say)
        return [label for label in (end, source, pages, searches, *called, *notes, remembered) if label]

    @property
    def used(self) -> Usage:
        """What the model has read and written; the most it can have been where its vendor does not say."""
        return self.usage or usage_at_most(self.asked, (self.text, *self.thoughts))

    @property
    def used_last(self) -> Usage:
        """The same of its last request."""
        return self.last or usage_at_most(self.asked, (*self.pieces, *self.thoughts))

    @property
    def asked(self) -> Sequence[PromptMessage]:
        """What the model was given first."""
        return self.briefing.messages if self.briefing is not None else ()

    def private_label(self, say: Say, person: Person, policy: Policy) -> str:
        """Which model answered, and what it cost somebody, if answers are charged."""
        if purse.is_free(person, policy):
            return escaped(self.model)
        return say("{model} · tokens: {cost}", model=escaped(self.model), cost=self.paid)

    def pages(
        self,
        platform: Platform,
        place: Place,
        buttons: ButtonRows,
        say: Say,
        form: Form,
        policy: Policy,
        person: Person,
    ) -> list[Page]:
        """The answer as it is shown at a place, with its files; a very long one as a file with its beginning."""
        text = self.text if shows(self.text) else self._without_words(say)
        text = (self._thoughts_shown() if policy.shows_reasoning(person) else "") + text
        labels = self.labels(say, person.tools_shown)
        if policy.shows_model(person):
            labels.append(self.private_label(say, person, policy))
        files = [
            OutFile(file.name, media_type, data)
            for (file, _), (media_type, data) in zip(self.kept, self.images, strict=True)
        ]
        if (page := captioned(platform, place, text, buttons, labels, files)) is not None:
            return [page]
        pages = paginate(platform, place, text, buttons, labels, use=form.use, plainly=plain_button(form.answer, say))
        if len(pages) > MOST_PAGES:
            labels.insert(0, say("The whole answer is in the file."))
            pages = beginning(platform, place, text, buttons, labels)
            files.insert(0, OutFile("answer.md", "text/markdown", text.encode()))
        return [*pages, *(Page((), file=file) for file in files)]

    def _without_words(self, say: Say) -> str:
        """What is shown of an answer that says nothing."""
        if self.images:
            return say("Here is the picture.")
        return say(self.note) if self.note else say("No answer came, but this was done on the way.")

    def _thoughts_shown(self) -> str:
        """What the model was thinking, as a quote above the answer."""
        thoughts = "".join(self.thoughts).strip()
        if not thoughts:
            return ""
        shown = thoughts if len(thoughts) <= LONGEST_THOUGHTS else f"{thoughts[:LONGEST_THOUGHTS].rstrip()} …"
        return f"{THINKING}\n" + "\n".join(f"> {line}" for line in shown.split("\n")) + "\n\n"


def finish_note(finish: FinishReason, say: Say) -> str:
    """What an answer that did not end by itself says about that; "" for one that did."""
    note = _NOTES.get(finish)
    return say(note) if note else ""
