"""The public certificates, read once per process and by all that are forked from it.

aiogram reads all of them anew for each client, 50 ms of CPU.
"""

import ssl
from functools import cache
from typing import Any

import certifi

_new_context = ssl.create_default_context


@cache
def _public_context() -> ssl.SSLContext:
    return _new_context(cafile=certifi.where())


def _context(*args: Any, **options: Any) -> ssl.SSLContext:
    return _public_context() if not args and options == {"cafile": certifi.where()} else _new_context(*args, **options)


def read_once() -> None:
    """Read them now; who asks for them from now on gets these."""
    _public_context()
    ssl.create_default_context = _context
