"""The kinds of exports that are known, each told by what stands in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from bot.archive import cards, chatgpt, claude, gemini, librechat, openwebui, parley, sillytavern, takeout
from bot.archive.bundle import Bundle
from bot.archive.chatgpt_pieces import asset_names
from bot.archive.fields import mapping, objects
from bot.archive.losses import Losses
from bot.archive.values import ArchivedSession
from bot.texts import said_later


@dataclass(slots=True)
class Source:
    """What reading a conversation needs to know about its files and its importer."""

    bundle: Bundle
    person: str = ""
    """The name of the person a character speaks to."""
    zone: tzinfo = UTC
    """The time zone whose days divide an export without conversations."""
    names: dict[str, str] = field(default_factory=dict)
    """What ChatGPT's assets are called."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind. `name` is the prefix of its sessions' origin, and never changes."""

    name: str
    conversations: Callable[[Any, Source, Losses], Sequence[Any]]
    """The conversations in a document; none if it is of another kind. Raises ImportFault if it is broken."""
    session_of: Callable[[Any, Source, Losses], ArchivedSession]
    """Read one of them. Raises ImportFault if it cannot be read."""
    title: str = "title"
    """The field that holds a conversation's title."""
    note: str = ""
    """One of our sentences about how this kind is interpreted."""
    keeps_empty: bool = False
    """Whether a session without messages counts as one."""


def _listed(data: Any) -> Sequence[Any]:
    """The conversations of a list, or of a list below a name, as some exports have it."""
    if isinstance(data, dict) and isinstance(data.get("conversations"), list):
        return list(data["conversations"])
    return data if isinstance(data, list) else [data]


def _those_with(*fields: str) -> Callable[[Any, Source, Losses], Sequence[Any]]:
    def conversations(data: Any, _source: Source, _losses: Losses) -> Sequence[Any]:
        found = _listed(data)
        return found if any(all(name in each for name in fields) for each in objects(list(found))) else ()

    return conversations


def _days(data: Any, source: Source, losses: Losses) -> Sequence[Any]:
    if isinstance(data, str):
        return takeout.days(data, source.zone, losses)
    return gemini.days(data, source.zone, losses)


FORMATS: Sequence[Format] = (
    Format(
        "parley",
        lambda data, _source, _losses: parley.conversations(data),
        lambda each, _source, _losses: parley.session_of(each),
        keeps_empty=True,
    ),
    Format(
        "chatgpt",
        _those_with("mapping"),
        lambda each, source, losses: chatgpt.session_of(mapping(each), source.bundle, source.names, losses),
    ),
    Format(
        "claude",
        _those_with("chat_messages"),
        lambda each, _source, losses: claude.session_of(mapping(each), losses),
        title="name",
    ),
    Format(
        "openwebui",
        _those_with("chat"),
        lambda each, _source, losses: openwebui.session_of(mapping(each), losses),
    ),
    Format(
        "librechat",
        _those_with("conversationId"),
        lambda each, _source, losses: librechat.session_of(mapping(each), losses),
    ),
    Format(
        "sillytavern",
        lambda data, _source, _losses: [data] if sillytavern.is_chat(data) else (),
        lambda each, source, losses: sillytavern.session_of(each, source.zone, losses),
    ),
    Format(
        "gemini",
        _days,
        lambda each, source, losses: gemini.session_of(each, source.bundle, losses),
        note=said_later("Gemini's export has no conversations: what was asked on one day became one session."),
    ),
    Format(
        "card",
        lambda data, _source, _losses: [data] if cards.is_card(data) else (),
        lambda each, source, losses: cards.session_of(each, source.person, losses),
        title="name",
        keeps_empty=True,
        note=said_later("A character became a session with its persona as the system prompt. Open it and talk."),
    ),
)


def note_names(data: Any, names: dict[str, str]) -> bool:
    """Take the names of assets from a document that is a list of them; False if it is none."""
    found: Mapping[str, Any] = mapping(data)
    is_list = bool(found) and all(key.startswith(("file-", "file_")) for key in found)
    if is_list:
        names.update(asset_names(found))
    return is_list
