"""Sending files, and giving them back."""

from typing import Any

from bot.standins.telegram import media
from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import ApiError, bad_request
from bot.standins.telegram.keyboard import checked_keyboard
from bot.standins.telegram.methods_messages import apply_edit, caption_of, own_message, target_of
from bot.standins.telegram.model import Chat, File, Json
from bot.standins.telegram.params import Upload
from bot.standins.telegram.parse_modes import parsed
from bot.standins.telegram.text import CAPTION_LIMIT, checked, units

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
ALBUM = range(2, 11)


def send_document(context: Context) -> Json:
    """A file of any type."""
    file = _file(context, context.params.values.get("document"), "document")
    return _send(context, media.document(file), "documents")


def send_photo(context: Context) -> Json:
    """A picture."""
    file = _file(context, context.params.values.get("photo"), "photo")
    return _send(context, media.photo(file), "photos")


def send_voice(context: Context) -> Json:
    """A voice message."""
    file = _file(context, context.params.values.get("voice"), "voice")
    return _send(context, media.voice(file, context.params.integer("duration") or 0), "voice_notes")


def send_media_group(context: Context) -> list[Json]:
    """2 to 10 photos, or 2 to 10 documents, as one album."""
    chat = context.chat()
    items = context.params.listing("media") or []
    if len(items) not in ALBUM:
        raise bad_request("media group must include 2-10 items" if items else "there are no messages to send")
    kinds = {item.get("type") for item in items}
    if not kinds <= {"photo", "document"} or len(kinds) > 1:
        raise bad_request("MEDIA_GROUPED_INVALID")
    contents = [_album_item(context, item) for item in items]
    album = context.world.serial()
    target = target_of(context, chat, f"{kinds.pop()}s")
    posted = [context.world.post(chat, context.bot, album=album, **content, **target) for content in contents]
    return [chat.message_to_api(message) for message in posted]


def edit_message_media(context: Context) -> Json:
    """A picture or a document takes the place of a text or a file, with caption and buttons anew."""
    chat = context.chat()
    message = own_message(context, chat)
    if "voice" in message.media:
        raise bad_request("message can't be edited")
    content = _input_media(context, context.params.mapping("media") or {})
    keyboard = checked_keyboard(context.params.mapping("reply_markup"))
    return apply_edit(context, chat, message, {**content, "rich": None, "keyboard": keyboard})


def _input_media(context: Context, item: Json) -> Json:
    if item.get("type") not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: Unsupported InputMedia type")
    return _album_item(context, item)


def _album_item(context: Context, item: Json) -> Json:
    kind = item["type"]
    file = _file(context, item.get("media"), kind)
    caption, entities = item.get("caption") or "", item.get("caption_entities")
    if caption and (mode := item.get("parse_mode")):
        caption, entities = parsed(caption, mode)
    caption, entities = checked(caption, entities)
    if units(caption) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    described = media.photo(file) if kind == "photo" else media.document(file)
    return {"media": described, "text": caption, "entities": entities}


def _send(context: Context, described: Json, kind: str) -> Json:
    chat: Chat = context.chat()
    caption, entities = caption_of(context)
    target = target_of(context, chat, kind)
    message = context.world.post(chat, context.bot, media=described, text=caption, entities=entities, **target)
    return chat.message_to_api(message)


def _file(context: Context, value: Any, kind: str) -> File:
    """The file that a parameter names: an upload by its part, or an id from before."""
    uploads = context.params.files
    if isinstance(value, str) and value.startswith("attach://"):
        upload = uploads.get(value.removeprefix("attach://"))
    else:
        upload = uploads.get(kind)
    if upload is not None:
        return _keep(context, upload, kind)
    if not value:
        raise bad_request(f"there is no {kind} in the request")
    known = context.world.files.get(str(value))
    if known is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return known


def _keep(context: Context, upload: Upload, kind: str) -> File:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo" and len(upload.data) > MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(upload.data)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    return context.world.add_file(upload.name, upload.media_type, upload.data)


def get_file(context: Context) -> Json:
    """Where to download a file; nothing above 20 MB."""
    file = context.world.files.get(context.params.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
        "file_path": file.path,
    }
