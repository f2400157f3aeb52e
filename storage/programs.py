"""What a storage operation is: a program of statements that does no I/O itself.

It is a generator that yields statements and is sent their rows. Programs compose with `yield from` into one
transaction, and any driver can run them.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

Statement = tuple[str, Sequence[object]]
"""SQL with `?` for each parameter, and the parameters. It means the same to every database."""

Rows = list[tuple[Any, ...]]

Asked = Callable[[Any], Generator[Any, Rows, Rows]]
"""What each database does with its own statements: given the driver's `Words`, the program that does it."""

Program = Generator[Statement | Asked, Rows, T]
"""Yields statements, receives all rows of each, returns its result."""
