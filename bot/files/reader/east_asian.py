"""Chinese, Japanese and Korean in their own encodings, where a text is too short for figures to tell them.

Each such encoding has its common signs in rows of their own. A text of another writing that happens to decode has some
of the rare ones nearly always.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class _Rows(NamedTuple):
    """The first bytes of an encoding's common signs, and from where on their second ones are."""

    first: int
    last: int
    second: int


_ROWS: Mapping[str, _Rows] = {
    "cp932": _Rows(0x88, 0x97, 0x40),
    "euc_jp": _Rows(0xB0, 0xCF, 0xA1),
    "gb18030": _Rows(0xB0, 0xD7, 0xA1),
    "big5hkscs": _Rows(0xA4, 0xC6, 0x40),
    "cp949": _Rows(0xB0, 0xC8, 0xA1),
}
"""JIS X 0208 and GB 2312 of level 1, Big5 of level 1, the syllables of KS X 1001."""

_WRITTEN_IN: Mapping[str, Sequence[str]] = {
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5hkscs"),
    "ko": ("cp949",),
}
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_BETWEEN = re.compile("[\x00-\x7f\u2010-\u2026\u3000-\u301f\uff01-\uff5e]")
"""Signs between words, and of any width."""

_LEAST = 3
"""Signs that a text has at least where its sender writes otherwise."""


def of_its_sender(data: bytes, language: str) -> str | None:
    """The encoding of this language in which a text has common signs alone; None where there is none."""
    return next((name for name in _WRITTEN_IN.get(language, ()) if _is_common(data, name, 1)), None)


def of_its_signs(data: bytes) -> str | None:
    """The encoding of any such language in which a text has several common signs and no others; None for none."""
    return next((name for name in _ROWS if _is_common(data, name, _LEAST)), None)


def _is_common(data: bytes, encoding: str, least: int) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 1 or error.start < 2:
            return False
        text = data[: error.start].decode(encoding)  # Cut in the middle of a sign.
    signs = _BETWEEN.sub("", text)
    japanese = encoding in _WRITTEN_IN["ja"]
    if not japanese and _KANA.search(signs):
        return False
    rest = _KANA.sub("", signs) if japanese else signs
    if encoding == "cp949" and not _HANGUL.search(rest):
        return False
    rows = _ROWS[encoding]
    codes = [sign.encode(encoding) for sign in rest]
    return len(signs) >= least and all(
        len(code) == 2 and rows.first <= code[0] <= rows.last and code[1] >= rows.second for code in codes
    )
