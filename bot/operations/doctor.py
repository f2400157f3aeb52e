"""`parley doctor`: everything that can be checked before someone notices that it is wrong, each with its fix.

Nothing is changed. Each check is a function that yields findings.
"""

import asyncio
import shutil
import stat
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.contracts.abilities import Examinable
from bot.contracts.bots import Bots
from bot.contracts.findings import Finding, Verdict, bad, good, note
from bot.contracts.platform import Platform
from bot.domain.errors import DataDirError, FilesUnavailable, ParleyError, SettingsError
from bot.in_force import InForce
from bot.operations.doctor_models import Models, examine_models
from bot.settings import Settings
from bot.texts import zones
from bot.vault import FILE as SECRET
from bot.watching.watch import LARGEST_SKEW_S, LEAST_FREE_BYTES, beginning
from storage.datadir import DATABASE_FILE, lock_data_dir
from storage.drivers.sqlite import inspection

if TYPE_CHECKING:
    from storage.blobs.bucket import BucketBlobs

FEW_FREE_BYTES = 2_000_000_000

_MARKS = {Verdict.GOOD: "✓", Verdict.NOTE: "•", Verdict.BAD: "✗"}


@dataclass(frozen=True, slots=True)
class Outside:
    """What is checked beyond this machine."""

    data_dir: Path
    bots: Bots
    models: Models


def printed(finding: Finding) -> str:
    """A finding as one or two lines for a terminal."""
    cure = f"\n  → {finding.cure}" if finding.cure else ""
    return f"{_MARKS[finding.verdict]} {finding.what}{cure}"


def examine_machine(data_dir: Path, skew_s: float | None, *, in_file: bool = True) -> Iterator[Finding]:
    """What everything else stands on. `skew_s`: how far this machine's clock is ahead; None if nobody told."""
    yield from examine_data(data_dir, in_file=in_file)
    if skew_s is not None:
        yield examine_clock(skew_s)
    yield good(f"Time zones follow the rules of {zones.rules()}.")


async def examine_outside(outside: Outside) -> AsyncIterator[Finding]:
    """Platforms, without which no model would be asked, and then the models."""
    at_work = _is_at_work(outside.data_dir)
    if at_work:
        yield good("A gateway is running on this data.")
    for name, platform in outside.bots.labelled():
        async for finding in _examine_platform(name, platform, at_work=at_work):
            yield finding
    async for finding in examine_models(outside.models):
        yield finding


async def examine_at_work(in_force: InForce, bots: Bots) -> AsyncIterator[Finding]:
    """What can be looked at from inside a gateway at work, without asking any model or reading the whole database."""
    ahead = [bot.condition().ahead_s for bot in bots]
    skew_s = next((seconds for seconds in ahead if seconds is not None), None)
    settings = in_force.settings
    for finding in await asyncio.to_thread(lambda: list(examine_machine(settings.data_dir, skew_s, in_file=False))):
        yield finding
    for finding in examine_changes(settings):
        yield finding
    for name, platform in bots.labelled():
        if bots.is_open(platform):
            async for finding in _examined(beginning(name), platform, at_work=True):
                yield finding
        else:
            yield bad(f"{beginning(name)} is not connected.", bots.trouble_of(platform) or platform.condition().why)


# The machine


def examine_data(data_dir: Path, *, in_file: bool = True) -> Iterator[Finding]:
    """The disk, the rights of files, the database if it is one of them."""
    free = shutil.disk_usage(next(path for path in (data_dir, *data_dir.parents) if path.exists())).free
    words = f"{free / 1e9:.1f} GB are free on the disk of {data_dir}."
    if free < LEAST_FREE_BYTES:
        yield bad(words, "Make room, or move DATA_DIR to another disk: a full one stops every answer.")
    elif free < FEW_FREE_BYTES:
        yield note(words, "Make room soon; FILE_DAYS and FILE_QUOTA_MB say how much is kept.")
    else:
        yield good(words)
    database = data_dir / DATABASE_FILE
    if not in_file:
        yield from _examine_rights(data_dir)
        return
    if not database.exists():
        yield good("There is no database yet; the gateway makes it when it first starts.")
        return
    yield from _examine_rights(data_dir)
    if (trouble := inspection.find_trouble(database)) is not None:
        yield bad(trouble.what, trouble.cure)
    else:
        yield good("The database is intact, and this program can use it.")


