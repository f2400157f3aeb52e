"""A stand-in for the engines that read aloud and hear, at the door of their process, strict about what it is asked."""

import json
import sys
from typing import Any

from bot.standins.speech import spoken

ENGINE = "import sys; from tests.support.speech_engine import main; sys.exit(main(sys.argv[1]))"
"""What starts it, in the place of the real one."""
HEARD = "What is the tallest mountain?"
FOREIGN, LONG, BROKEN, ENDLESS, DEADLY = (
    f"OggS{each}".encode() for each in ("foreign", "long", "broken", "endless", "x")
)
"""Recordings that end in another way; the last one takes the process with it."""


def main(work: str) -> int:
    """Do jobs until there are none."""
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        data = sys.stdin.buffer.read(asked.pop("bytes"))
        if asked or work not in ("read", "hear") or not data:
            return 3
        if data == DEADLY:
            return 4
        _read(data.decode()) if work == "read" else _hear(data)
    return 0


def _read(text: str) -> None:
    _tell({})
    _tell({}, spoken(text))
    _tell({}, ends=True)


def _hear(recording: bytes) -> None:
    if not recording.startswith(b"OggS"):
        raise ValueError("It is no voice message.")
    problems = {FOREIGN: "language", LONG: "long", BROKEN: "broken"}
    _tell({"done": 0.25})
    if recording == ENDLESS:
        sys.stdin.buffer.read()
    if recording in problems:
        _tell({"problem": problems[recording]}, ends=True)
        return
    _tell({"seconds": 3.0}, HEARD.encode())
    _tell({}, ends=True)


def _tell(what: dict[str, Any], data: bytes = b"", *, ends: bool = False) -> None:
    sys.stdout.buffer.write(json.dumps({**what, "bytes": len(data), "ends": ends}).encode() + b"\n" + data)
    sys.stdout.buffer.flush()
