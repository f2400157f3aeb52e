"""A file encrypted with a passphrase: written and read as a stream, so its size does not matter for memory.

    "parley sealed 1\\n" · 16 bytes of salt · block · block · …

The key is derived from passphrase and salt by scrypt, so each file has its own. A block is a mebibyte (the last
may be shorter) under AES-256-GCM, bound to the head; its nonce is its number and whether it is the last one, as in
Rogaway's STREAM: blocks that were changed, moved, repeated or cut off at the end do not open.
"""

import io
import secrets
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.domain.errors import DataDirError

MAGIC = b"parley sealed 1\n"
_SALT_BYTES = 16
_BLOCK = 1 << 20
_TAG_BYTES = 16
_WRONG = "The passphrase is wrong, or the beginning of the backup is damaged."
_DAMAGED = "The backup is damaged or incomplete. Use another one."


def is_sealed(start: bytes) -> bool:
    """Whether a file that begins like this is encrypted."""
    return start.startswith(MAGIC)


class Sealer(io.RawIOBase):
    """Encrypts what is written to it; the underlying file is complete once this is closed, and stays open."""

    def __init__(self, below: IO[bytes], passphrase: str) -> None:
        self._below = below
        self._head = MAGIC + secrets.token_bytes(_SALT_BYTES)
        self._cipher = _cipher(passphrase, self._head)
        self._waiting = bytearray()
        self._number = 0
        below.write(self._head)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Accept all of it."""
        view = memoryview(data).cast("B")
        self._waiting += view
        # One block is held back: only closing says which is the last.
        while len(self._waiting) > _BLOCK:
            self._put(bytes(self._waiting[:_BLOCK]), is_last=False)
            del self._waiting[:_BLOCK]
        return len(view)

    def close(self) -> None:
        """Write the last block."""
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
            super().close()

    def _put(self, block: bytes, *, is_last: bool) -> None:
        self._below.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), block, self._head))
        self._number += 1


class Opener(io.RawIOBase):
    """Reads what was encrypted, each block only once it is verified.

    Raises:
        DataDirError: on reading: the passphrase is wrong, or the file was changed.
    """

    def __init__(self, below: IO[bytes], passphrase: str) -> None:
        self._below = below
        self._head = below.read(len(MAGIC) + _SALT_BYTES)
        self._cipher = _cipher(passphrase, self._head)
        self._next = below.read(_BLOCK + _TAG_BYTES)
        self._plain = memoryview(b"")
        self._number = 0
        self._is_done = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as one block goes; 0 at the end."""
        if not self._plain and not self._is_done:
            self._plain = memoryview(self._opened())
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._plain))
        target[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _opened(self) -> bytes:
        sealed, self._next = self._next, self._below.read(_BLOCK + _TAG_BYTES)
        self._is_done = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, is_last=self._is_done), sealed, self._head)
        except InvalidTag as error:
            raise DataDirError(_DAMAGED if self._number else _WRONG) from error
        self._number += 1
        return plain


def _cipher(passphrase: str, head: bytes) -> AESGCM:
    # 64 MiB and a fifth of a second per guess, which even the smallest machine has.
    return AESGCM(Scrypt(salt=head[len(MAGIC) :], length=32, n=2**16, r=8, p=1).derive(passphrase.encode()))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
