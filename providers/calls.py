"""The calls of an answer, put together from their pieces.

Vendors count them by an index, which some leave out or always send as 0; by an id, which some send with every piece,
some with none, and some twice for two calls; and some send the arguments whole, as an object, or not at all. A new call
begins where the index or the id is another, or where a name comes and what there is has been whole.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.domain.calls import CallPart

MOST_CALLS = 64
"""Of one answer. A model that is caught in a loop calls more."""
LONGEST_ARGUMENTS = 1_000_000
"""Characters of one call."""


@dataclass(slots=True)
class _Call:
    index: Any
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    size: int = 0
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> str:
        return "".join(self.pieces)

    @property
    def is_whole(self) -> bool:
        try:
            orjson.loads(self.arguments)
        except ValueError:
            return False
        return True


class Calls:
    """Collects the calls of one response."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return any(call.name for call in self._calls)

    def piece(
        self, index: object, id_: object, name: object, arguments: object, beside: dict[str, Any] | None = None
    ) -> None:
        """A piece of a call, or a whole one; whatever is of another type than documented is not there."""
        call = self._of(index, _text(id_), _text(name))
        if call is None:
            return
        call.id = call.id or _text(id_)
        call.name = call.name or _text(name)
        if isinstance(arguments, dict):
            arguments = orjson.dumps(arguments).decode() if not call.pieces else ""
        if (more := _text(arguments)) and call.size + len(more) <= LONGEST_ARGUMENTS:
            call.pieces.append(more)
            call.size += len(more)
        call.beside |= beside or {}

    def whole(self, id_: object, name: object, arguments: object, beside: dict[str, Any]) -> None:
        """A call that came in one piece."""
        self.piece(object(), id_, name, arguments, beside)

    def _of(self, index: object, id_: str, name: str) -> _Call | None:
        """The call that a piece belongs to."""
        known = [call for call in self._calls if index is not None and call.index == index]
        last = known[-1] if known else self._calls[-1] if self._calls and index is None else None
        if last is not None and not self._is_another(last, id_, name):
            return last
        if len(self._calls) == MOST_CALLS:
            return None
        self._calls.append(_Call(index))
        return self._calls[-1]

    @staticmethod
    def _is_another(last: _Call, id_: str, name: str) -> bool:
        if id_ and last.id and id_ != last.id:
            return bool(name) and (name != last.name or not last.pieces or last.is_whole)
        return bool(name and last.name and last.pieces and last.is_whole and (name != last.name or id_ != last.id))

    def made(self, made_by: str) -> list[CallPart]:
        """The calls, each with an id that no other has."""
        found: list[CallPart] = []
        for number, call in enumerate(call for call in self._calls if call.name):
            taken = {one.id for one in found}
            id_ = call.id if call.id and call.id not in taken else f"call_{number}"
            opaque = orjson.dumps({"call": call.beside}).decode() if call.beside else ""
            found.append(CallPart(id_, call.name, call.arguments.strip() or "{}", made_by, opaque))
        return found


def _text(value: object) -> str:
    """A text that can be kept anywhere."""
    return value.encode(errors="replace").decode().replace("\0", "") if isinstance(value, str) else ""
