"""Files inside messages: how the Bot API describes a photo, document or voice message."""

import struct

from bot.standins.telegram.model import File, Json

PNG = b"\x89PNG\r\n\x1a\n"


def photo(file: File) -> Json:
    """`{"photo": [...]}` with a thumbnail and the picture; both give the same bytes."""
    width, height = _size_of(file.data)
    scale = min(1.0, 90 / max(width, height))
    whole = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "width": width,
        "height": height,
        "file_size": len(file.data),
    }
    small = {
        **whole,
        "file_unique_id": file.unique_id + "s",
        "width": max(1, int(width * scale)),
        "height": max(1, int(height * scale)),
    }
    return {"photo": [small, whole]}


def document(file: File) -> Json:
    """`{"document": {...}}`."""
    return {
        "document": {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_name": file.name,
            "mime_type": file.media_type,
            "file_size": len(file.data),
        }
    }


def voice(file: File, duration_s: int) -> Json:
    """`{"voice": {...}}`."""
    return {
        "voice": {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "duration": duration_s,
            "mime_type": file.media_type,
            "file_size": len(file.data),
        }
    }


def _size_of(data: bytes) -> tuple[int, int]:
    """Width and height as a PNG says; for anything else a usual size."""
    if data.startswith(PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return max(1, width), max(1, height)
    return 1280, 960
