"""The processes that share a database, for `parley doctor`: which live, what each has, and how much waits."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from bot.contracts.findings import Finding, bad, good, note
from bot.domain.counts import counted
from bot.domain.errors import DataDirError
from bot.supervisor.membership import BEAT_S, DEAD_S
from storage import overview, processes
from storage.processes import ProcessStatus

LOOKS_AGAIN_S = BEAT_S + 1.0
"""Within this, a process that lives has shown it again."""


async def examine_processes(url: str, *, files_in_directory: bool) -> AsyncIterator[Finding]:
    """What the processes at a database are doing. Yields nothing where it cannot be read: that is told elsewhere.

    `files_in_directory`: they keep people's files in a directory instead of a bucket.
    """
    from storage.drivers.postgres.inspection import read_beside

    try:
        before = await read_beside(url, processes.statuses())
        if not before:
            return
        await asyncio.sleep(LOOKS_AGAIN_S)
        after, counts = await read_beside(url, processes.statuses()), await read_beside(url, overview.counts())
    except DataDirError:
        return
    for finding in judged(before, after):
        yield finding
    if files_in_directory:
        for finding in scattered(after):
            yield finding
    waiting = counted(counts.open_turns["queued"], "question")
    yield good(f"Together they have {waiting} waiting, and {counted(counts.outbox, 'page')} to send.")


def scattered(seen: Sequence[ProcessStatus]) -> Iterator[Finding]:
    """The finding about files in a directory, where the processes are on several machines."""
    machines = sorted({one.process.label.rpartition("/")[0] for one in seen})
    if len(machines) > 1:
        yield note(
            f"The processes run on several machines ({', '.join(machines)}), and keep files in DATA_DIR.",
            "Have all of them mount the same directory there, or set BLOBS_URL: else one lacks the files of another.",
        )


def judged(before: Sequence[ProcessStatus], after: Sequence[ProcessStatus]) -> Iterator[Finding]:
    """The findings about each process, as it was seen twice, `LOOKS_AGAIN_S` apart."""
    beats = {one.process.name: one.process.beat for one in before}
    for one in after:
        process = one.process
        if beats.get(process.name) == process.beat:
            yield bad(
                f"Process {process.label} has shown no sign of life for {LOOKS_AGAIN_S:.0f} s.",
                f"Look whether it hangs. After {DEAD_S:.0f} s the others go on with what it was doing.",
            )
            continue
        has = f"it keeps {counted(one.chats, 'chat')} and is at {counted(one.turns, 'answer')}"
        alone = f"; it alone does {', '.join(one.leases)}" if one.leases else ""
        if process.leaving:
            yield note(f"Process {process.label} is ending: {has}{alone}.", "Nothing: the others take over from it.")
        else:
            yield good(f"Process {process.label} lives: {has}{alone}.")
