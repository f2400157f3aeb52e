"""Puts a changed source in the place of a loaded one: the functions that are there get the code of the new ones.

Who has imported a function, wrapped it or keeps it keeps it, so nothing has to be imported again. What runs on import
(constants, defaults, decorators) cannot be changed like this.
"""

import gc
from collections.abc import Iterator
from types import CodeType, FunctionType

Functions = list[FunctionType]


def functions_of(file: str) -> Functions:
    """The functions that a loaded file has made."""
    return [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == file]


def exchange(functions: Functions, source: bytes, file: str, name: str) -> int:
    """Give the functions of this qualified name, and those made in them, their code in `source`; says how many.

    Raises:
        ValueError: The new code wants other variables from around it.
    """
    news = {(code.co_qualname, code.co_firstlineno): code for code in _codes(compile(source, file, "exec"))}
    done = 0
    for one in functions:
        old = one.__code__
        if f"{old.co_qualname}.".startswith(f"{name}."):
            one.__code__ = news[old.co_qualname, old.co_firstlineno]
            done += 1
    return done


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _codes(inside)
