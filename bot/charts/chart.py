"""What is drawn: a card with a heading, bars by time that are stacked by series, and what each series comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One of the things that the bars are made of."""

    name: str
    values: tuple[int, ...]
    """For each bar, from 0 on."""
    total: str
    """What it comes to, as it is shown beside its name."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A card, in words that are shown as they are."""

    title: str
    subtitle: str
    labels: tuple[str, ...]
    """Of the bars, by time; "" for those that have none."""
    series: tuple[Series, ...]
    """The largest first; they share six colours, so that further ones would look like the first."""


LETTERED = frozenset({"en", "de", "es", "ru", "uk"})
"""Languages whose letters the card's font has."""

MOST_SERIES = 6
"""As many as have colours that can be told apart, also by those who see fewer of them."""
