"""What is said of tools at work: one quiet line while they run, and what is left of it below the answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from bot.domain.calls import CallPart, Outcome, ResultPart, rounds_of, tools_in
from bot.domain.clock import Clock
from bot.domain.messages import Part
from bot.domain.people import ToolsShown
from bot.rendering.pages import escaped
from bot.texts import Say, said_later
from bot.tools.toolbox import arguments_of

EVERY_S = 5.0
"""How often the line tells how long it has been, if nothing else changes."""
_LONGEST = 80
"""Characters of what a call was about."""

_DOING = {
    "search_sessions": said_later("searching your sessions"),
    "read_document": said_later("reading documents"),
    "web_search": said_later("searching the web"),
    "read_link": said_later("reading pages"),
    "remember": said_later("remembering"),
    "remind": said_later("making a reminder"),
}
_USED = {
    "search_sessions": said_later("your sessions"),
    "read_document": said_later("document"),
    "web_search": said_later("web search"),
    "read_link": said_later("web page"),
    "remember": said_later("memory"),
    "remind": said_later("reminder"),
}
_UNKNOWN = said_later("{tool} was interrupted, so it may or may not have done what it was called for. Please check.")


class ToolLine:
    """The line while some calls run, from its beginning to the end of the block. `show` gets it as Markdown."""

    def __init__(self, calls: Sequence[CallPart], say: Say, clock: Clock, show: Callable[[str], None]) -> None:
        self._wanted = Counter(call.tool for call in calls)
        self._done: Counter[str] = Counter()
        self._say = say
        self._clock = clock
        self._show = show
        self._began_at = clock.monotonic()
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "ToolLine":
        self._show(self.text)
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticking is not None:
            self._ticking.cancel()

    def ended(self, tool: str) -> None:
        """One of the calls has ended."""
        self._done[tool] += 1
        self._show(self.text)

    @property
    def text(self) -> str:
        """The line now: "🔧 searching the web · reading pages 2 of 3 · 14 s"."""
        say, took_s = self._say, int(self._clock.monotonic() - self._began_at)
        parts = [self._part(tool, count) for tool, count in self._wanted.items() if self._done[tool] < count]
        if took_s >= EVERY_S:
            parts.append(say("{seconds} s", seconds=took_s))
        return f"🔧 {' · '.join(parts) or '…'}"

    def _part(self, tool: str, count: int) -> str:
        say = self._say
        doing = say(_DOING[tool]) if tool in _DOING else escaped(tool)
        if count == 1:
            return doing
        return say("{what} {number} of {count}", what=doing, number=self._done[tool] + 1, count=count)

    async def _tick(self) -> None:
        while True:
            await self._clock.sleep(EVERY_S)
            self._show(self.text)


def below(steps: Sequence[Part], how: ToolsShown, say: Say) -> Iterator[str]:
    """What stands below an answer of what was called for it, as Markdown: a note each.

    That nobody knows what came of a call is said in any case.
    """
    calls = [
        (call, result)
        for made in rounds_of(steps)[0]
        for call, result in zip(made.calls, made.results, strict=True)
    ]  # fmt: skip
    if how is ToolsShown.ALL:
        yield from (_detail(call, result, say) for call, result in calls)
    elif how is ToolsShown.LINE and (used := tools_in(steps)):
        yield say("🔧 Used: {tools}", tools=listed(used, say))
    for call, result in calls:
        if result.outcome is Outcome.UNKNOWN:
            yield say(_UNKNOWN, tool=escaped(call.tool))


def listed(used: dict[str, int], say: Say) -> str:
    """Tools with how often each was called: "web search, web page ×3"."""
    return ", ".join(f"{_name(tool, say)} ×{count}" if count > 1 else _name(tool, say) for tool, count in used.items())


def _name(tool: str, say: Say) -> str:
    return say(_USED[tool]) if tool in _USED else escaped(tool)


def _detail(call: CallPart, result: ResultPart, say: Say) -> str:
    sign = "✓" if result.outcome is Outcome.DONE else "✗"
    about = _about(call)
    return f"🔧 {_name(call.tool, say)}{': ' + escaped(about) if about else ''} {sign}"


def _about(call: CallPart) -> str:
    """The first words among a call's arguments."""
    values = (arguments_of(call.arguments) or {}).values()
    flat = " ".join(next((value for value in values if isinstance(value, str)), "").split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST].rstrip()}…"
