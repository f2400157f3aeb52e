"""An index of packages on this machine, in which it is later: whatever the locks name has a newer release beside it.

A stand-in for a locked release has its name, version and metadata (taken from what is installed here) and no code, so
that installing all of them takes seconds and no network.
"""

import base64
import hashlib
import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name

LOCKED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<marker>(?: ; [^\\\n]*)?) \\\n", re.MULTILINE
)
LATER = "9999.0"
REAL = ("setuptools",)
"""What sets Parley itself up is not played."""


class PackageIndex:
    """Files by project, as PEP 503 has them."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytes]] = {}

    def add(self, name: str, version: str, wheel: bytes) -> str:
        """Offer a release; gives its SHA-256."""
        file = f"{_escaped(name)}-{version}-py3-none-any.whl"
        self._files.setdefault(str(canonicalize_name(name)), {})[file] = wheel
        return hashlib.sha256(wheel).hexdigest()

    def add_locked(self, lock: str) -> str:
        """Offer every release of a lock and a later one of each; gives the lock that names the offered files."""
        lines = []
        for found in LOCKED.finditer(lock):
            name, version = found["name"], found["version"]
            needs = _needs(name)
            wheel = _packed(distribution(name)) if name in REAL else _wheel(name, version, needs)
            self.add(name, LATER, _wheel(name, LATER, [*needs, "Requires-Dist: nobody-has-this>=1"]))
            lines.append(f"{name}=={version}{found['marker']} --hash=sha256:{self.add(name, version, wheel)}\n")
        return "".join(lines)

    def answer(self, path: str) -> bytes | None:
        """A page of the index, or a file."""
        match path.strip("/").split("/"):
            case ["simple", project]:
                return "".join(
                    f'<a href="/files/{project}/{file}">{file}</a>\n' for file in self._files.get(project, {})
                ).encode()
            case ["files", project, file]:
                return self._files.get(project, {}).get(file)
        return None


@contextmanager
def served(index: PackageIndex) -> Iterator[dict[str, str]]:
    """Serve the index to this machine; gives the environment in which pip knows no other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = index.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html" if self.path.startswith("/simple") else "application/zip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not re.match(r"PIP_|MAKE|.*_proxy$", name, re.IGNORECASE)
        }
        try:
            yield kept | {
                "PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/simple",
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_CACHE_DIR": "1",
                # Whatever has to be built is built with what is newest on that day.
                "PIP_ONLY_BINARY": ":all:",
            }
        finally:
            server.shutdown()
            thread.join()


def locked_releases(lock: str) -> frozenset[tuple[str, str]]:
    """The names and versions of a lock: some have one for each Python."""
    return frozenset((str(canonicalize_name(found["name"])), found["version"]) for found in LOCKED.finditer(lock))


def _needs(name: str) -> list[str]:
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return []  # For another machine than this one.
    kept = ("Requires-Dist", "Provides-Extra")
    return [f"{key}: {value}" for key in kept for value in metadata.get_all(key) or ()]


def _wheel(name: str, version: str, needs: list[str]) -> bytes:
    metadata = "\n".join(("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *needs, ""))
    kind = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    directory = f"{_escaped(name)}-{version}.dist-info"
    return _zipped(directory, {f"{directory}/METADATA": metadata.encode(), f"{directory}/WHEEL": kind.encode()})


def _packed(installed: Distribution) -> bytes:
    """The wheel that something installed was unpacked from."""
    directory = f"{_escaped(installed.name)}-{installed.version}.dist-info"
    left_out = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    names = [
        name for name in map(str, installed.files or ()) if not name.startswith("..") and "__pycache__" not in name
    ]
    kept = [name for name in names if Path(name).name not in left_out]
    return _zipped(directory, {name: Path(str(installed.locate_file(name))).read_bytes() for name in kept})


def _zipped(directory: str, files: Mapping[str, bytes]) -> bytes:
    record = ""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(content)}\n"
        archive.writestr(zipfile.ZipInfo(f"{directory}/RECORD"), record + f"{directory}/RECORD,,\n")
    return held.getvalue()


def _escaped(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
