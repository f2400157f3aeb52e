"""Letters (RFC 5322): their head, what they say, and the files that come with them.

Also what is kept in the same form: mailboxes of several letters, web pages with their pictures (MHTML). Outlook's own
forms become such letters first.
"""

import email
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import Header, decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path

from bot.files.reader.encodings import decoded
from bot.files.reader.html import page_of_html, words_of_html
from bot.files.reader.lines import unfolded
from bot.files.reader.parts import parts
from bot.files.reader.sealed import LEFT_OUT, is_armoured, is_sealed, unwrap
from bot.files.reader.signatures import COMPOUND, PACKED_LETTER
from bot.files.reader.trouble import Trouble

_HEAD = ("From", "To", "Cc", "Date", "Subject")
_SEALS = frozenset(f"application/{kind}" for kind in ("pkcs7-signature", "x-pkcs7-signature", "pgp-signature"))
"""What mail programs add, and show as a mark: nobody sent that file."""

_NEXT = re.compile(rb"(?:\A|\n\r?\n)From [^\n]*\n(?=[A-Za-z][A-Za-z0-9-]*:)")
"""The line that parts the letters of a mailbox."""


def read_mail(path: Path, language: str) -> Iterator[str]:
    """The pages of a letter: who wrote to whom, when and about what, its words, the names of its files.

    Raises `Trouble`.
    """
    letters = _opened(path)
    if letters and all(_says_nothing_else(letter, language) for letter in letters):
        raise Trouble("sealed")
    for letter in letters:
        if _is_page(letter):
            yield from parts("\n\n".join(_words(letter, language)))
            continue
        head = [f"{name}: {value}" for name in _HEAD if (value := _header(letter.get(name), language))]
        files = [name for name, _ in _files(letter)]
        words = "\n\n".join(filter(None, (text.strip() for text in _all_words(letter, language))))
        named = f"Attachments: {', '.join(files)}" if files else ""
        yield from parts("\n\n".join(filter(None, ("\n".join(head), words, named))))


def files_of_mail(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files that come with a letter: name and bytes. The pictures of a page are a part of it."""
    for letter in _opened(path):
        if not _is_page(letter):
            yield from _files(letter)


def _opened(path: Path) -> list[Message]:
    letters = _letters(path)
    for letter in letters:
        unwrap(letter)
    return letters


def _letters(path: Path) -> list[Message]:
    data = path.read_bytes()
    if data.startswith(COMPOUND):
        from bot.files.reader import outlook  # Loaded for those files alone, as is what TNEF needs.
        from bot.files.reader.mapi import letter_of

        return [letter_of(outlook.read_item(path))]
    if data.startswith(PACKED_LETTER):
        return [_unpacked(data)]
    try:
        return [email.message_from_bytes(each) for each in _NEXT.split(data.lstrip()) if each]
    except (MessageError, ValueError, LookupError) as error:
        raise Trouble("broken") from error


def _unpacked(data: bytes) -> Message:
    from bot.files.reader import tnef
    from bot.files.reader.mapi import letter_of

    return letter_of(tnef.read_item(data))


def _is_page(letter: Message) -> bool:
    """Whether it is a web page that a browser, or Word, has saved with all that belongs to it."""
    if letter.get_content_type() != "multipart/related" or letter["To"]:
        return False
    return any("Content-Location" in each for each in _inside(letter)[:1])


def _says_nothing_else(letter: Message, language: str) -> bool:
    """Whether all that a letter says is encrypted."""
    return {text for text in _words(letter, language) if text.strip()} == {LEFT_OUT}


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _all_words(letter: Message, language: str) -> Iterator[str]:
    """What it says; where it says nothing itself, what is packed into it for Outlook."""
    words = [text for text in _words(letter, language) if text.strip()]
    if not words:
        packed = (each for part in letter.walk() if (each := _packed(part)) is not None)
        words = [text for each in packed for text in _words(each, language)]
    yield from words


def _packed(part: Message) -> Message | None:
    """The letter in a file that Outlook packs for its own kind, named winmail.dat or by its type."""
    data = part.get_payload(decode=True) if not part.is_multipart() else None
    if not isinstance(data, bytes) or not data.startswith(PACKED_LETTER):
        return None
    try:
        return _unpacked(data)
    except Trouble:
        return None


def _words(part: Message, language: str) -> Iterator[str]:
    if is_sealed(part):
        yield LEFT_OUT
        return
    if _is_file(part):
        return
    if not part.is_multipart():
        yield _text(part, language)
        return
    inside = _inside(part)
    match part.get_content_subtype():
        case "alternative":
            yield from _one_form(inside, language)
        case "related":
            # What belongs to the first: styles, lists of files; and the pages within a page.
            for each in (*inside[:1], *(each for each in inside[1:] if each.get_content_subtype() == "html")):
                yield from _words(each, language)
        case _:
            for each in inside:
                yield from _words(each, language)


def _one_form(forms: list[Message], language: str) -> Iterator[str]:
    """Forms of the same words, the plainest first: the first that says anything. What a calendar is to note is more."""
    said = False
    for each in forms:
        is_calendar = each.get_content_type() == "text/calendar"
        words = [text for text in _words(each, language) if text.strip()] if is_calendar or not said else []
        said = said or bool(words)
        yield from words


def _text(part: Message, language: str) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    text = _by_charset(data, part.get_content_charset(), language)
    if is_armoured(text):
        return LEFT_OUT
    match part.get_content_subtype():
        case "html":
            return page_of_html(text) if "Content-Location" in part else words_of_html(text)
        case "calendar":
            return unfolded(text)
        case _:
            return text.replace("\r\n", "\n")


def _by_charset(data: bytes, charset: str | None, language: str) -> str:
    """As the letter says that it is written; by itself where that is wrong, or what all programs say by default."""
    if charset and charset.lower() not in ("us-ascii", "unknown-8bit"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return decoded(data, language)


def _files(part: Message) -> Iterator[tuple[str, bytes]]:
    if is_sealed(part):
        return
    if (packed := _packed(part)) is not None:
        yield from _files(packed)
    elif _is_file(part):
        if part.get_content_type() not in _SEALS:
            yield _name(part), _bytes(part)
    else:
        for each in _inside(part):
            yield from _files(each)


def _is_file(part: Message) -> bool:
    kind = part.get_content_maintype()
    return part.get_content_disposition() == "attachment" or kind not in ("text", "multipart")


def _bytes(part: Message) -> bytes:
    if part.is_multipart():  # A letter, or what says of one how its delivery went.
        return b"\n".join(each.as_bytes() for each in _inside(part))
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _name(part: Message) -> str:
    given = (part.get_param("filename", "", "content-disposition"), part.get_param("name", ""))
    name = next(filter(None, (_header(collapse_rfc2231_value(each), "en") for each in given)), "")
    if not name and part.get_content_type() == "message/rfc822":
        return "letter.eml"
    return Path(name.replace("\\", "/")).name or f"attachment.{part.get_content_subtype()}"


def _header(value: str | Header | None, language: str) -> str:
    """A line of the head in its own letters: encoded words, or bytes as they are, which is against the rules."""
    text = ""
    try:
        pieces = decode_header(value or "")
    except (MessageError, ValueError):
        return str(value)
    for piece, charset in pieces:
        text += piece if isinstance(piece, str) else _by_charset(piece, charset, language)
    return " ".join(text.split())
