"""Measure how right the local engine is: the share of characters that are wrong, by language and by kind of scan.

python -m tests.files.accuracy.scans
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.files.sandbox import Limits, Sandbox
from tests.files.test_reading import ENGLISH, FRENCH, GERMAN, SPANISH, by_engine
from tests.support import material

TEXTS = {"English": ENGLISH, "German": GERMAN, "French": FRENCH, "Spanish": SPANISH}
SCANS: dict[str, dict[str, Any]] = {
    "clean, 150 dpi": {"noise": 0.1},
    "noisy, 150 dpi": {"noise": 12},
    "noisy, 100 dpi": {"noise": 12, "dpi": 100},
    "upside down": {"noise": 12, "turned": 180},
    "on its side": {"noise": 12, "turned": 90},
    "askew by 3°": {"noise": 12, "turned": 3},
}

PATIENT = Limits(silence_s=900)
"""What is measured is how right it is: on a busy machine a page may take minutes."""


async def main() -> None:
    """Read every text in every kind of scan."""
    sys.stdout.write("| scan | " + " | ".join(TEXTS) + " |\n| --- |" + " ---: |" * len(TEXTS) + "\n")
    with tempfile.TemporaryDirectory() as directory:
        sandbox = Sandbox(PATIENT, 1, Path(directory) / "reading")
        for name, how in SCANS.items():
            scans = [material.scanned(text, size=13, **how) for text in TEXTS.values()]
            read = await by_engine(Path(directory), *scans, sandbox=sandbox)
            rates = [material.error_rate(got, text) for (got, _), text in zip(read, TEXTS.values(), strict=True)]
            sys.stdout.write(f"| {name} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
