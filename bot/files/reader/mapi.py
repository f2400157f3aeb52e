"""Letters as Outlook keeps them: numbered properties ([MS-OXPROPS]), and the letters of RFC 5322 that they stand for.

`outlook` finds them in its own files (.msg), `tnef` in what it packs into one attachment (winmail.dat).
"""

import codecs
import email
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from bot.files.reader.compressed_rtf import unpacked
from bot.files.reader.rtf import words_of_rtf
from bot.files.reader.sealed import ENVELOPES
from bot.files.reader.trouble import Trouble

NARROW, WIDE, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
"""Types of properties whose values have no size of their own: text in a code page, in UTF-16, bytes, a letter."""

_WIDTHS, _TIME = {0x0002: 2, 0x0003: 4}, 0x0040
"""Those of the others that mean something here: numbers of so many bytes, and moments."""

_SUBJECT, _HEAD, _SENT, _ARRIVED = 0x0037, 0x007D, 0x0039, 0x0E06
_FROM_NAME, _FROM_ADDRESSES = (0x0042, 0x0C1A), (0x5D02, 0x5D01, 0x0065, 0x0C1F)
_TO, _COPY = (0x0E04, 1), (0x0E03, 2)
"""All names in a line, and what those who stand in it say that they are."""

_IS, _NAME, _ADDRESSES = 0x0C15, 0x3001, (0x39FE, 0x3003)
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_PAGE, _PAGE_OF_HTML = 0x3FFD, 0x3FDE
_DATA, _FILE_NAMES, _FILE_KIND = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E
_CODECS = {65001: "utf-8", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 50220: "iso2022_jp", 51932: "euc_jp"}

Value = str | bytes | int | datetime
Properties = Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Attached:
    """What comes with a letter: a file in its property for data, or another letter."""

    properties: Properties
    letter: "Item | None" = None


@dataclass(frozen=True, slots=True)
class Item:
    """A letter; appointments, tasks and contacts are kept as such too."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attached: Sequence[Attached] = field(default_factory=list)


def value_of(kind: int, data: bytes, codec: str) -> Value:
    """What a property's bytes mean."""
    if kind in (NARROW, WIDE):
        return data.decode(codec if kind == NARROW else "utf-16-le", "replace").rstrip("\0")
    if kind in _WIDTHS:
        return int.from_bytes(data[: _WIDTHS[kind]], "little")
    return _moment(int.from_bytes(data[:8], "little")) if kind == _TIME else data


def codec_of(properties: Properties) -> str:
    """What a letter's narrow texts are written in, as far as it says so."""
    return _codec_of(properties, (_PAGE, _PAGE_OF_HTML))


def _codec_of(properties: Properties, numbers: Sequence[int]) -> str:
    pages = (properties.get(number) for number in numbers)
    return next(filter(None, (codec_of_page(page) for page in pages if isinstance(page, int))), "cp1252")


def codec_of_page(page: int) -> str:
    """The codec of a code page; "" where there is none for it."""
    name = _CODECS.get(page, f"iso8859-{page - 28590}" if 28591 <= page <= 28605 else f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def letter_of(item: Item) -> Message:
    """The letter that this is, as a mail program would have sent it."""
    letter = MIMEMultipart()
    for name, value in _head(item):
        if line := " ".join(value.split()):
            letter[name] = line
    words = _words(item)
    if words is not None:
        letter.attach(words)
    for attached in item.attached:
        if (part := _part(attached)) is not None:
            letter.attach(part)
    return letter


def _head(item: Item) -> Iterator[tuple[str, str]]:
    """The head that it travelled with, where it has; what the properties say otherwise."""
    travelled = email.message_from_string(_text(item.properties, _HEAD))
    told = {
        "From": _person(_first(item.properties, _FROM_NAME), _address(item.properties, _FROM_ADDRESSES)),
        "To": _people(item, *_TO),
        "Cc": _people(item, *_COPY),
        "Date": _date(item.properties),
        "Subject": _text(item.properties, _SUBJECT),
    }
    for name, value in told.items():
        yield name, str(travelled.get(name) or value)


def _people(item: Item, line: int, what: int) -> str:
    people = [
        _person(_text(each, _NAME), _address(each, _ADDRESSES)) for each in item.recipients if each.get(_IS) == what
    ]
    return ", ".join(people) or _text(item.properties, line)


def _person(name: str, address: str) -> str:
    return formataddr((name, address), "utf-8") if address else name


def _address(properties: Properties, numbers: Sequence[int]) -> str:
    """Where there is one: within an organisation people are called by a path of it."""
    addresses = (_text(properties, number) for number in numbers)
    return next((each for each in addresses if "@" in each and each.isascii()), "")


def _date(properties: Properties) -> str:
    found = (properties.get(number) for number in (_SENT, _ARRIVED))
    moment = next((each for each in found if isinstance(each, datetime)), None)
    return format_datetime(moment) if moment is not None else ""


def _words(item: Item) -> Message | None:
    """Its words in the plainest form that it has; Outlook keeps the others of the same."""
    if plain := _text(item.properties, _BODY).strip():
        return MIMEText(plain, "plain", "utf-8")
    html = item.properties.get(_HTML)
    if isinstance(html, bytes):
        html = html.decode(_codec_of(item.properties, (_PAGE_OF_HTML, _PAGE)), "replace")
    if isinstance(html, str) and html.strip():
        return MIMEText(html, "html", "utf-8")
    packed = item.properties.get(_RTF)
    if isinstance(packed, bytes) and packed:
        try:
            return MIMEText("\n".join(words_of_rtf(unpacked(packed))), "plain", "utf-8")
        except Trouble:
            return None
    return None


def _part(attached: Attached) -> Message | None:
    part: Message
    name = _first(attached.properties, _FILE_NAMES)
    if attached.letter is not None:
        part = MIMEMessage(letter_of(attached.letter))
        name = name or _text(attached.letter.properties, _SUBJECT) or "letter"
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
    else:
        data = attached.properties.get(_DATA)
        if not isinstance(data, bytes):
            return None
        kind = _text(attached.properties, _FILE_KIND).lower()
        if kind == "multipart/signed":  # Outlook keeps all of a signed letter as one file of it.
            return email.message_from_bytes(data)
        part = MIMEApplication(data, "pkcs7-mime" if kind in ENVELOPES else "octet-stream")
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", " ".join(name.split())))
    return part


def _first(properties: Properties, numbers: Sequence[int]) -> str:
    return next(filter(None, (_text(properties, number) for number in numbers)), "")


def _text(properties: Properties, number: int) -> str:
    value = properties.get(number)
    return value if isinstance(value, str) else ""


def _moment(ticks: int) -> Value:
    """Tenths of microseconds since 1601."""
    try:
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ticks


def number_at(data: bytes, at: int) -> int:
    """Four bytes. Raises `Trouble`: there are not so many."""
    try:
        (number,) = struct.unpack_from("<I", data, at)
    except struct.error as error:
        raise Trouble("broken") from error
    return int(number)
