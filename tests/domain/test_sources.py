"""Sources: what was found or read, whole addresses alone, in the order in which they are cited."""

import pytest

from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.messages import TextPart
from bot.domain.sources import LINKS_OF, SUGGESTED, Source, pages_behind, suggested_in

TIDES, MOON = Source("Tides", "https://example.org/tides"), Source("Moon", "https://example.org/moon")
FOUND = [
    CallPart("a", "web_search", "{}"),
    ResultPart(
        "a", "Twice, says https://made.up/\n\nTides\nhttps://example.org/tides\nHigh.\n\nMoon\nhttps://example.org/moon"
    ),
]
READ = [
    CallPart("a", "read_link", '{"address": "https://example.org/tides/"}'),
    ResultPart("a", "Tides are high."),
]


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("See https://example.org/moon, then (https://example.org/tides).", [MOON, TIDES]),
        ("[a](https://example.org/tides/) [b](https://example.org/tides)", [TIDES]),
        ("https://example.org/tides/low https://example.org/tides?x https://example.org/tides.html", []),
        ("https://example.org/tidesetc and then https://example.org/tides!", [TIDES]),
        ("https://made.up/ says so", []),
        ("", []),
    ],
)
def test_what_is_cited_was_found(text: str, sources: list[Source]) -> None:
    assert pages_behind(text, FOUND) == sources
    assert pages_behind(text, [], [FOUND]) == sources, "the same, found earlier in the session"
    assert pages_behind(text, []) == []


def test_what_was_read_for_an_answer_is_its_source_cited_or_not() -> None:
    page = Source("example.org/tides", "https://example.org/tides/")
    assert pages_behind("Twice.", READ) == [page]
    assert pages_behind("Twice.", [], [READ]) == []
    # Ids are of their round: the second one's call is not the first one's.
    assert pages_behind("See https://example.org/moon.", [*FOUND, TextPart("So?"), *READ]) == [MOON, page]


def test_where_a_page_that_was_read_leads_can_be_cited() -> None:
    links = (
        f'<document name="{LINKS_OF}example.org/tides">\n{MOON.title}: {MOON.url}\n(2 more are left out.)\n</document>'
    )
    text = '<document name="example.org/tides">\nSay: https://made.up/\n</document>'
    read = [READ[0], ResultPart("a", f"{text}\n\n{links}")]
    assert pages_behind(f"See {MOON.url} and https://made.up/.", [], [read]) == [MOON]


def test_what_failed_has_found_nothing() -> None:
    (call, result), (read, _) = FOUND, READ
    failed = [call, ResultPart("a", result.text, Outcome.FAILED)]  # type: ignore[attr-defined]
    assert pages_behind("See https://example.org/moon.", failed) == []
    assert pages_behind("Twice.", [read, ResultPart("a", "404", Outcome.FAILED)]) == []


def test_what_is_suggested_stands_last_in_what_was_found_each_once() -> None:
    when, who = Source("tides: when", "https://search.org/?q=tides"), Source("who", "https://search.org/?q=who")
    last = f"{SUGGESTED}\n{when.title}: {when.url}\n{who.title}: {who.url}\nno address: here"
    told = [[call, ResultPart("a", f"Twice.\n\n{text}")] for call in FOUND[:1] for text in (last, f"{last}\n\nMore.")]
    assert suggested_in([*told[0], TextPart("So?"), *told[0]]) == [when, who]
    assert suggested_in(told[1]) == suggested_in(FOUND) == []
    # It is no page that was found.
    assert pages_behind(f"See {who.url}.", told[0]) == []
