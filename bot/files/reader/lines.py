"""Contacts and dates (vCard, RFC 6350, and iCalendar, RFC 5545): lines that go on where the next begins with a blank.

Older contacts write letters as quoted-printable. Pictures and sounds among the lines are nothing to read; that they are
there is said.
"""

import binascii
import quopri
import re

_BEGINS = re.compile(r"\s*BEGIN:(?:VCARD|VCALENDAR)\b", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_QUOTED = re.compile(r";ENCODING=QUOTED-PRINTABLE|;QUOTED-PRINTABLE", re.IGNORECASE)
_CHARSET = re.compile(r";CHARSET=([\w-]+)", re.IGNORECASE)
_BINARY = re.compile(r";ENCODING=(?:B|BASE64)\b|;BASE64\b|:data:[\w/+.-]+;base64,", re.IGNORECASE)
_LEFT_OUT = "(left out)"


def is_folded(text: str) -> bool:
    """Whether a text is of these kinds."""
    return _BEGINS.match(text) is not None


def unfolded(text: str) -> str:
    """The same with each property in a line, in its own letters."""
    lines: list[str] = []
    goes_on = False
    for line in _FOLD.sub("", text).replace("\r\n", "\n").split("\n"):
        if goes_on:
            lines[-1] = lines[-1][:-1] + line
        elif line.strip():
            lines.append(line)
        goes_on = line.endswith("=") and bool(lines and _QUOTED.search(lines[-1].partition(":")[0]))
    return "\n".join(map(_told, lines))


def _told(line: str) -> str:
    name, mark, value = line.partition(":")
    if _BINARY.search(line):
        return f"{name}{mark}{_LEFT_OUT}"
    if not _QUOTED.search(name):
        return line
    charset = _CHARSET.search(name)
    try:
        value = quopri.decodestring(value.encode()).decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, binascii.Error):
        return line
    return f"{_CHARSET.sub('', _QUOTED.sub('', name))}{mark}{value}"
