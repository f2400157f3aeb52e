"""How a card looks: one for light and for dark chats, read on a phone."""

from collections.abc import Iterator, Sequence
from html import escape

from bot.charts.chart import MOST_SERIES, Chart, Series

WIDTH = 1080
"""Pixels: a phone shows three of them for one point, so that text of 36 is 12 points high."""
ZOOM = 0.8
"""Of that, as the picture is drawn: 864 pixels are what a phone shows, and half of its CPU went into drawing more."""
MARGIN = 48
BARS_TOP, BARS_WIDTH, BARS_HEIGHT = 176, WIDTH - MARGIN, 560
TITLE, SUBTITLE, NAME, LABEL = 50, 36, 36, 33
"""Sizes of letters, at most."""
_ROW = 92
_LONGEST_NAME = 30

BACKGROUND, INK, FAINT, GUIDES = "#1c2333", "#f2f4f8", "#aab3c5", "#3a4358"
"""Dark enough not to dazzle in a dark chat, and with its own edge in either."""
COLOURS = ("#56b4e9", "#e69f00", "#2fc79a", "#f0e442", "#e6779d", "#d9dee8")
"""After Okabe and Ito, the last one a light grey: they differ in brightness too."""

FONT = "Roboto"
_LETTER = 0.53
"""The width of its letters on average, as a part of their size: in words of every language that it has."""


def card(chart: Chart, bars: str) -> str:
    """The card as SVG; `bars` is the SVG of its bars, `BARS_WIDTH` by `BARS_HEIGHT`."""
    rows_top = BARS_TOP + BARS_HEIGHT + MARGIN
    height = rows_top + _ROW * len(chart.series) + MARGIN
    place = f'x="{MARGIN // 2}" y="{BARS_TOP}" width="{BARS_WIDTH}" height="{BARS_HEIGHT}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="{FONT}">',
            f'<rect width="{WIDTH}" height="{height}" fill="{BACKGROUND}"/>',
            _text(MARGIN, 84, chart.title, _fitting(chart.title, TITLE), INK),
            _text(MARGIN, 140, chart.subtitle, _fitting(chart.subtitle, SUBTITLE), FAINT),
            f"<svg {place}>{bars}</svg>",
            *_rows(chart.series, rows_top),
            "</svg>",
        )
    )


def _rows(series: Sequence[Series], top: int) -> Iterator[str]:
    """Each series with its name and what it comes to, above a line of its colour as long as its share."""
    most = max((sum(one.values) for one in series), default=0) or 1
    for number, one in enumerate(series[:MOST_SERIES]):
        y, colour = top + _ROW * number, COLOURS[number]
        length = max(14, round((WIDTH - 2 * MARGIN) * sum(one.values) / most))
        yield _text(MARGIN, y + 36, _cut(one.name), NAME, INK)
        yield _text(WIDTH - MARGIN, y + 36, one.total, NAME, INK, "end")
        yield f'<rect x="{MARGIN}" y="{y + 52}" width="{length}" height="14" rx="7" fill="{colour}"/>'


def _fitting(words: str, size: int) -> int:
    """The size in which words fit on a line, not above this one."""
    return min(size, int((WIDTH - 2 * MARGIN) / max(1, len(words)) / _LETTER))


def _text(x: int, y: int, words: str, size: int, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def short(value: float) -> str:
    """A number of an axis in few characters: 1.5k, 20M."""
    for unit, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:.3g}{sign}"
    return f"{value:.3g}"
