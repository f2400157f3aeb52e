"""A pytest plugin: imports one module from another text than its file has. Two variables name them."""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType

FILE, TEXT = "PARLEY_MUTANT_FILE", "PARLEY_MUTANT_TEXT"
"""Variables of the environment: the module's file, and the file with its other text."""


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        return compile(Path(os.environ[TEXT]).read_bytes(), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin != os.environ[FILE]:
            return None
        spec.loader = _Loader(fullname, spec.origin)
        return spec


def pytest_load_initial_conftests() -> None:
    """Before anything of ours is imported."""
    sys.meta_path.insert(0, _Finder())
