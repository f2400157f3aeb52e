"""Everything a model needs for one turn: which models to ask, the prompt with what was read from files, how to check
the answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bot.contracts.provider import PromptMessage
from bot.domain.clock import Clock
from bot.domain.efforts import Effort
from bot.domain.facts import Fact
from bot.domain.ids import MessageId
from bot.domain.incoming import MessageRef
from bot.domain.messages import Author, FileKind, ImagePart, Message, OverheardPart, TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Person
from bot.domain.pictures import MOST_SOURCES, PictureWish
from bot.domain.policy import PdfRule, Policy
from bot.domain.sessions import Mode, Session
from bot.domain.summaries import Mark, Summary, SummaryRule
from bot.domain.turns import Turn
from bot.files.grounding import GroundingCheck, strict_prompt
from bot.files.library import Library, Pictures
from bot.files.material import LOOKED_BACK, NOTHING, Material, gather, pictures_of
from bot.llm import wishes
from bot.llm.fitting import SMALLEST_WINDOW, budget_of, is_small, size_of
from bot.llm.own_endpoints import Opened, OwnEndpoints
from bot.llm.profiles import Profiles
from bot.rendering.pages import escaped
from bot.texts import said_later, say_in
from bot.turns import context, memory, scheduled, summary_prompt, window
from storage import attachments, messages, summaries
from storage.blobs import Blobs
from storage.database import Database
from storage.programs import Program

PASSAGES_PART = 0.5
"""The largest share of what a model can read that may be text from files."""

_HANDED_OVER = said_later("{model} cannot see pictures, so {other} looked at them.")
_FORGETS = said_later("I no longer read the beginning of this session.")
_SUMMED_UP = said_later("From now on, I read the beginning of this session as a summary.")
_MISSES = said_later("I cannot see some of what was said earlier: I have not summarised it yet.")
_GONE = said_later("{model} is no longer offered here, so {other} answers from now on. `/model` lists the models.")


@dataclass(frozen=True, slots=True)
class Begun:
    """A claimed turn with everything it needs to run."""

    turn: Turn
    session: Session
    payer: Person
    path: tuple[Message, ...]
    """From the root towards the question, which is the last; cut to the context's length."""
    has_files: bool = False
    """Whether anything in its session came with a file."""
    most: int = 0
    """How many messages may be read."""
    marks: tuple[Mark, ...] = ()
    """The summaries on the path."""
    summary: Summary | None = None
    """What was said before it, as far as that has been summed up."""
    facts: tuple[Fact, ...] = ()
    """What the person chose to have remembered, as they see it listed; nothing among several people."""
    beside: OverheardPart | None = None
    """What was said beside the bot before the question, where it is let to listen."""
    may_be_silent: bool = False
    """Whether nobody waits for the answer, and it may say that there is nothing to say: see `bot.turns.scheduled`."""


@dataclass(frozen=True, slots=True)
class Read:
    """What of a branch is read for an answer."""

    path: Sequence[Message]
    """The question is the last."""
    told: tuple[PromptMessage, ...]
    summary: Summary | None
    """What was said before it, as far as that has been summed up."""
    most: int
    """How many messages may be read."""
    most_tokens: int | None = None
    """The same in tokens; None if what is read is far from that."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the branch is read, or what is not has been summed up."""
        above = self.path[0].parent
        return above is None or (self.summary is not None and self.summary.message == above)

    def leaves(self, answer: Message) -> MessageId | None:
        """Up to which message the branch has to be summarised, now that it has this answer; None: not at all."""
        path = (*self.path, answer)
        return (
            window.leaves_next(path, self.most)
            or self._leaves_soon(path)
            or (None if self.is_whole else self.path[0].parent)
        )

    def _leaves_soon(self, path: Sequence[Message]) -> MessageId | None:
        if self.most_tokens is None:
            return None
        return window.leaves_soon(path, self.most_tokens - sum(map(size_of, self.told)), self.most_tokens)


@dataclass(frozen=True, slots=True)
class Briefing:
    """What is asked, of whom. `notes` are for the person and stand below the answer."""

    models: tuple[ModelName, ...]
    messages: tuple[PromptMessage, ...]
    temperature: float | None
    effort: Effort | None
    own: Opened | None = None
    grounding: GroundingCheck | None = None
    notes: tuple[str, ...] = ()
    reads: "Read | None" = field(default=None, kw_only=True)
    """What of its branch is read."""
    forgets: bool = field(default=False, kw_only=True)
    """Whether something of its branch has just left what is read: it says so."""
    gone: tuple[ModelName, ...] = ()
    """Models that were chosen for it and are no longer offered: the answer says so, and they are chosen no more."""
    longest: int | None = field(default=None, kw_only=True)
    """How many tokens it may become."""
    unfiltered: bool = field(default=False, kw_only=True)
    """Whether its mode asks vendors to leave out their own filters."""
    picture: PictureWish | None = field(default=None, kw_only=True)
    """How a picture is wanted; None: words are."""
    empty: bool = field(default=False, kw_only=True)
    """Nothing is left to answer: there were only files, and none could be read; the person was told why."""


