"""Measure whether recordings and films are told apart, and by their right names, beside ffmpeg.

python -m tests.files.accuracy.sounds
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.files.sound import is_film, sound_of
from tests.files.accuracy import ffmpeg
from tests.files.accuracy.samples import Package, with_endings
from tests.files.accuracy.subject import NoReference

PACKAGES = (Package("pypi", "mutagen", "1.48.1"),)
ENDINGS = (
    *(".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp4", ".m4a", ".3gp", ".webm"),
    *(".mkv", ".mka", ".wav", ".flac", ".aac", ".aif", ".aiff", ".amr", ".ogv"),
)
_CONTAINERS: Mapping[str, str] = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/aiff": "aiff",
    "audio/webm": "webm",
    "audio/x-matroska": "matroska",
    "audio/3gpp": "3gp",
    "audio/mp4": "mp4",
}
"""What ffmpeg calls what we tell a model that transcribes."""

_INPUT = re.compile(r"Input #0, ([\w,]+), from")
_FILM = re.compile(r"Stream #0.*: Video: (?!.*\(attached pic\))")
_SOUND = re.compile(r"Stream #0.*: Audio: ")


class Told(NamedTuple):
    """What a file is: to us, and to ffmpeg."""

    name: str
    ours: str
    theirs: str

    @property
    def alike(self) -> bool:
        """Whether both mean the same."""
        return self.ours == self.theirs or _CONTAINERS.get(self.ours, "?") in self.theirs.split(",")


def told(path: Path, name: str) -> Told | None:
    """A file; None where ffmpeg knows nothing of it."""
    try:
        text = ffmpeg.told(path)
    except NoReference:
        return None
    data = path.read_bytes()
    sound = sound_of(data)
    ours = sound[0] if sound is not None else "film" if is_film(data) else "neither"
    container = _INPUT.search(text)
    theirs = "film" if _FILM.search(text) else container[1] if container and _SOUND.search(text) else "neither"
    return Told(name, ours, theirs)


def samples() -> Iterator[tuple[Path, str]]:
    """Every recording, each content once."""
    known: set[bytes] = set()
    for package in PACKAGES:
        folder = package.fetched()
        for path in with_endings(folder, ENDINGS):
            if (data := path.read_bytes()) not in known:
                known.add(data)
                yield path, f"{package.name} {path.relative_to(folder / 'files')}"


def main() -> None:
    """Tell every sample apart."""
    found = [each for sample in samples() if (each := told(*sample)) is not None]
    alike = sum(each.alike for each in found)
    sys.stdout.write(f"Recordings and films told apart as ffmpeg does: {alike} of {len(found)}\n")
    for each in found:
        if not each.alike:
            sys.stdout.write(f"- {each.name}: {each.ours}; to ffmpeg {each.theirs}\n")


if __name__ == "__main__":
    main()
