"""Libraries that read a kind of file beside us: installed into the cache folder, never into the project."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.files.accuracy.samples import CACHE
from tests.files.accuracy.subject import NoReference

_INSTALLING = threading.Lock()


def installed(package: str) -> Path:
    """The folder of a package such as "python-pptx==1.0.2" and of all that it needs."""
    folder = CACHE / f"library-{package}"
    with _INSTALLING:
        if not folder.exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), package]
            subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
    return folder


def pages_by(script: str, path: Path, package: str) -> list[str]:
    """What a script prints as JSON of a sample, with a package such as "python-pptx==1.0.2". Raises `NoReference`."""
    folder = installed(package)
    done = subprocess.run(
        [sys.executable, "-c", script, str(path.absolute())],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise NoReference
    pages: list[str] = json.loads(done.stdout)
    return pages
