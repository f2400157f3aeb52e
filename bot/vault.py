"""People's own keys, encrypted: the database alone is not enough to use them.

Sealed is AES-256-GCM, bound to what the key belongs to, so that a sealed key moved to another row opens nowhere. The
secret is `SECRET_KEY`, or made once and kept beside the database, readable by its owner only. A second, older secret
still opens what it sealed until `parley rotate-key` has re-encrypted it.

The library takes 6 MB: it is imported when the first person brings a key.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import DataDirError, PersonError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE = "secret.key"
_NONCE_BYTES = 12
_SALT = b"parley vault 1"
"""The same everywhere: the derived key must be the same at each start, and precomputed tables are of no use."""


class Vault:
    """Seals and opens. `keys` are 32 bytes each, the present one first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_name_of(key): key for key in keys}
        self._present = _name_of(keys[0])

    def seal(self, text: str, bound_to: str) -> str:
        """The text so that only `open` with the same `bound_to` gives it back."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = _cipher(self._keys[self._present]).encrypt(nonce, text.encode(), bound_to.encode())
        return f"{self._present}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, bound_to: str) -> str:
        """The reverse. Raises PersonError if the secret or the row is not the one it was sealed for."""
        from cryptography.exceptions import InvalidTag

        name, _, data = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(data)
            text = _cipher(self._keys[name]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode())
            return text.decode()
        except (KeyError, ValueError, InvalidTag) as error:
            raise PersonError(
                "Your key can no longer be decrypted. Remove the endpoint with `/endpoint` and add it again."
            ) from error


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"name of " + key).hexdigest()[:8]


def derived(secret: str) -> bytes:
    """A key from the words of a setting."""
    return hashlib.scrypt(secret.encode(), salt=_SALT, dklen=32, n=2**14, r=8, p=1)


def keys_of(directory: Path, secrets_set: Sequence[str]) -> list[bytes]:
    """The keys to use: those of the settings, else those of the file in `directory`, which is created if missing.

    Raises:
        DataDirError: the file cannot be read, or holds something else.
    """
    return [derived(secret) for secret in secrets_set] if secrets_set else _kept(directory / FILE)


def _kept(path: Path) -> list[bytes]:
    try:
        if not path.exists():
            write_keys(path, [secrets.token_bytes(32)])
        keys = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]
    except OSError as error:
        why = f"{str(path)!r} cannot be read ({error.strerror})."
        raise DataDirError(f"{why} Let the user that runs Parley own it.") from error
    except ValueError as error:
        raise DataDirError(f"{str(path)!r} is not a readable key file. Restore it from a backup.") from error
    if not keys or any(len(key) != 32 for key in keys):
        raise DataDirError(f"{str(path)!r} holds no complete key. Restore it from a backup.")
    return keys


def write_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Keep keys, the present one first; a crash leaves either the old file or the new one."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{key.hex()}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