class Briefings:
    """Prepares turns."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        library: Library,
        profiles: Profiles,
        own: OwnEndpoints,
        policy: Policy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._library = library
        self._profiles = profiles
        self._own = own
        self._policy = policy
        self._clock = clock

    async def prepare(self, begun: Begun, progress: Callable[[str], None]) -> Briefing:
        """Read what came with the question, and put together what the model gets.

        Raises:
            ProviderError: a person's own endpoint cannot be used.
        """
        if begun.turn.picture is not None:
            return await self._picture(begun, begun.turn.picture, progress)
        mode = self._policy.at(begun.turn.place).mode_of(begun.session)
        models = self.models_for(begun)
        gone = wishes.gone_models(begun.session, begun.payer, begun.turn.model, self._policy.at(begun.turn.place))
        own = await self._own.model(models[0], begun.payer.id) if models[0].is_own else None
        strict = begun.turn.grounded or mode.from_documents
        material, handed_over, empty = NOTHING, "", False
        if begun.has_files:
            seeing = await self._seeing(models)
            empty = await self._read(begun, progress, seeing, strict=strict)
            budget = await self._budget(models)
            # One that takes the place of a model that sees nothing does so for a few messages only.
            pictures_in = 0 if not seeing else len(begun.path) if seeing[0] == models[0] else LOOKED_BACK
            material = await gather(
                self._database,
                self._blobs,
                begun.session.id,
                begun.path,
                budget=budget,
                pictures_in=pictures_in,
                pdfs=await self._pdfs(models[0]),
            )
            if material.has_images:
                models, handed_over = seeing, self._handed_over(models, seeing, begun.payer)
        grounding = GroundingCheck({s.name: s.pages for s in material.sources}) if strict else None
        named = list(dict.fromkeys(part.source for part in material.read))
        strictly = strict_prompt(named) if strict and material.sources else ""
        rules = "\n\n".join(filter(None, (strictly, scheduled.RULE if begun.may_be_silent else "")))
        reads = await self._told(begun, models[0], mode, material, rules)
        left = await self._left(begun, reads)
        say = say_in(begun.payer.language)
        return Briefing(
            models,
            reads.told,
            context.temperature(mode, begun.session, begun.payer),
            context.effort(mode, begun.session, begun.payer),
            own,
            grounding,
            tuple(filter(None, (_said_gone(gone, models, begun.payer), handed_over, say(left) if left else ""))),
            gone,
            reads=reads,
            longest=mode.max_output_tokens,
            unfiltered=mode.unfiltered,
            forgets=bool(left),
            empty=empty,
        )

    async def _picture(self, begun: Begun, wish: PictureWish, progress: Callable[[str], None]) -> Briefing:
        """What a model needs to draw: the words, and the pictures that it starts from."""
        question, sources = begun.path[-1], list[ImagePart]()
        if begun.has_files:
            await self._read(begun, progress, self._policy.files.seeing or self._policy.files.drawing, strict=False)
            for message in (question, *(reversed(begun.path[-LOOKED_BACK:-1]) if wish.edits else ())):
                sources = sources or await pictures_of(self._database, self._blobs, message.id, MOST_SOURCES)
        unfiltered = self._policy.at(begun.turn.place).mode_of(begun.session).unfiltered
        asked = PromptMessage(Author.USER, (*sources, TextPart(question.text)))
        return Briefing(self._policy.files.drawing, (asked,), None, None, picture=wish, unfiltered=unfiltered)

    def models_for(self, begun: Begun) -> tuple[ModelName, ...]:
        """Which models to ask, in order."""
        return wishes.models_for(begun.session, begun.payer, begun.turn.model, self._policy.at(begun.turn.place))

    async def _told(self, begun: Begun, model: ModelName, mode: Mode, material: Material, rules: str) -> Read:
        """What of its path a turn's model reads, and how it is told."""
        now, wished = self._clock.now(), self._wished_tokens(begun)
        notes = memory.notes(memory.told(begun.facts, memory.most_tokens(self._policy.memory_tokens, wished)))

        def told(path: Sequence[Message], summary: Summary | None) -> tuple[PromptMessage, ...]:
            before = summary_prompt.framed(summary.text) if summary is not None else ""
            return context.prompt_messages(
                path,
                mode,
                begun.session,
                begun.payer,
                now,
                material,
                rules,
                summary=before,
                notes=notes,
                beside=begun.beside,
            )

        whole = told(begun.path, begun.summary)
        most = await self._most(whole, model, begun)
        if material.pdfs and most is not None and sum(map(size_of, whole)) > most:
            # Their text says most of what they do; nothing that was said is to leave for them.
            material = replace(material, pdfs={})
            whole = told(begun.path, begun.summary)
        if most is None or sum(map(size_of, whole)) <= most:
            return Read(begun.path, whole, begun.summary, begun.most, most)
        path, summary = window.fewer(begun.path, whole, most, begun.marks), begun.summary
        if path[0].parent is not None:
            summary = await self._database.read(summaries.above(path[0].parent))
        return Read(path, told(path, summary), summary, begun.most, most)

    async def _most(self, told: Sequence[PromptMessage], model: ModelName, begun: Begun) -> int | None:
        """How many tokens may be read; None if these are certainly fewer."""
        wished = self._wished_tokens(begun)
        if is_small(told, min(SMALLEST_WINDOW, wished or SMALLEST_WINDOW)):
            return None
        budget = budget_of((await self._profiles.of([model]))[model])
        return min(budget, wished or budget)

    async def _left(self, begun: Begun, reads: Read) -> str:
        """What to say where something has just left what is read; "" where nothing has."""
        asked_below = begun.path[-1].parent
        if reads.path[0].parent is None or asked_below is None:
            return ""  # All of the conversation is read, or it begins with the question.
        return await self._database.read(_why_left(begun, reads, asked_below, self._policy.summaries))

    def _wished_tokens(self, begun: Begun) -> int:
        """How many tokens somebody wants to be read at most; 0: as many as the model can."""
        own = begun.payer.context_tokens if begun.session.owner == begun.payer.id else None
        return own or self._policy.context_tokens

    async def _read(
        self, begun: Begun, progress: Callable[[str], None], seeing: Sequence[ModelName], *, strict: bool
    ) -> bool:
        """Read the files of the question, and older ones that were brought along; True: nothing is left to answer."""
        question = begun.path[-1]
        pictures: Pictures = "read" if not seeing else "both" if strict else "look"
        origin = MessageRef(begun.turn.place, begun.turn.reply_to, begun.payer.language)
        # A person's own endpoint is asked for answers alone.
        readers = [model for model in seeing if not model.is_own]
        read = partial(self._library.read, origin=origin, progress=progress, pictures=pictures, seeing=readers)
        recent = {message.id for message in begun.path[-LOOKED_BACK:]}
        kept = await self._database.read(attachments.kept_of([message.id for message in begun.path[:-1]]))
        wanted = (message for message, kind in kept if kind is not FileKind.IMAGE or message in recent)
        for message in dict.fromkeys(wanted):
            await read(message)
        if not question.files:
            return False
        return not await read(question.id) and not question.text.strip()

    async def _pdfs(self, model: ModelName) -> PdfRule:
        """Which PDFs go themselves to the model that is asked first."""
        rule = self._policy.files.pdfs
        takes = rule is not PdfRule.OFF and (await self._profiles.of([model]))[model].reads_files
        return rule if takes else PdfRule.OFF

    async def _seeing(self, models: tuple[ModelName, ...]) -> tuple[ModelName, ...]:
        """Those of these models that look at pictures, else those of the operator's that do."""
        if models[0].is_own:
            return models  # Unknown; the person has chosen it.
        profiles = await self._profiles.of((*models, *self._policy.files.seeing))
        seeing = [model for model in models if profiles[model].sees_images]
        seeing.extend(model for model in self._policy.files.seeing if model not in seeing)
        return tuple(seeing)

    def _handed_over(self, models: tuple[ModelName, ...], seeing: tuple[ModelName, ...], payer: Person) -> str:
        """What to say if the model meant to answer cannot see pictures."""
        if models[0] == seeing[0] or models[0].is_offline:
            return ""
        return say_in(payer.language)(_HANDED_OVER, model=models[0], other=seeing[0])

    async def _budget(self, models: tuple[ModelName, ...]) -> int:
        """What passages may take, so that the smallest model of the chain can read them."""
        profiles = await self._profiles.of(models)
        return int(min(budget_of(profiles[model]) for model in models) * PASSAGES_PART)


def _why_left(begun: Begun, reads: Read, asked_below: MessageId, rule: SummaryRule) -> Program[str]:
    """What `_left` says of a conversation that is not read from its beginning."""
    first = reads.path[0]
    above = begun.path[-2] if len(begun.path) > 1 else (yield from messages.get(asked_below))
    if above is None or above.read_from == first.id:
        return ""
    began = (yield from messages.get(above.read_from)) if above.read_from is not None else None
    if above.read_from is None or (began is not None and began.parent is None):
        return _SUMMED_UP if reads.is_whole else _FORGETS
    return "" if reads.is_whole or rule is SummaryRule.OFF else _MISSES


def _said_gone(gone: tuple[ModelName, ...], models: tuple[ModelName, ...], payer: Person) -> str:
    """What to say where the model that was chosen is no longer offered."""
    return say_in(payer.language)(_GONE, model=escaped(gone[0]), other=escaped(models[0])) if gone else ""
