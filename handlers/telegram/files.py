"""The files in Telegram's messages, in blocks of rich ones, and in paid media."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from bot.domain.messages import FilePart
from handlers.telegram import rich_inbound

# What a file is called and taken for where Telegram does not say; the message's number comes behind, so that two photos
# of one conversation can be told apart. The order matters: an animation comes as a document as well, a live photo as a
# photo.
FILES: Mapping[str, tuple[str, str]] = {
    "live_photo": ("live_photo.mp4", "video/mp4"),
    "photo": ("photo.jpg", "image/jpeg"),
    "animation": ("animation.mp4", "video/mp4"),
    "document": ("document", "application/octet-stream"),
    "voice": ("voice.ogg", "audio/ogg"),
    "voice_note": ("voice.ogg", "audio/ogg"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video_note.mp4", "video/mp4"),
}


def files(message: Mapping[str, Any]) -> Iterator[FilePart]:
    """The files of a message, or of what a reply points at."""
    if message.get("text"):
        return
    holders: Iterable[Mapping[str, Any]] = (message,)
    if (rich := message.get("rich_message")) is not None:
        holders = rich_inbound.nested(rich["blocks"])
    elif (paid := message.get("paid_media")) is not None:
        holders = paid.get("paid_media") or ()
    count = 0
    for holder in holders:
        mark = f"-{message['message_id']}" if "message_id" in message else ""
        if file := _file(holder, f"{mark}-{count + 1}" if count else mark):
            count += 1
            yield file


def _file(holder: Mapping[str, Any], mark: str) -> FilePart | None:
    """The file that stands in `holder`; `mark` comes behind a name that we give."""
    for kind, (name, media_type) in FILES.items():
        content = holder.get(kind)
        if kind == "live_photo" and content and content.get("photo"):
            # What a model can look at is its picture.
            kind, content, name, media_type = "photo", content["photo"], "photo.jpg", "image/jpeg"
        if content:
            # A photo is a list of its sizes.
            file = max(content, key=_area) if kind == "photo" else content
            name = file.get("file_name") or _marked(name, mark)
            media_type = file.get("mime_type") or media_type
            spoken = kind in ("voice", "voice_note")
            return FilePart(file["file_id"], name, media_type, file.get("file_size"), spoken=spoken)
    return None


def _area(size: Mapping[str, Any]) -> int:
    width, height = size.get("width"), size.get("height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _marked(name: str, mark: str) -> str:
    given = PurePosixPath(name)
    return f"{given.stem}{mark}{given.suffix}"
