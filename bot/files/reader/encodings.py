"""Text in any encoding.

What says itself what it is comes first: marks, UTF-8 (also cut in mid-letter, or damaged here and there), UTF-16 and
UTF-32, the encodings that switch by escapes. The rest is chardet's, which knows how often letters follow each other in
each language; where a text is too short for that, the sender's alphabet decides, and signs that stand alone are no
letters.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Any

from bot.files.reader.alphabets import ALPHABETS, RARE
from bot.files.reader.east_asian import of_its_sender, of_its_signs
from bot.files.reader.lone_signs import without_signs
from bot.files.reader.trouble import Trouble
from bot.files.reader.wide import looks_wide, wide_encoding

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ESCAPES = re.compile(rb"\x1b[$(.]|~\{|\+[A-Za-z0-9+/]{2,}")
"""How ISO-2022, HZ and UTF-7 begin letters that ASCII does not have."""

_LOOKED_AT = 200_000
"""Bytes that decide."""

_SURE = 0.1
"""chardet's figure below which another reading may be as good. It is no probability: of 1,371 texts of 100 letters in
their languages' encodings it was right on 98 %, mostly with 0.2 to 0.6."""

_SURE_OF_SIGNS = 0.2
"""The same for Chinese, Japanese and Korean: of three Korean syllables it was 0.15 sure that they were Japanese."""

_POSSIBLE = 0.25
"""Part of the best figure that a reading in the sender's alphabet needs; with a tenth, half of all foreign words were
taken for theirs."""

_AS_GOOD = 0.6
"""Part of the best figure among those, from which on the commoner encoding is taken."""

_WIDER = {"iso8859-1": "cp1252", "tis-620": "cp874", "euc_kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030"}
"""What decodes the same and more. chardet's own table (`prefer_superset`) takes cp1251 for a superset of ISO 8859-5."""

_FOREIGN = re.compile(r"[\u0370-\u06ff]+")
"""Letters from Greek to Arabic, Cyrillic and Hebrew among them."""

_IN_LATIN = re.compile(
    r"(?<=[A-Za-z])[\u0370-\u06ff]{1,2}(?![\u0370-\u06ff])|(?<![\u0370-\u06ff])[\u0370-\u06ff]{1,2}(?=[A-Za-z])"
)
_WESTERN = ("cp1252", "iso8859-15")
"""The commoner first."""

_FOUR_BYTES = re.compile(rb"(?:[\x81-\xfe][0-9]){2}")
_DOUBLE = ("gb18030", "cp932", "cp949", "big5hkscs")
_GREEK_CYRILLIC = re.compile(r"[Α-ωЀ-ӿ]")


def decoded(data: bytes, language: str = "en") -> str:
    """The text in these bytes. `language`: its sender's, as a code. Raises `Trouble` where there is none."""
    text = _by_itself(data)
    if text is None:
        encoding = _guessed(data[:_LOOKED_AT], language.partition("-")[0].lower())
        text = data.decode(encoding, "replace")
    return _seen(text)


def _seen(text: str) -> str:
    """The same without what nobody sees: a terminal's colours and titles, and control characters."""
    return _UNSEEN.sub("", text.replace("\v", " "))


_UNSEEN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]+[0-~])|[\0-\x08\x0e-\x1f\x7f]")
"""Sequences of ECMA-48: control sequences, commands to the operating system, changes of the character set."""


def _by_itself(data: bytes) -> str | None:
    """The text, where the bytes leave no doubt."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if data.isascii() and (switched := _switched(data)) is not None:
        return switched
    text = _utf_8(data)
    if text is None or looks_wide(data[:_LOOKED_AT]):
        wide = wide_encoding(data)
        return data.decode(wide, "ignore") if wide else text
    return text


def _utf_8(data: bytes) -> str | None:
    """Read as UTF-8 if it is: its faults stand where it was cut, or are far fewer than its letters."""
    whole = data[len(data) - len(data.lstrip(_CONTINUING)) if data[:4].lstrip(_CONTINUING) else 0 :]
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(whole)
    except UnicodeDecodeError:
        text = ""
    cuts = (len(whole) < len(data)) + (len(text.encode()) < len(whole))
    letters = len(_BEYOND_ASCII.findall(text)) if cuts else 0
    if text and (not cuts or letters >= cuts):
        return text
    text = data.decode("utf-8", "replace")
    faults = text.count("\ufffd")
    return text if len(_BEYOND_ASCII.findall(text)) >= 5 * faults else None


_CONTINUING = bytes(range(0x80, 0xC0))
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def _switched(data: bytes) -> str | None:
    """Text of the encodings that write everything with ASCII's bytes."""
    if not _ESCAPES.search(data):
        return None
    encoding = str(_candidates(data[:_LOOKED_AT])[0]["encoding"]).lower()
    if not encoding.startswith(("iso2022", "hz", "utf-7")):
        return None
    try:
        text = data.decode(encoding)
        # Only what its own writer would have written: source code has such characters too.
        return text if encoding != "utf-7" or text.encode(encoding) == data else None
    except UnicodeError:
        return None


