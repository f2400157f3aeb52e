"""aiogram's types are built when they are first used, and by nobody's luck."""

import json
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from handlers.telegram.library import building_put_off, settle

# In a process of its own: here the types are built by the time that other tests have used them.
IMPORTS = """
import json
from pydantic import BaseModel
plain = vars(BaseModel)["model_rebuild"]
import sys
from handlers.telegram import PLATFORM
assert "aiogram" not in sys.modules
PLATFORM.load()
from aiogram import types
models = [model for name in types.__all__ if hasattr(model := getattr(types, name), "model_rebuild")]
left = [model for model in models if not model.__pydantic_complete__]
update = types.Update.model_validate({"update_id": 1, "message": {"message_id": 2, "date": 3, "text": "x",
    "chat": {"id": 4, "type": "private"}, "from": {"id": 4, "is_bot": False, "first_name": "A"}}})
names = update.message.from_user.first_name
unbuildable = [model.__name__ for model in left if model.model_rebuild() is False]
restored = vars(BaseModel)["model_rebuild"] is plain
print(json.dumps([len(models), len(left), names, unbuildable, restored]))
"""


def test_no_type_is_built_by_the_import_and_each_can_be_afterwards() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    models, left, name, unbuildable, restored = json.loads(run.stdout)
    assert models > 400
    assert models - left < 10
    assert name == "A"
    assert not unbuildable
    assert restored


LIBRARY = "a_library_of_types"
SOURCE = """
from __future__ import annotations
from pydantic import BaseModel, ConfigDict

class Inner(BaseModel):
    model_config = ConfigDict(defer_build={defer})
    number: int

class Outer(BaseModel):
    model_config = ConfigDict(defer_build={defer})
    inner: Elsewhere
"""


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """Two types, one of which cannot know the other's name; whether they can be deferred is the parameter."""
    module = ModuleType(f"{LIBRARY}.types.all")
    sys.modules[module.__name__] = module
    exec(SOURCE.format(defer=getattr(request, "param", True)), vars(module))  # noqa: S102
    yield module
    del sys.modules[module.__name__]


def names(library: ModuleType) -> dict[str, Any]:
    return {"Elsewhere": library.Inner}


def test_a_type_that_is_put_off_is_built_when_it_is_first_used(library: ModuleType) -> None:
    with building_put_off(LIBRARY) as put_off:
        for cls in (library.Inner, library.Outer):
            cls.model_rebuild(_types_namespace=names(library))
    assert set(put_off) == {library.Inner, library.Outer}
    assert not library.Outer.__pydantic_complete__
    settle(put_off)
    assert not library.Inner.__pydantic_complete__
    assert library.Outer.model_validate({"inner": {"number": "7"}}).inner.number == 7


@pytest.mark.parametrize("options", [{"force": True}, {"raise_errors": False}, {}], ids=str)
def test_a_loop_of_another_shape_builds_at_once(library: ModuleType, options: dict[str, Any]) -> None:
    with building_put_off(LIBRARY) as put_off:
        if options:
            library.Outer.model_rebuild(_types_namespace=names(library), **options)
        library.Inner.model_rebuild()
    assert not put_off
    assert library.Inner.__pydantic_complete__
    assert library.Outer.__pydantic_complete__ is bool(options)


@pytest.mark.parametrize("library", [False], indirect=True)
def test_a_type_that_cannot_wait_is_built_at_once(library: ModuleType) -> None:
    with building_put_off(LIBRARY) as put_off:
        library.Outer.model_rebuild(_types_namespace=names(library))
    assert not put_off
    assert library.Outer.__pydantic_complete__


def test_types_of_others_are_built_as_ever() -> None:
    class Ours(BaseModel):
        model_config = ConfigDict(defer_build=True)
        number: int

    with building_put_off(LIBRARY) as put_off:
        Ours.model_rebuild(_types_namespace={"x": int})
    assert not put_off
    assert Ours.__pydantic_complete__


def test_where_what_was_noted_is_of_no_use_all_is_built_at_once(library: ModuleType) -> None:
    with building_put_off(LIBRARY) as put_off:
        for cls in (library.Inner, library.Outer):
            cls.model_rebuild(_types_namespace=names(library))
    for cls in put_off:  # As a pydantic that looks for the names elsewhere would find it.
        cls.__pydantic_parent_namespace__ = None
    settle(put_off)
    assert library.Inner.__pydantic_complete__
    assert library.Outer.__pydantic_complete__


def test_the_method_is_put_back_when_the_import_fails(library: ModuleType) -> None:
    plain = vars(BaseModel)["model_rebuild"]
    with pytest.raises(ImportError), building_put_off(LIBRARY):
        raise ImportError(library.__name__)
    assert vars(BaseModel)["model_rebuild"] is plain
