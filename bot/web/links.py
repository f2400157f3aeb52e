"""Expiring links to kept files: anyone who has one has the file, and nobody can forge one.

A link names an attachment and its expiry, signed with the gateway's own key.
"""

import hmac
from hashlib import sha256

from bot.domain.clock import Clock
from bot.domain.ids import AttachmentId

LINK_S = 3600
"""How long a link is valid."""

PATH = "/files/"


class FileLinks:
    """Makes links and checks them."""

    def __init__(self, root: str, secret: bytes, clock: Clock) -> None:
        """`root` is where people reach the gateway, e.g. "https://bot.example.org"."""
        self._root = root.rstrip("/")
        self._key = hmac.digest(secret, b"links to files", "sha256")
        self._clock = clock

    def make(self, attachment: AttachmentId) -> str:
        """A link that is valid for an hour."""
        until = self._clock.now() // 1000 + LINK_S
        return f"{self._root}{PATH}{attachment}/{until}/{self._sign(attachment, until)}"

    def check(self, attachment: str, until: str, signature: str) -> AttachmentId | None:
        """Whose link this is; None if it is forged or expired."""
        if not all(given.isascii() and given.isdecimal() and len(given) < 19 for given in (attachment, until)):
            return None
        number = AttachmentId(int(attachment))
        good = hmac.compare_digest(self._sign(number, int(until)), signature)
        return number if good and int(until) * 1000 > self._clock.now() else None

    def _sign(self, attachment: AttachmentId, until: int) -> str:
        return hmac.new(self._key, f"{attachment}/{until}".encode(), sha256).hexdigest()[:32]
