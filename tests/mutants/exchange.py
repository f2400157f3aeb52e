"""Puts a changed source in the place of a loaded one: the functions that are there get the code of the new ones.

Who has imported a function, wrapped it or keeps it keeps it, so nothing has to be imported again. What runs on import
(constants, defaults, decorators) cannot be changed like this.
"""

import gc
from collections.abc import Collection, Iterator
from types import CodeType, FunctionType

Functions = list[FunctionType]


def functions_of(files: Collection[str]) -> dict[str, Functions]:
    """The functions that loaded files have made; none of those that `gc.freeze` has put away."""
    found: dict[str, Functions] = {file: [] for file in files}
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename in found:
            found[one.__code__.co_filename].append(one)
    return found


def holds(name: str, one: FunctionType) -> bool:
    """Whether a function has this qualified name, or was made in one that has it."""
    return f"{one.__code__.co_qualname}.".startswith(f"{name}.")


def exchange(functions: Functions, source: bytes, file: str, name: str) -> int:
    """Give the functions of this qualified name, and those made in them, their code in `source`; says how many.

    Raises:
        ValueError: The new code wants other variables from around it.
    """
    news = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(source, file, "exec"))}
    olds = [one for one in functions if holds(name, one)]
    for one in olds:
        one.__code__ = news[one.__code__.co_qualname, one.__code__.co_firstlineno]
    return len(olds)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _codes(inside)
