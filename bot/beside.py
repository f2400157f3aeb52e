"""Programs of ours that run beside the gateway, each in a process of its own: how they are started, and what they know.

They open what strangers sent, or speak with strangers' servers, so they are handed no key and no token.
"""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PASSED = ("PATH", "LANG", "TMPDIR", "VIRTUAL_ENV")


def command(start: str, *arguments: str) -> list[str]:
    """The command that runs these lines of Python: `-m` would first import what is needed to find a module."""
    # -S: what packages ask to run at every start (.pth files) is not needed, and half of what a start costs.
    return [sys.executable, "-S", "-c", start, *arguments]


def environment(*more: str, **own: str) -> dict[str, str]:
    """What a program needs to find its files; `more` is passed on where it is set, and `own` is for it alone."""
    return {
        **{name: os.environ[name] for name in (*_PASSED, *more) if name in os.environ},
        "PYTHONPATH": os.pathsep.join((str(_ROOT), *filter(None, sys.path))),
        **own,
    }
