"""What the operator has decided, as the engine needs it: a frozen excerpt of the settings."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.bots import NO_RULES, BotRules
from bot.domain.model_names import ModelName
from bot.domain.people import Access, Identity, Person, Previews, RichUse, RoleRules
from bot.domain.places import Customs, Place
from bot.domain.quiet_hours import NO_QUIET_HOURS, QuietHours
from bot.domain.refill import NO_REFILL, Refill
from bot.domain.servers import ServerRules
from bot.domain.sessions import Mode, Modes, Session
from bot.domain.summaries import SummaryRule


class PdfRule(StrEnum):
    """Which PDFs go themselves to models that take them, beside their text."""

    AUTO = "auto"
    """Those with a page that is a scan, or that shows more than text."""
    ALWAYS = "always"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """What is taken of files, how it is read, and how long it is kept."""

    largest_bytes: int = 25_000_000
    most_images: int = 4
    """In one message."""
    most_pages: int = 500
    """That are read of one document."""
    most_scans: int = 100
    """Pages among them that somebody has to read because they are pictures."""
    quota_bytes: int = 500_000_000
    """Of one person; the oldest go first."""
    days: int = 90
    """Bytes that no one has sent for so long are deleted; what was read of them stays in the sessions. 0: never."""
    seeing: tuple[ModelName, ...] = ()
    """Models ("provider/model") that look at pictures where the mode's cannot."""
    reading: tuple[ModelName, ...] = ()
    """Models that read scans."""
    hearing: tuple[ModelName, ...] = ()
    """Models that write down what is said."""
    drawing: tuple[ModelName, ...] = ()
    """Models that draw pictures."""
    pdfs: PdfRule = PdfRule.AUTO
    local_engine: bool = False
    """Whether the engine that reads scans without a network is installed."""


