"""The kinds of exports that are known, each told by what stands in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.archive import chatgpt, parley
from bot.archive.bundle import Bundle
from bot.archive.chatgpt_pieces import asset_names
from bot.archive.fields import mapping, objects
from bot.archive.losses import Losses
from bot.archive.values import ArchivedSession


@dataclass(slots=True)
class Source:
    """What a conversation may need to know of the files that it came in."""

    bundle: Bundle
    names: dict[str, str] = field(default_factory=dict)
    """What ChatGPT's assets are called."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind. `name` begins the origin of its sessions, and never changes."""

    name: str
    conversations: Callable[[Any], Sequence[Any]]
    """Those in a document; none where it is of another kind. May raise ImportFault: it is of this one, but broken."""
    session_of: Callable[[Any, Source, Losses], ArchivedSession]
    """One of them. Raises ImportFault: it cannot be read."""
    title: str = "title"
    """The field that a conversation's title stands in."""
    note: str = ""
    """A sentence of ours about how it is understood."""
    keeps_empty: bool = False
    """Whether a session without a message is one."""


def _listed(data: Any) -> Sequence[Any]:
    """The conversations of a list, or of a list below a name, as some exports have it."""
    if isinstance(data, dict) and isinstance(data.get("conversations"), list):
        return list(data["conversations"])
    return data if isinstance(data, list) else [data]


def _those_with(*fields: str) -> Callable[[Any], Sequence[Any]]:
    def conversations(data: Any) -> Sequence[Any]:
        found = _listed(data)
        return found if any(all(name in each for name in fields) for each in objects(list(found))) else ()

    return conversations


def _chatgpt(data: Any, source: Source, losses: Losses) -> ArchivedSession:
    return chatgpt.session_of(mapping(data), source.bundle, source.names, losses)


def _parley(data: Any, _source: Source, _losses: Losses) -> ArchivedSession:
    return parley.session_of(data)


FORMATS: Sequence[Format] = (
    Format("parley", parley.conversations, _parley, keeps_empty=True),
    Format("chatgpt", _those_with("mapping"), _chatgpt),
)


def note_names(data: Any, names: dict[str, str]) -> bool:
    """Take the names of assets from a document that is a list of them; False where it is none."""
    found: Mapping[str, Any] = mapping(data)
    is_list = bool(found) and all(key.startswith(("file-", "file_")) for key in found)
    if is_list:
        names.update(asset_names(found))
    return is_list
