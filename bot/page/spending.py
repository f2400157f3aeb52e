"""What answers have used, over time: by model and by person, as pictures and as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.page.room import Room
from bot.page.visitors import Visitor
from bot.people.usage import Period, Report, Span, report
from bot.texts import moments, said_later
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
    return room.frame.page(
        "spending",
        visitor,
        made=made,
        leading=leading,
        rest=made.used - sum((used for _, used in leading), NOTHING_USED),
        period=period.value,
        periods=PERIODS,
        spent=stacked(made.spans, models),
        cached=shares(made.spans),
        colours={model: min(place, _COLOURS) for place, model in enumerate(models)},
        width=WIDTH,
        height=HEIGHT,
    )


def stacked(spans: Sequence[Span], models: Sequence[str]) -> list[Bar]:
    """Tokens by time, each model's part on that of the one before it: the price of some may be unknown."""
    most = max((span.used.tokens for span in spans), default=0)
    bars: list[Bar] = []
    for x, width, span in _columns(spans):
        top = float(HEIGHT)
        for place, model in enumerate(models):
            height = HEIGHT * span.models.get(model, NOTHING_USED).tokens / most if most else 0.0
            if height:
                top -= height
                bars.append(Bar(x, top, width, height, min(place, _COLOURS), f"{span.name} · {model}"))
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
