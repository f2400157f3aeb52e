"""Feeds are read entry by entry, in each of their forms; what is none, or damaged, stays the text that it is."""

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
        (json.dumps(JSON), ["# Sea", "## Flood\n2026 · https://sea.example/f\n\nIn.", "Out."]),
    ],
    ids=["rss", "atom", "rdf", "json"],
)
def test_a_feed_is_read_entry_by_entry(feed: str, entries: list[str]) -> None:
    assert words_of_feed(feed) == "\n\n".join(entries)


@pytest.mark.parametrize(
    "text",
    ["<p>About the <rss> element", FEED[:-9], FEED.replace("<channel>", "<!DOCTYPE a [<!ENTITY b 'c'>]>"), "{}", "[1"],
)
def test_what_is_no_feed_or_damaged_is_the_text_that_it_is(tmp_path: Path, text: str) -> None:
    assert words_of_feed(text) is None
    path = tmp_path / "a.xml"
    path.write_text(text)
    assert "".join(read_text(path, "en")) == text
