"""Transcripts: which captions of a page are read, and what becomes of them."""

import pytest

from bot.tools.transcripts import track_in, transcript

PAGE = "https://example.org/films/tides"
VTT = b"""\xef\xbb\xbfWEBVTT - Tides

NOTE made by hand

STYLE
::cue { color: red }

1
00:01.000 --> 00:04.000 align:start
<v Anna>The <i>Moon</i> pulls &amp; the sea

00:04.000 --> 00:06.000
The Moon pulls & the sea
rises.

01:02:03.500 --> 01:02:04.000
Twice a day.

00:07.000 --> 00:08.000
"""


def test_captions_are_lines_with_their_times_each_said_once() -> None:
    assert transcript(VTT) == "[0:01] The Moon pulls & the sea\n[0:04] rises.\n[1:02:03] Twice a day."
    subrip = b"1\r\n00:00:01,000 --> 00:00:04,000\r\nHello.\r\n\r\n2\r\n00:10:05,100 --> 00:10:06,000\r\nBye.\r\n"
    assert transcript(subrip) == "[0:01] Hello.\n[10:05] Bye."


@pytest.mark.parametrize("data", [b"", b"<html>no captions</html>", b"WEBVTT\n\n", b"\x00\xff-->\n\nx", b"-->\n" * 99])
def test_what_holds_no_captions_is_no_transcript(data: bytes) -> None:
    assert transcript(data) == ""


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ('<video><track src="a.vtt"></video>', "https://example.org/films/a.vtt"),
        ("<TRACK kind='captions' SRC=/b.vtt?x=1&amp;y=2 srclang=en>", "https://example.org/b.vtt?x=1&y=2"),
        ('<track kind=chapters src=c.vtt><track kind=metadata src="m.vtt">', None),
        ('<track src=de.vtt><track default kind="subtitles" src="https://cdn.org/en.vtt">', "https://cdn.org/en.vtt"),
        ("<track><track src=><tracker src=no.vtt> track src=no.vtt", None),
        ('<track src="http://[">', None),
        ("<track " * 10_000, None),
    ],
)
def test_a_pages_captions_are_those_that_its_player_shows(page: str, url: str | None) -> None:
    assert track_in(page.encode(), PAGE) == url
