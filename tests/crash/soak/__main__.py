"""The program: see the package."""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.crash.soak import __doc__ as about
from tests.crash.soak.blows import STANDS_STILL_S
from tests.crash.soak.soak import People, soak
from tests.support.postgres import running


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.soak", description=(about or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="blows of any kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=5, help="on each platform")
    parser.add_argument("--listeners", type=int, default=10, help="on each platform, who only hear broadcasts")
    parser.add_argument("--processes", type=int, default=1, help="more than one: on PostgreSQL")
    parser.add_argument("--still", type=float, default=STANDS_STILL_S, help="seconds for which one stands still")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as directory, ExitStack() as stack:
        url = ""
        if options.processes > 1:
            server = stack.enter_context(running(Path(directory)))
            url = stack.enter_context(server.database())
        it = asyncio.run(
            soak(
                options.kills,
                options.seed,
                People(options.people, options.listeners),
                Path(directory),
                database_url=url,
                processes=options.processes,
                stands_still_s=options.still,
            )
        )
    sys.stdout.write(
        f"Seed {options.seed}, processes: {options.processes}, people on each platform: {options.people}, "
        f"{time.monotonic() - began:.0f} s\n\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in it.report())
    return 1 if it.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
