"""Feeds are read entry by entry, in each of their forms, damaged ones too; what is none stays the text that it is."""

import itertools
import json
from pathlib import Path

import pytest

from bot.files.reader.feed import words_of_feed
from bot.files.reader.plain import read_text
from tests.support.web import FEED

ATOM = """<?xml version="1.0" encoding="ISO-8859-1"?><?xml-stylesheet href="feed.xsl"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://sea.example/blog/">
<title type="html">Sea &amp;amp; Moon</title>
<link rel="self" href="feed.atom"/><link href="./"/><updated>2026-11-30T06:00:00Z</updated>
<entry><title>Größe</title><link rel="edit" href="edit"/><link rel="alternate" href="size"/>
<published>2026-11-29T06:00:00Z</published><summary>In short.</summary>
<content type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml"><p>As <b>high</b> as a house.</p></div></content></entry>
<entry><title type="text">1 &lt; 2</title><content type="text">A &lt;b&gt; is a tag.</content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://sea.example/"><title>Sea</title></channel>
<item rdf:about="https://sea.example/a"><title>Ebb</title><link>https://sea.example/a</link><dc:date>2026-11-30</dc:date>
<description>Out.</description></item></rdf:RDF>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Sea",
    "items": [
        {
            "id": "1",
            "title": "Flood",
            "url": "https://sea.example/f",
            "content_html": "<p>In.</p>",
            "date_published": "2026",
        },
        "no item",
        {"id": 2, "content_text": "Out."},
    ],
}


@pytest.mark.parametrize(
    ("feed", "entries"),
    [
        (
            FEED,
            [
                "# The Sea & the Moon\n\nhttps://sea.example/\n\nWhat moves.",
                "## Spring tide\nMon, 30 Nov 2026 06:00:00 +0000 · https://sea.example/spring?utm=1&x=2",
                "The sea rose high.",
                "https://sea.example/neap\n\nLower & later.",
            ],
        ),
        (
            ATOM,
            [
                "# Sea & Moon\n\nhttps://sea.example/blog/",
                "## Größe\n2026-11-29T06:00:00Z · https://sea.example/blog/size\n\nAs high as a house.",
                "## 1 < 2\n\nA <b> is a tag.",
            ],
        ),
        (RDF, ["# Sea", "## Ebb\n2026-11-30 · https://sea.example/a\n\nOut."]),
        # Damaged: letters that XML does not know, a prefix without its meaning, an end that is not there.
        (
            "<!-- made by hand --><!DOCTYPE rss><rss><channel><title>Sea &nbsp; Sky</title>"
            "<item><itunes:author>Eve</itunes:author><title>Ebb &amp Flood</title><link>https://sea.example/e?a=1&b=2</link>",
            ["# Sea Sky", "## Ebb & Flood\nhttps://sea.example/e?a=1&b=2"],
        ),
        # What an entry holds besides, in words of its maker's, is not its own.
        (
            "<rss><channel><item><title>A</title><link>https://sea.example/o</link><description>So it is</description>"
            '<m:more xmlns:m="https://m.example/"><link url="https://sea.example/other"><m:title>Other</m:title>'
            "<description>A word.</description></link></m:more></item></channel></rss>",
            ["## A\nhttps://sea.example/o\n\nSo it is"],
        ),
        # Of a video, what its media group says.
        (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry><title>Film</title>'
            '<link rel="alternate" href="https://v.example/1"/><published>2026-11-30</published>'
            "<media:group><media:description>How it\nwas made.</media:description></media:group></entry></feed>",
            ["## Film\n2026-11-30 · https://v.example/1\n\nHow it was made."],
        ),
        (json.dumps(JSON), ["# Sea", "## Flood\n2026 · https://sea.example/f\n\nIn.", "Out."]),
    ],
    ids=["rss", "atom", "rdf", "damaged", "nested", "media", "json"],
)
def test_a_feed_is_read_entry_by_entry(feed: str, entries: list[str]) -> None:
    assert words_of_feed(feed) == "\n\n".join(entries)


@pytest.mark.parametrize(
    "text",
    [
        "<p>So: <rss><item><title>A</title></item></rss>",
        "<rss>",
        "<feed><product>A</product></feed>",
        "<!-- <rss> -->",
        "{}",
        "[1",
    ],
)
def test_what_is_no_feed_is_the_text_that_it_is(tmp_path: Path, text: str) -> None:
    assert words_of_feed(text) is None
    path = tmp_path / "a.xml"
    path.write_text(text)
    assert "".join(read_text(path, "en")) == text


def test_entities_cannot_make_a_feed_grow() -> None:
    told = "".join(f'<!ENTITY {name} "&{before};&{before};">' for before, name in itertools.pairwise("abcdefgh"))
    bomb = f'<!DOCTYPE rss [<!ENTITY a "lol">{told}]><rss><channel><title>&h;</title></channel></rss>'
    assert len(words_of_feed(bomb) or "") < 100