def _guessed(data: bytes, language: str) -> str:
    """The encoding of its letters, where that has its signs too; a text of ASCII with such signs is a western one."""
    for encoding in _WESTERN:
        if without_signs(data, encoding).isascii():
            return encoding
    letters = without_signs(data, _WESTERN[0])
    encoding = _guessed_of_letters(letters, language)
    if letters != data and without_signs(data, encoding) != letters:
        encoding = _guessed_of_letters(data, language)
    return _WESTERN[0] if _mixes(data.decode(encoding, "replace")) else encoding


def _mixes(text: str) -> bool:
    """Whether all that it has of another writing is a letter or two within Latin words, as in "caf\u05d9"."""
    foreign = _FOREIGN.findall(text)
    return bool(foreign) and len(foreign) == len(_IN_LATIN.findall(text))


def _guessed_of_letters(data: bytes, language: str) -> str:
    """The encoding that chardet, or the sender's alphabet, takes it for."""
    doubled = _doubled(data)
    if doubled:
        return doubled
    found = _candidates(data)
    best = float(found[0]["confidence"])
    if best < _SURE_OF_SIGNS and (own := of_its_sender(data, language)):
        return own
    if best < _SURE and language in ALPHABETS:
        figures = {str(each["encoding"]): float(each["confidence"]) for each in reversed(found)}
        spelled = _in_alphabet(data, language)
        top = max((figures.get(name, 0.0) for name in spelled), default=-1.0)
        if top >= _POSSIBLE * best:
            return next(name for name in spelled if figures.get(name, 0.0) >= _AS_GOOD * top)
    if best < _SURE and (eastern := of_its_signs(data)):
        return eastern
    encoding = _spelled(data, found) or found[0]["encoding"]
    if encoding is None:
        raise Trouble("broken")
    return _WIDER.get(str(encoding), str(encoding))


def _spelled(data: bytes, found: Sequence[Any]) -> str | None:
    """The encoding in which a text is spelled in the language that chardet found, which is surer than its encoding."""
    best = float(found[0]["confidence"])
    for language in dict.fromkeys(each["language"] for each in found if float(each["confidence"]) >= _AS_GOOD * best):
        alphabet = ALPHABETS.get(language)
        if alphabet is None:
            return None
        likely = [str(each["encoding"]) for each in found if each["language"] == language]
        for name in dict.fromkeys((*likely, *alphabet.encodings, *RARE)):
            if (text := _strictly(data, name)) and alphabet.spells(text):
                return name
    return None


def _in_alphabet(data: bytes, language: str) -> Sequence[str]:
    alphabet = ALPHABETS[language]
    return [name for name in alphabet.encodings if (text := _strictly(data, name)) and alphabet.spells(text)]


def _doubled(data: bytes) -> str | None:
    """Writing that a far alphabet's encoding holds beside its own: any in four bytes, Greek and Cyrillic in two."""
    high = sum(byte > 0x7F for byte in data)
    if 4 * len(_FOUR_BYTES.findall(data)) > high and _strictly(data, "gb18030"):
        return "gb18030"
    for name in _DOUBLE:
        text = _strictly(data, name) or ""
        foreign = len(_GREEK_CYRILLIC.findall(text))
        if foreign >= 8 and foreign * 10 >= 9 * sum(character > "\x7f" for character in text):
            return name
    return None


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        # The last letter may have been cut by how much is looked at.
        return data[: error.start].decode(encoding) if error.start > len(data) - 4 and error.start > 8 else None


def _candidates(data: bytes) -> Sequence[Any]:
    # Loaded for those files alone whose encoding has to be guessed.
    import chardet

    return chardet.detect_all(data, ignore_threshold=True, compat_names=False)
