"""What the server is told to answer, and what it was asked."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain.turns import FinishReason, Usage
from bot.standins.dialects import Called


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast answers come, in seconds. With 0 between tokens they come as fast as the socket takes them."""

    first_token_s: float = 0.0
    token_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Hold:
    """Where answers wait until `over` is set, or until the client has left: what is to happen while an answer grows
    then hangs on no clock."""

    after_tokens: int = 0
    """0: not even the head of the answer has gone out."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `usage` None: words are counted."""

    text: str
    reasoning: str = ""
    reason: FinishReason = FinishReason.COMPLETE
    usage: Usage | None = None
    images: tuple[bytes, ...] = ()
    """PNG pictures that come behind the text."""
    calls: tuple[Called, ...] = ()
    """The tools that it calls behind all that, at once."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request."""

    kind: Literal[
        "status", "reset", "cut", "truncate", "stall", "malformed", "error", "empty", "slow", "thinking", "hanging"
    ]
    """`status`: a refusal with `status`, `headers` and `body` (the vendor's usual form when None).
    `reset`: the connection breaks before the first byte. `cut`: it breaks after `after_tokens`.
    `truncate`: the body ends there, properly, without the vendor's word that it is done. `stall`: nothing comes after
    them. `malformed`: a frame that is not JSON. `error`: the vendor's own error inside the stream. `empty`: done
    without a word. `slow`: this request alone has the pace of `delay_s` before and between all tokens. `thinking`:
    before the answer come `after_tokens` signs of life, one each `delay_s`. `hanging`: the answer is complete, and its
    connection stays open."""
    after_tokens: int = 0
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """A JSON value, or a string or bytes that are sent as they are."""
    delay_s: float = 0.0


Answering = Callable[[Mapping[str, Any]], str | Reply]
"""Returns the answer to a request's body."""


@dataclass(slots=True)
class Received:
    """One request, and what became of it."""

    dialect: str
    path: str
    model: str
    headers: dict[str, str]
    body: dict[str, Any]
    tokens_sent: int = 0
    state: Literal["running", "answered", "spoiled", "left"] = "running"
    """`spoiled`: a fault ended it; `left`: the client closed the connection before the end."""
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def to_data(self) -> dict[str, Any]:
        """What `GET /control` shows of it."""
        names = ("dialect", "path", "model", "headers", "body", "tokens_sent", "state")
        return {name: getattr(self, name) for name in names}
