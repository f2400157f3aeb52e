"""aiogram, imported without building a validator for each of its types.

At the end of its import aiogram has pydantic build all 440 types of the Bot API: two seconds of CPU and 110 MB, for
the dozen that stand below an `Update`. They are declared so that each can be built when it is first used; all they
lack is where to look up each other's names, which that last loop hands them. So while the import runs, the loop's
calls only note the names down, in the place where pydantic looks when it builds a type by itself.

Whatever does not look like that loop goes through as it is, and where what was noted is of no use, all is built at
once: with another aiogram the import is the plain one.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

PutOff = dict[type[BaseModel], Mapping[str, Any]]
"""The types that are not built yet, each with the names that its building needs."""


def import_aiogram() -> None:
    """Import aiogram, unless somebody has; to be called before anything of it is named."""
    if "aiogram" in sys.modules:
        return
    with building_put_off("aiogram.types.") as put_off:
        importlib.import_module("aiogram")
    settle(put_off)


@contextmanager
def building_put_off(package: str) -> Iterator[PutOff]:
    """Meanwhile the types below `package` note their names instead of being built.

    For imports at a program's start: what another thread builds with pydantic at that moment passes here too.
    """
    plain = vars(BaseModel)["model_rebuild"]
    put_off: PutOff = {}

    def rebuild(cls: type[BaseModel], /, **options: Any) -> bool | None:
        names = options.get("_types_namespace")
        deferrable = cls.__module__.startswith(package) and cls.model_config.get("defer_build")
        if not deferrable or not names or len(options) > 1:
            built: bool | None = plain.__get__(None, cls)(**options)
            return built
        put_off[cls] = cls.__pydantic_parent_namespace__ = names
        return None

    BaseModel.model_rebuild = classmethod(rebuild)  # type: ignore[assignment,method-assign]
    try:
        yield put_off
    finally:
        BaseModel.model_rebuild = plain  # type: ignore[method-assign]


def settle(put_off: PutOff) -> None:
    """Prove on one type that needs others that it can be built by itself; where it cannot, build all of them."""
    needy = next((cls for cls in put_off if not cls.__pydantic_fields_complete__), None)
    if needy is not None and not _builds_itself(needy):
        for cls, names in put_off.items():
            cls.model_rebuild(force=True, _types_namespace=dict(names))


def _builds_itself(cls: type[BaseModel]) -> bool:
    try:
        return cls.model_rebuild(raise_errors=False) is not False
    except PydanticUserError:
        return False


def build(cls: type[BaseModel]) -> None:
    """Build what reads `cls`, where that was put off, so that the first use does not wait for it. Takes 0.1 s."""
    cls.model_rebuild()
