"""Signs that stand alone in texts of the west: a price in €, a ©, 20 °C.

One byte tells chardet little: it took "5 €" for Hebrew and "© 2026" for Arabic. That a sign stands where writers put it
tells more, since the letters that other encodings have at the same byte stand inside words.
"""

import re

_AS_WRITTEN = re.compile(
    r"""
      \xa0
    | (?<!\w) [€£¥] (?=[\d\s.,;:)/]|\Z)                # "£" is "Ł" in cp1250, "¥" a bullet on old Macs
    | (?<![^\s(]) [§©•–—×÷±½¼¾«†‡] (?!\w*[^\W\d]) | (?<=\d) [½¼¾×–±] (?![^\W\d])
    | (?<=[\d\s]) ° (?=[CF]?\b|\W|\Z)
    | (?:(?<=\d)|(?<=\bm)|(?<=\b[kcdm]m)) [¹²³] (?!\w)
    | (?<=\w) [®™] (?!\w)
    | (?<=[A-Za-z]) ’ (?=[A-Za-z])
    | (?<![^\s(]) “ (?=\w) | (?<=[\w.,!?]) ” (?!\w)
    """,
    re.VERBOSE,
)


def without_signs(data: bytes, encoding: str) -> bytes:
    """The same with a space for each such sign. `encoding`: one byte is one character."""
    rest = bytearray(data)
    for sign in _AS_WRITTEN.finditer(data.decode(encoding, "replace")):
        rest[sign.start()] = 0x20
    return bytes(rest)
