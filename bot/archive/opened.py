"""The content of a document in any form: JSON, a page, or a picture with a character card in it."""

import base64
import binascii
from typing import Any

from bot.archive import pngs
from bot.archive.jsons import parsed

_CARDS = ("ccv3", "chara")
"""The PNG keywords of character cards, the newer format first."""


def opened(data: bytes) -> Any:
    """The value of its JSON, the text of a page, or None. Raises ImportFault if it is broken or something else."""
    if data.startswith(pngs.SIGNATURE):
        return _card(data)
    if data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return data.decode("utf-8-sig", "replace")
    return parsed(data)


def _card(data: bytes) -> Any:
    found = pngs.texts(data)
    packed = next((found[name] for name in _CARDS if name in found), None)
    if packed is None:
        return None
    try:
        return parsed(base64.b64decode(packed, validate=False))
    except binascii.Error:
        return None
