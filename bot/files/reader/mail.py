"""Letters (RFC 5322): their head, what they say, and the files that come with them."""

import email
from collections.abc import Iterator
from email.errors import MessageError
from email.header import Header, decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path

from bot.files.reader.encodings import decoded
from bot.files.reader.html import words_of_html
from bot.files.reader.parts import parts
from bot.files.reader.trouble import Trouble

_HEAD = ("From", "To", "Cc", "Date", "Subject")


def read_mail(path: Path, language: str) -> Iterator[str]:
    """The pages of a letter: who wrote to whom, when and about what, its words, the names of its files."""
    letter = _opened(path)
    head = [f"{name}: {value}" for name in _HEAD if (value := _header(letter.get(name), language))]
    files = [name for name, _ in _files(letter)]
    words = "\n\n".join(filter(None, (text.strip() for text in _words(letter, language))))
    named = f"Attachments: {', '.join(files)}" if files else ""
    yield from parts("\n\n".join(filter(None, ("\n".join(head), words, named))))


def files_of_mail(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files that come with a letter: name and bytes."""
    yield from _files(_opened(path))


def _opened(path: Path) -> Message:
    data = path.read_bytes().lstrip()
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]  # The line that parts the letters of a mailbox.
    try:
        return email.message_from_bytes(data)
    except (MessageError, ValueError, LookupError) as error:
        raise Trouble("broken") from error


def _words(part: Message, language: str) -> Iterator[str]:
    if _is_file(part):
        return
    if not part.is_multipart():
        yield _text(part, language)
        return
    inside = [each for each in part.get_payload() if isinstance(each, Message)]
    if part.get_content_subtype() != "alternative":
        for each in inside:
            yield from _words(each, language)
        return
    # Forms of the same words, the plainest first: the first that says anything.
    for each in inside:
        words = [text for text in _words(each, language) if text.strip()]
        if words:
            yield from words
            return


def _text(part: Message, language: str) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    text = _by_charset(data, part.get_content_charset(), language)
    return words_of_html(text) if part.get_content_subtype() == "html" else text.replace("\r\n", "\n")


def _by_charset(data: bytes, charset: str | None, language: str) -> str:
    """As the letter says that it is written; by itself where that is wrong, or what all programs say by default."""
    if charset and charset.lower() not in ("us-ascii", "unknown-8bit"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError):
            pass
    return decoded(data, language)


def _files(part: Message) -> Iterator[tuple[str, bytes]]:
    if _is_file(part):
        data = _bytes(part)
        if data:
            yield _name(part), data
        return
    if part.is_multipart():
        for each in part.get_payload():
            if isinstance(each, Message):
                yield from _files(each)


def _is_file(part: Message) -> bool:
    kind = part.get_content_maintype()
    return part.get_content_disposition() == "attachment" or kind not in ("text", "multipart")


def _bytes(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inside = part.get_payload()
        return inside[0].as_bytes() if isinstance(inside, list) and isinstance(inside[0], Message) else b""
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _name(part: Message) -> str:
    value = part.get_param("filename", None, "content-disposition") or part.get_param("name", None)
    name = _header(collapse_rfc2231_value(value) if value else "", "en")
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
