"""What is in a vendor's list of models, in whichever of its many forms."""

from typing import Any

from bot.domain.ids import UnixMs
from bot.domain.provider_errors import StreamBroken, WrongAddress
from providers.connection import Connection
from providers.loose import error_in, values_in
from providers.refusals import Refusal

_LISTS = ("data", "models", "result")
"""Where the list stands."""

_OTHER_TYPES = frozenset(("embedding", "image", "audio", "video", "moderation", "rerank", "transcribe"))
"""Types of Together's and LM Studio's models, in the singular."""


def names_in(data: bytes, connection: Connection, endpoint: str, now: UnixMs) -> set[str]:
    """The names of the models in a body. Raises `ProviderError` where it is no list."""
    if data.lstrip()[:1] == b"<":
        raise WrongAddress(f"{endpoint!r} answered with a web page.")
    listed = next(iter(values_in(data.removeprefix(b"\xef\xbb\xbf"))[0]), None)
    if isinstance(listed, dict) and (error := error_in(listed)) is not None:
        raise connection.error(Refusal.reported(error, now))
    if not _is_list(listed):
        raise StreamBroken(f"{endpoint!r} returned no list of models.")
    return _names(listed)


def _names(listed: Any, name: str = "") -> set[str]:
    """The names in a list of models; `name` is what an object is filed under."""
    if isinstance(listed, str):
        return {listed.strip()} - {""}
    if isinstance(listed, list):
        return set().union(*(_names(one) for one in listed))
    if not isinstance(listed, dict):
        return set()
    if _answers_nobody(listed):
        return set()
    named = [listed[key] for key in ("id", "name", "model") if isinstance(listed.get(key), str)]
    if named:
        return _names(named[0])
    for key in _LISTS:
        if listed.get(key):
            return _names(listed[key], key)
    # Models filed under their names.
    return {key.strip() for key, value in listed.items() if name and isinstance(value, dict)} - {""}


def _answers_nobody(entry: dict[str, Any]) -> bool:
    """Whether a vendor says in its own way that a model does not answer questions."""
    capabilities, architecture = entry.get("capabilities"), entry.get("architecture")
    methods = entry.get("supportedGenerationMethods")
    written = architecture.get("output_modalities") if isinstance(architecture, dict) else None
    return (
        (isinstance(capabilities, dict) and capabilities.get("completion_chat") is False)
        or (isinstance(methods, list) and "generateContent" not in methods)
        or (isinstance(written, list) and bool(written) and "text" not in written)
        or (isinstance(kind := entry.get("type"), str) and kind.lower().rstrip("s") in _OTHER_TYPES)
        or entry.get("active") is False
    )


def _is_list(listed: Any) -> bool:
    return isinstance(listed, list) or (isinstance(listed, dict) and bool(set(_LISTS) & listed.keys()))
