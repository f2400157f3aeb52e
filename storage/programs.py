"""What a storage operation is: a program of statements that does no I/O itself.

It is a generator that yields statements and is sent their rows. Programs compose with `yield from` into one
transaction, and any driver can run them.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")

Statement = tuple[str, Sequence[object]]
"""SQL with `?` for each parameter, and the parameters. It means the same to every database."""

Rows = list[tuple[Any, ...]]

Asked = Callable[[Any], Generator[Any, Rows, Rows]]
"""What each database does with its own statements: given the driver's `Words`, the program that does it."""


@dataclass(frozen=True, slots=True)
class Together:
    """Programs that go side by side where that is cheaper: use `together`. It receives what each of them returns."""

    programs: Sequence[Generator[Any, Rows, Any]]


@dataclass(frozen=True, slots=True)
class ByItself:
    """What follows in a program goes by itself: use `by_itself`."""


Program = Generator[Statement | Asked | Together | ByItself, Rows, T]
"""Yields statements, receives all rows of each, returns its result."""


@overload
def together(one: Program[A], two: Program[B], /) -> Program[tuple[A, B]]: ...
@overload
def together(one: Program[A], two: Program[B], three: Program[C], /) -> Program[tuple[A, B, C]]: ...
@overload
def together(
    one: Program[A], two: Program[B], three: Program[C], four: Program[D], /
) -> Program[tuple[A, B, C, D]]: ...
@overload
def together(
    one: Program[A], two: Program[B], three: Program[C], four: Program[D], five: Program[E], /
) -> Program[tuple[A, B, C, D, E]]: ...
@overload
def together(
    one: Program[A], two: Program[B], three: Program[C], four: Program[D], five: Program[E], six: Program[F], /
) -> Program[tuple[A, B, C, D, E, F]]: ...
def together(*programs: Program[Any]) -> Program[tuple[Any, ...]]:
    """What several programs return, of which none changes what another reads: in whatever order they go on."""
    return tuple((yield from each(programs)))


def each(programs: Sequence[Program[T]]) -> Program[list[T]]:
    """`together`, of as many of a kind as there are."""
    ends: Any = yield Together(programs)
    return ends  # type: ignore[no-any-return]


def by_itself() -> Program[None]:
    """What follows may meet what programs beside this one do, and waits until they have ended: `Database.write_of`."""
    yield ByItself()
