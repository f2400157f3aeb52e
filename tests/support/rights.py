"""Laying down root's rights over other people's files, so that what files allow can be tested by root too."""

import contextlib
import ctypes
import os
from collections.abc import Iterator

import pytest

_VERSION_3 = 0x20080522
"""Of capget(2) and capset(2), with two words for each set."""
_OVERRIDE, _READ_SEARCH = 1 << 1, 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of capabilities(7)."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def lay_down() -> bool:
    """From now on this thread, and what it starts without exec, has no more rights than a file gives; False: it has."""
    return os.geteuid() != 0 or _change(taken=_OVERRIDE | _READ_SEARCH)


def _change(*, taken: int = 0, given: int = 0) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION_3, 0), (_Sets * 2)()
    if not hasattr(libc, "capset") or libc.capget(ctypes.byref(header), ctypes.byref(sets)) != 0:
        return False
    sets[0].effective = (sets[0].effective & ~taken) | (given & sets[0].permitted)
    return bool(libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0)


@contextlib.contextmanager
def laid_down() -> Iterator[None]:
    """The same for a while, in this thread."""
    if not lay_down():
        pytest.skip("root's rights cannot be laid down here")
    try:
        yield
    finally:
        if os.geteuid() == 0:
            _change(given=_OVERRIDE | _READ_SEARCH)
