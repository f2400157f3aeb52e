"""Fingerprints of platform identities: they tell whether somebody is known again, and of nobody who it is."""

import hashlib

from bot.domain.people import Identity
from storage.programs import Program


def of(identity: Identity) -> Program[str]:
    """A salted hash of who somebody is on a platform."""
    salt = yield ("SELECT value FROM salt", ())
    return hashlib.sha256(f"{salt[0][0]}/{identity.platform}/{identity.user_id}".encode()).hexdigest()
