"""People talk on both platforms while their gateway is moved from SQLite to PostgreSQL and three processes.

    python -m tests.crash.move [--seed 1] [--people 5] [--talk 20]

It goes as docs/operating.md tells an operator: the gateway is told to end, in the middle of what people say; a backup
is made, and the data are moved, by the program's own commands; three processes start. What people say meanwhile waits
at the platforms. Status 1 where something is lost, doubled without a mark, or does not add up.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from tests.crash.soak.outcome import Outcome
from tests.crash.soak.soak import People, staged
from tests.support.postgres import running


async def move(directory: Path, url: str, seed: int, people: int, talk_s: float) -> tuple[Outcome, float]:
    """What came of it, and how long the gateway was silent, in seconds."""
    silent_s = 0.0
    (directory / ".env").touch()

    async def parley(*command: str) -> None:
        where = ("--env-file", str(directory / ".env"), "--data-dir", str(directory / "data"))
        program = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", *command, *where)
        if await program.wait():
            raise SystemExit(f"parley {command[0]} ended with status {program.returncode}")

    async def moved() -> None:
        nonlocal silent_s
        began_s = time.monotonic()
        await parley("backup", str(directory / "before.tar.gz"))
        (directory / ".env").write_text(f"DATABASE_URL={url}\n")
        await parley("move", "sqlite-to-postgres")
        silent_s = time.monotonic() - began_s

    async with AsyncExitStack() as stack:
        it = await staged(stack, directory, seed, People(people))
        return await it.move({"database_url": url}, moved, talk_s), silent_s


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.move", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=5, help="on each platform")
    parser.add_argument("--talk", type=float, default=20.0, help="seconds before, and as long after it")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="move-")))
        url = stack.enter_context(stack.enter_context(running(directory)).database())
        it, silent_s = asyncio.run(move(directory, url, options.seed, options.people, options.talk))
    sys.stdout.write(
        f"{it.said} messages, of those left as they were: {it.answered} answered once, {it.apologies} apologies; "
        f"{it.marked} answers came again and said so; {silent_s:.1f} s for the backup and the move\n"
    )
    for trouble in it.troubles:
        sys.stdout.write(f"✗ {trouble.kind.value}: {trouble.story}\n")
    return 1 if it.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
