"""People: identities that a platform vouches for, accounts, roles, and who is let in."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.efforts import Effort
from bot.domain.ids import PersonId
from bot.domain.model_names import ModelName


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform says someone is: verified by it, never by us."""

    platform: str
    user_id: str
    name: str
    language: str = ""
    """An IETF tag such as "de" or "pt-br", or nothing."""
    groups: tuple[str, ...] = ()
    """What they belong to where they speak, as the allowlist names it: "guild:ID", "role:ID"."""
    anonymous: bool = False
    """Several people may speak so: a group's or channel's own name. It has no welcome, and pays what it is given."""


class Access(StrEnum):
    """Who may talk to the bot before an admin has said anything about them."""

    OPEN = "open"
    """Everybody."""
    ALLOWLIST = "allowlist"
    """Whom the settings name."""
    INVITE = "invite"
    """Who brings a code."""
    APPROVAL = "approval"
    """Whom an admin lets in, one by one."""


class Role(StrEnum):
    """What a person may do here."""

    STRANGER = "stranger"
    """Known, not let in (yet)."""
    MEMBER = "member"
    ADMIN = "admin"
    BLOCKED = "blocked"


class RichUse(StrEnum):
    """When answers go out in the richer form that a platform may have beside its plain one."""

    AUTO = "auto"
    """Where an answer needs it: see `bot.rendering.rich`."""
    ALWAYS = "always"
    NEVER = "never"


class Previews(StrEnum):
    """How an answer is shown while it is being written."""

    DRAFTS = "drafts"
    """As a draft, where the platform has such a thing; elsewhere as `EDITS`."""
    EDITS = "edits"
    """As a message that grows."""
    OFF = "off"
    """Not until it is done."""


class Steering(StrEnum):
    """What becomes of what somebody writes while an answer of theirs is being written."""

    WAIT = "wait"
    """It waits in line, and what else could become of it is offered."""
    NOW = "now"
    """It ends that answer, and is answered next."""
    ADD = "add"
    """It is added to the question, which is answered again."""


class ReadAloud(StrEnum):
    """When answers are read aloud as well."""

    OFF = "off"
    SPOKEN = "spoken"
    """When they answer a voice message."""
    ALWAYS = "always"


class ToolsShown(StrEnum):
    """What somebody sees of the tools that a model uses for their answer."""

    ALL = "all"
    """Each call, below the answer."""
    LINE = "line"
    """One line while they run, and one below the answer."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Person:
    """An account. None among the settings means: the operator's default."""

    id: PersonId
    role: Role
    name: str
    language: str = ""
    time_zone: str = ""
    """An IANA name such as "Europe/Berlin"; "": UTC."""
    default_mode: str | None = None
    default_model: ModelName | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    context_messages: int | None = None
    context_tokens: int | None = None
    previews: Previews | None = None
    rich: RichUse | None = None
    steering: Steering = Steering.WAIT
    joins_lines: bool = False
    """Whether lines written in a row are one message: each then waits two seconds for the next."""
    welcomed: bool = False
    """Whether they have been let in once, and had what everybody starts with."""
    remembers: bool = False
    """Whether what they ask to have remembered is kept without a press of a button."""
    show_model: bool | None = None
    """Whether their answers say which model gave them, and what they cost."""
    show_reasoning: bool | None = None
    """Whether a model's reasoning is shown above their answers."""
    effort: Effort | None = None
    """How much models think before they answer them."""
    read_aloud: ReadAloud = ReadAloud.SPOKEN
    tools_shown: ToolsShown = ToolsShown.LINE
    broadcasts: bool = True
    """Whether they are told what the operator tells everybody."""
    has_servers: bool = False
    """Whether they have added servers of tools of their own."""


RANK = {Role.BLOCKED: 0, Role.STRANGER: 1, Role.MEMBER: 2, Role.ADMIN: 3}
"""Roles by what they may: each as much as those before it, and more."""


def has_role(person: Person, least: Role) -> bool:
    """Whether a person's role is at least this one. Somebody blocked has none."""
    return person.role is not Role.BLOCKED and RANK[person.role] >= RANK[least]


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Which roles follow from the settings, for as long as those stay. What an admin granted is kept with the account.

    `admins` and `members` hold marks such as "telegram:user:4711"; `everyone`: nobody is a stranger. `bounds`: outside
    them everybody but admins is one; empty for none.
    """

    admins: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    everyone: bool = False
    bounds: frozenset[str] = frozenset()

    def role_of(self, granted: Role, marks: Iterable[str]) -> Role:
        """The role of somebody who was granted this one and goes by these marks."""
        known = frozenset(marks)
        if known & self.admins:
            return Role.ADMIN
        if self.bounds and not known & self.bounds:
            return Role.STRANGER if granted is Role.MEMBER else granted
        let_in = self.everyone or known & self.members
        return Role.MEMBER if granted is Role.STRANGER and let_in else granted
