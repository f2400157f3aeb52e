"""What is said in a video, as its page has it: caption tracks in WebVTT or SubRip, turned into lines with their times.

A page names its tracks in `<track>` elements (https://html.spec.whatwg.org/multipage/media.html#the-track-element).
Sites that load theirs by scripts, as the large ones do, have none in their page: of those there is no transcript.
"""

import re
from html import unescape
from urllib.parse import urljoin

_TRACK = re.compile(r"<track\b([^<>]{1,2000})>", re.IGNORECASE)
_FIELD = re.compile(r"""\b(src|kind|default)\b(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""", re.IGNORECASE)
_SPOKEN = ("", "subtitles", "captions")
"""Kinds of tracks that hold what is said; without one it is the first of these."""
_TIMES = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}\s+-->\s")
_TAG = re.compile(r"<[^<>]{0,200}>")


def track_in(page: bytes, url: str) -> str | None:
    """The address of the captions of the first video of a page at `url`, by default those that its player shows."""
    tracks = []
    for match in _TRACK.finditer(page.decode(errors="replace")):
        fields = {name.lower(): double or single or bare for name, double, single, bare in _FIELD.findall(match[1])}
        if fields.get("src") and fields.get("kind", "").lower() in _SPOKEN:
            tracks.append(("default" not in fields, fields["src"]))
    if not tracks:
        return None
    _, first = min(tracks, key=lambda track: track[0])
    try:
        return urljoin(url, unescape(first).strip())
    except ValueError:
        return None


def transcript(captions: bytes) -> str:
    """Captions as lines, each with the time at which it is said: "[1:02] The Moon pulls."; "" if they are none.

    What rolls up the screen is in several captions one after the other, and stands here once.
    """
    lines: list[str] = []
    shown: list[str] = []
    for block in re.split(
        r"\n[ \t]*\n", captions.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    ):
        said = block.strip("\n").split("\n")
        at = next((number for number, line in enumerate(said[:2]) if _TIMES.match(line.strip())), None)
        if at is None:
            continue
        words = [" ".join(unescape(_TAG.sub("", line)).split()) for line in said[at + 1 :]]
        if new := [line for line in words if line and line not in shown]:
            lines.append(f"[{_time(said[at])}] {' '.join(new)}")
        shown = words
    return "\n".join(lines)


def _time(times: str) -> str:
    match = _TIMES.match(times.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match is not None else (0, 0, 0)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
