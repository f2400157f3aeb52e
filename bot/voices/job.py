"""What a process that works on speech is made of."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Frame = tuple[Mapping[str, object], bytes]
"""What is told, and data with it."""
Job = Callable[[Mapping[str, Any], bytes], Iterator[Frame]]
"""What does a job, given its frame: what it tells as it goes on, the result last."""


class Problem(Exception):
    """Why nothing comes of a job, in a word."""
