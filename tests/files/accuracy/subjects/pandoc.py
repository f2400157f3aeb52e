"""Pandoc as the independent reader: of texts that it knows."""

import subprocess
from pathlib import Path

from tests.files.accuracy.subject import NoReference


def plain(path: Path, form: str, *options: str) -> list[str]:
    """A document as pandoc writes it. Raises `NoReference`."""
    command = ["pandoc", "--from", form, "--to", "plain", "--wrap=none", *options, str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=True, cwd="/")
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoReference from error
    return [done.stdout.decode(errors="replace")]