def examine_changes(settings: Settings) -> Iterator[Finding]:
    """What admins have changed on the page, which counts before the operator's own settings."""
    if settings.origin.changed:
        yield good(f"Changed on the admin page: {', '.join(settings.origin.changed)}.")


async def examine_server(url: str) -> Finding:
    """The database on a PostgreSQL server."""
    from storage.drivers.postgres.inspection import find_trouble

    if (trouble := await find_trouble(url)) is not None:
        what, _, cure = trouble.partition(". ")
        return bad(f"{what}.", cure)
    return good("The database on PostgreSQL is reached, and this program can use it.")


async def examine_bucket(bucket: "BucketBlobs") -> Finding:
    """The bucket that holds the files."""
    try:
        await bucket.look()
    except FilesUnavailable as error:
        what, _, cure = str(error).partition(". ")
        return bad(f"{what}.", cure)
    return good("Files can be put into the bucket of BLOBS_URL, read and removed.")


def examine_secrets(files: Iterable[Path]) -> Iterator[Finding]:
    """`files`: those of the settings with a secret that other users can read."""
    for path in files:
        yield bad(
            f"Other users of this machine can read {path}, which holds tokens or keys.",
            f"chmod 600 {path}; it has to belong to the gateway's user.",
        )


def _examine_rights(data_dir: Path) -> Iterator[Finding]:
    private = (data_dir, data_dir / DATABASE_FILE, data_dir / SECRET, data_dir / "files")
    open_ones = [path for path in private if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in open_ones:
        mode = "700" if path.is_dir() else "600"
        yield bad(f"Other users of this machine can read {path}.", f"chmod {mode} {path}")
    if not open_ones:
        yield good("Only the gateway's user can read its data.")


def examine_clock(skew_s: float) -> Finding:
    """Whether this machine's clock is right."""
    if abs(skew_s) > LARGEST_SKEW_S:
        direction = "ahead" if skew_s > 0 else "behind"
        return bad(f"The clock of this machine is {abs(skew_s):.0f} s {direction}.", "Synchronise it with NTP.")
    return good("The clock is right.")


def _is_at_work(data_dir: Path) -> bool:
    if not data_dir.exists():
        return False
    try:
        with lock_data_dir(data_dir):
            return False
    except DataDirError:
        return True


# Platforms and models


async def _examine_platform(name: str, platform: Platform, *, at_work: bool) -> AsyncIterator[Finding]:
    shown = beginning(name)
    try:
        await platform.open()
    except ParleyError as error:
        yield _failed(shown, error)
        return
    async for finding in _examined(shown, platform, at_work=at_work):
        yield finding


async def _examined(name: str, platform: Platform, *, at_work: bool) -> AsyncIterator[Finding]:
    """What is found out about a bot that is open."""
    shown = f"{name}, {platform.shown_name}"
    if not isinstance(platform, Examinable):
        return
    try:
        async for finding in platform.examine(at_work=at_work):
            yield replace(finding, what=f"{shown}: {finding.what}")
    except ParleyError as error:
        yield _failed(shown, error)


def _failed(shown: str, error: ParleyError) -> Finding:
    if isinstance(error, SettingsError):
        what, _, cure = str(error).partition(". ")
        return bad(f"{shown}: {what}.", cure)
    cure = "Look at the network of this machine, and at the proxy if it needs one; then run `parley doctor` again."
    return bad(f"{shown} cannot be reached ({error}).", cure)