@dataclass(frozen=True, slots=True)
class ToolRules:
    """What models may have done while they answer."""

    reading: bool = False
    """Whether they may search the asker's sessions and read the session's documents."""
    most_calls: int = 12
    """For one answer."""
    most_seconds: float = 120
    """For one answer, from its beginning on."""
    most_characters: int = 30_000
    """Of one result, that a model reads."""
    servers: tuple[ServerRules, ...] = ()
    """The operator's own."""
    most_tokens: int = 400_000
    """That models may have read and written for one answer when they call once more."""
    most_usd: float = 1.0
    """That models may have cost for one answer then, by their list prices; 0: no limit."""
    approvers: frozenset[str] = frozenset()
    """Who decides about tools beside the person who asked: entries "platform:user:ID", and what `Identity.groups`
    holds behind "platform:"."""
    approval_days: int = 7
    """How long such a decision can be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules by which the engine takes in people and their requests. Amounts are whole tokens."""

    modes: Modes
    time_zone: str = ""
    """Of people who have chosen none: an IANA name; "" for UTC."""
    access: Access = Access.INVITE
    allowlist: frozenset[str] = frozenset()
    """Entries "platform:user:ID", "platform:chat:ID", and what `Identity.groups` holds behind "platform:"."""
    admins: frozenset[str] = frozenset()
    """Entries "platform:user:ID"."""
    tokens_start: int = 4000
    tokens_per_request: int = 100
    tokens_per_picture: int = 400
    metered: bool = False
    """Whether an answer costs what the model used instead."""
    tokens_held: int = 1000
    """What is held for a request then, until that is known."""
    admins_free: bool = False
    """Whether answers cost admins nothing."""
    refill: Refill = NO_REFILL
    """What balances are brought back to, and when."""
    tokens_per_day: int = 0
    """Daily limit for everyone together (UTC); 0: none."""
    usd_per_day: float = 0
    """What the models may cost in a day (UTC), in dollars; 0: no limit."""
    quiet_hours: QuietHours = NO_QUIET_HOURS
    """When admins are told of troubles without a sound, each by their own clock."""
    rate_limit_per_minute: int = 0
    """Requests of one person; 0: no limit."""
    chat_rate_limit_per_minute: int = 0
    """Requests in one group or channel, all its threads together; 0: no limit."""
    at_once_per_person: int = 4
    """Answers that are written for one person at the same time; the rest queues."""
    at_once_per_chat: int = 8
    """The same for one chat, its threads together."""
    context_messages: int = 36
    context_tokens: int = 0
    """0: as many as a model reads."""
    summaries: SummaryRule = SummaryRule.OPERATOR
    """Whether what leaves a window is summed up, and who pays for that."""
    memory_tokens: int = 800
    """How much of what a person chose to have remembered a model reads, at most; 0: nothing."""
    most_schedules: int = 20
    """How many reminders and schedules one person may have; 0: none."""
    schedule_tokens_per_day: int = 0
    """What one person's schedules may spend on questions within 24 hours; 0: no limit."""
    tools: ToolRules = ToolRules()
    titles: bool = True
    """Whether a model is asked for the titles of sessions."""
    show_reasoning: bool = False
    """Whether a model's reasoning is shown above its answer, folded if the platform can do that; unless a person
    decides for themselves."""
    show_model: bool = False
    """Whether an answer says which model gave it, and what it cost; unless a person decides for themselves."""
    previews: Previews = Previews.DRAFTS
    """How answers are shown while they are being written, unless a person decides for themselves."""
    rich: RichUse = RichUse.AUTO
    """When answers go out in a platform's richer form, unless a person decides for themselves."""
    speaking: tuple[ModelName, ...] = ()
    """Models that read answers aloud."""
    voice: str = ""
    """What their vendor calls the voice they do it with; "" for its usual one."""
    here: bool = True
    """Whether a chat's admins choose what holds in it; else only ours do."""
    greets: bool = True
    """Whether the bot says something in a chat that it is added to."""
    here_answer_all: bool = True
    """Whether it may be chosen that every message in a chat is answered."""
    listen: bool = True
    """Whether a chat's admins may let the bot keep for a while what is said beside it."""
    undo_minutes: int = 10
    """How long a deleted session can be brought back."""
    files: FileRules = FileRules()
    listed: Collection[ModelName] = frozenset()
    """Models ("provider/model") that may be chosen beside those of the modes. What is in it changes with what vendors
    list; while they have not been heard, it holds whatever may be among them and names none."""
    endpoints: frozenset[str] = frozenset()
    """The names of the endpoints that can be asked; "provider/model" needs its provider among them."""
    bots: Mapping[tuple[str, str], BotRules] = field(default_factory=dict)
    """What holds for one bot alone, by its platform and its id there; it changes with the bots that run."""

    def of_bot(self, place: Place) -> BotRules:
        """What holds for the bot at a place alone."""
        return self.bots.get((place.platform, place.bot), NO_RULES)

    def at(self, place: Place) -> "Policy":
        """The same with the modes that the bot at a place offers. Who is let in there: `roles_at`."""
        own = self.of_bot(place)
        if not (own.modes or own.default_mode):
            return self
        # One that an admin has taken away since is not offered; without any of its own, a bot opens no others.
        still = [name for name in own.modes if name in self.modes] or [self.default_mode]
        offered = {name: self.modes[name] for name in still} if own.modes else self.modes
        usual = self.default_mode if self.default_mode in offered else next(iter(offered))
        chosen = own.default_mode if own.default_mode in offered else usual
        return replace(self, modes=Modes(offered, chosen))

    def access_at(self, place: Place, identity: Identity) -> Access:
        """How a stranger comes to be let in at a place; whom its bot is not for, only by the operator."""
        own = self.of_bot(place)
        if own.allow and not stands_in(own.allow, identity, place):
            return Access.ALLOWLIST
        return own.access or self.access

    def roles_at(self, place: Place) -> RoleRules:
        """Which roles follow from these rules for whoever speaks at a place."""
        own = self.of_bot(place)
        everyone = (own.access or self.access) is Access.OPEN
        return replace(self.roles, everyone=everyone, bounds=own.allow)

    @property
    def default_mode(self) -> str:
        """In which sessions begin where nothing else was chosen."""
        return self.modes.usual

    @property
    def reserve(self) -> int:
        """What is held for a request."""
        return self.tokens_held if self.metered else self.tokens_per_request

    @property
    def is_free(self) -> bool:
        """Whether answers cost nothing: then tokens are never mentioned."""
        return self.reserve == 0

    def shows_model(self, person: Person) -> bool:
        """Whether this person's answers say which model gave them."""
        return self.show_model if person.show_model is None else person.show_model

    def shows_reasoning(self, person: Person) -> bool:
        """Whether a model's reasoning is shown above this person's answers."""
        return self.show_reasoning if person.show_reasoning is None else person.show_reasoning

    def mode_of(self, session: Session) -> Mode:
        """The session's mode; the default one where the operator has removed it since."""
        return self.modes.get(session.mode) or self.modes[self.default_mode]

    def bounded(self, customs: Customs) -> Customs:
        """What of that may hold."""
        return replace(
            customs,
            answers_all=customs.answers_all and self.here_answer_all,
            listens=customs.listens and self.listen,
        )

    @property
    def roles(self) -> RoleRules:
        """Which roles follow from these rules."""
        return RoleRules(self.admins, self.allowlist, self.access is Access.OPEN)


def marks_of(identity: Identity, place: Place | None = None) -> Iterator[str]:
    """What someone goes by in lists: "telegram:user:4711", the chat they speak in, and the groups they are in."""
    chat = (f"chat:{place.chat}",) if place is not None else ()
    for mark in (f"user:{identity.user_id}", *chat, *identity.groups):
        yield f"{identity.platform}:{mark}"


def stands_in(entries: frozenset[str], identity: Identity, place: Place) -> bool:
    """Whether entries such as "telegram:user:4711" name someone, the chat they speak in, or a group they are in."""
    return not entries.isdisjoint(marks_of(identity, place))
