"""What answers have used, over time: by model and by person, as pictures and as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aiohttp import web

from bot.page.room import Room
from bot.page.visitors import Visitor
from bot.people.usage import Period, Report, Span, bot_name, report
from bot.texts import moments, said_later, say_in
from storage import usage
from storage.programs import Program
from storage.usage import NOTHING_USED, Used

PERIODS = {
    Period.DAY: said_later("Today"),
    Period.WEEK: said_later("7 days"),
    Period.MONTH: said_later("30 days"),
    Period.ALL: said_later("All time"),
}
_LEADING = 50
_COLOURS = 6
"""As many models are told apart by colour; the rest share one."""
WIDTH, HEIGHT = 720, 200
"""Of a picture, in its own units: it is as wide as the page."""


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a picture."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    title: str


async def show(room: Room, request: web.Request, visitor: Visitor) -> web.Response:
    """The page."""
    asked = request.query.get("period", "")
    period = Period(asked) if asked in set(Period) else Period.MONTH
    zone = moments.zone_of(visitor.person.time_zone)

    def look() -> Program[tuple[Report, list[tuple[str, Used]]]]:
        made = yield from report(period, None, room.clock.now(), zone)
        return made, (yield from usage.leading(made.spans[0].since, _LEADING))

    made, leading = await room.database.read(look())
    models = [name for name, _ in made.models]
    called = partial(bot_name, say_in(visitor.person.language), await room.roster.names())
    return room.frame.page(
        "spending",
        visitor,
        made=made,
        leading=leading,
        rest=made.used - sum((used for _, used in leading), NOTHING_USED),
        period=period.value,
        periods=PERIODS,
        spent=stacked(made.spans, models, lambda span: span.models),
        bots=[(called(bot), used) for bot, used in made.bots],
        by_bot=stacked(made.spans, [bot for bot, _ in made.bots], lambda span: span.bots, called),
        cached=shares(made.spans),
        colours={model: min(place, _COLOURS) for place, model in enumerate(models)},
        most_colours=_COLOURS,
        width=WIDTH,
        height=HEIGHT,
    )


def stacked(
    spans: Sequence[Span], parts: Sequence[K], of: Callable[[Span], Mapping[K, Used]], called: Callable[[K], str] = str
) -> list[Bar]:
    """Tokens by time, each part (a model, a bot) on that of the one before it: the price of some may be unknown."""
    most = max((span.used.tokens for span in spans), default=0)
    bars: list[Bar] = []
    for x, width, span in _columns(spans):
        top = float(HEIGHT)
        for place, part in enumerate(parts):
            height = HEIGHT * of(span).get(part, NOTHING_USED).tokens / most if most else 0.0
            if height:
                top -= height
                bars.append(Bar(x, top, width, height, min(place, _COLOURS), f"{span.name} · {called(part)}"))
    return bars


def shares(spans: Sequence[Span]) -> list[Bar]:
    """Bars by time: which part of what models read came from a cache."""
    return [
        Bar(x, HEIGHT * (1 - share), width, HEIGHT * share, 0, f"{span.name} · {round(share * 100)} %")
        for x, width, span in _columns(spans)
        if (share := cached_share(span.used))
    ]


def cached_share(used: Used) -> float:
    """From 0 to 1."""
    return used.cached_tokens / used.input_tokens if used.input_tokens else 0.0


def _columns(spans: Sequence[Span]) -> list[tuple[float, float, Span]]:
    """Where each bar begins, and how wide it is."""
    step = WIDTH / max(1, len(spans))
    return [(number * step + step * 0.1, step * 0.8, span) for number, span in enumerate(spans)]
