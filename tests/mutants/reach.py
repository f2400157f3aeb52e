"""Which lines of some sources a test runs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Lines = dict[str, set[int]]
"""By the file's path."""


@contextmanager
def reached(files: frozenset[str]) -> Iterator[Lines]:
    """What is run of these files meanwhile, in this process and in the threads that it starts."""
    lines: Lines = {file: set() for file in files}

    def enter(frame: FrameType, _event: str, _arg: Any) -> Any:
        seen = lines.get(frame.f_code.co_filename)
        if seen is None:
            return None
        seen.add(frame.f_lineno)

        def step(frame: FrameType, _event: str, _arg: Any) -> Any:
            seen.add(frame.f_lineno)
            return step

        return step

    threading.settrace(enter)
    sys.settrace(enter)
    try:
        yield lines
    finally:
        sys.settrace(None)
        threading.settrace(None)
