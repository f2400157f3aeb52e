"""Put other bots into the same situations as this one, against the stand-ins, and print what became of people.

    python -m tests.bench.peers [NAME ...] [--cache build/peers] [--only PART | --tools]

Each peer is installed in an environment of its own, which needs `uv` or the Python that it asks for, and npm for some.
"""

import argparse
import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.bench.peers.installing import NotInstalled, installed
from tests.bench.peers.misbehaviours import ROWS as TOOL_ROWS
from tests.bench.peers.misbehaviours import misbehaving
from tests.bench.peers.peer import Peer
from tests.bench.peers.products import PEERS
from tests.bench.peers.scenarios import PARTS, ROWS, Cells
from tests.bench.peers.scene import NotAtWork, scene


async def visit(peer: Peer, cache: Path, only: str = "") -> Cells:
    """All situations, or those of one part, one after the other; what could not be brought about is missing."""
    root = await asyncio.to_thread(installed, peer, cache)
    cells: Cells = {}
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as directory:
        for part in PARTS:
            if only not in ("", part.__name__):
                continue
            opened = partial(scene, peer, root, Path(directory) / part.__name__)
            try:
                cells |= await part(opened)
            except NotAtWork as error:
                sys.stderr.write(f"{peer.title}, {part.__name__}: {error}\n")
            sys.stderr.write(f"{peer.title}: {cells}\n")
    return cells


async def visit_with_tools(peer: Peer, cache: Path) -> Cells:
    """Everything that a server of tools can do to it."""
    root = await asyncio.to_thread(installed, peer, cache)
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as directory:
        return await misbehaving(peer, root, Path(directory))


def table(head: str, columns: dict[str, Cells], rows: tuple[str, ...]) -> str:
    """In Markdown, a peer to a column; what was not measured is a dash."""
    lines = [f"| {head} | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    lines += [f"| {row} | " + " | ".join(cells.get(row, "—") for cells in columns.values()) + " |" for row in rows]
    return "\n".join(lines)


def main() -> int:
    """Read the options and run; status 1 where a peer could not be installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(PEERS), help="which of: " + ", ".join(PEERS))
    parser.add_argument("--cache", type=Path, default=Path("build/peers"), help="where they are installed")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", default="", choices=[part.__name__ for part in PARTS], help="one part of it")
    which.add_argument("--tools", action="store_true", help="what servers of tools do to them, instead")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PEERS):
        parser.error(f"no such peer: {', '.join(sorted(unknown))}")
    if not Path("/proc/self/stat").exists():
        sys.stderr.write("This reads /proc, which this system does not have.\n")
        return 2
    columns: dict[str, Cells] = {}
    for name in options.names:
        look = visit_with_tools if options.tools else partial(visit, only=options.only)
        try:
            columns[PEERS[name].title] = asyncio.run(look(PEERS[name], options.cache.resolve()))
        except NotInstalled as error:
            sys.stderr.write(f"{name} cannot be installed here: {error}\n")
    rows = TOOL_ROWS if options.tools else ROWS
    sys.stdout.write(table("what a server of tools does" if options.tools else "what happens", columns, rows) + "\n")
    return 0 if len(columns) == len(options.names) else 1


if __name__ == "__main__":
    sys.exit(main())
