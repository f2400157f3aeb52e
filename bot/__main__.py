"""The program: `python -m bot`, also installed as `parley`."""

import argparse
import asyncio
import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.counts import counted
from bot.domain.errors import DatabaseAway, ParleyError, SettingsError, StorageError
from bot.operations.command_line import command_line

if TYPE_CHECKING:
    from bot.operations.backup_archive import Report
    from bot.settings import Settings
    from storage.blobs.bucket import BucketBlobs


@dataclass(frozen=True, slots=True)
class Where:
    """Where the command line says the settings and the data are."""

    env_file: Path | None
    data_dir: Path | None


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say. Returns the program's status.

    0; 1: the doctor found something, or what may pass keeps it from running; 2: a mistake. The last two are said in one
    sentence.
    """
    parser = command_line()
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        parser.print_help()
        return 0
    try:
        return _do(chosen, Where(chosen.env_file, chosen.data_dir))
    except ParleyError as error:
        print(f"parley: {error}", file=sys.stderr)  # noqa: T201
        return 1 if isinstance(error, StorageError | DatabaseAway) else 2


def _do(chosen: argparse.Namespace, where: Where) -> int:
    match chosen.command:
        case "demo":
            _demo()
        case "playground":
            _playground(where, chosen.port)
        case "doctor":
            return asyncio.run(_examine(where))
        case "backup":
            _back_up(where, chosen)
        case "restore":
            _restore(where, chosen)
        case "migrate":
            asyncio.run(_migrate(where, dry_run=chosen.dry_run))
        case "move":
            _move(where, chosen.way)
        case "changes":
            _changes(where, are_undone=chosen.undo)
        case "rotate-key":
            _rotate_key(where)
        case _:
            _run(where, may_play=not chosen.no_playground, room=chosen.playground_room)
    return 0


# Imported only where it is used, so that a wrong word on the command line answers at once.


def _settings(where: Where) -> "Settings":
    from bot.settings import load_settings

    return load_settings(env_file=where.env_file, data_dir=where.data_dir)


def _run(where: Where, *, may_play: bool, room: Path | None) -> None:
    # Next to nothing of what is imported is garbage: looking for it took a tenth of the start.
    gc.disable()
    from bot import app
    from bot.operations.started import why_no_bot

    settings = _settings(where)
    if room is not None:
        from bot.playground.apart import apart

        settings = apart(settings)
    if not any(settings.bots()):
        if not may_play:
            raise SettingsError(why_no_bot(settings))
        gc.enable()
        _say(f"{why_no_bot(settings)}\n")
        _playground(where, None)
    else:
        asyncio.run(app.main(settings, room))


def _playground(where: Where, port: int | None) -> None:
    from bot.playground import playground

    asyncio.run(playground.main(_settings(where), port))


async def _migrate(where: Where, *, dry_run: bool) -> None:
    from bot.operations import migrating

    settings = _settings(where)
    outlook = await (migrating.outlook(settings) if dry_run else migrating.migrate(settings))
    if not outlook.missing:
        _say(f"The database has schema {outlook.before}, which is today's: there is nothing to do.")
        return
    newest = outlook.missing[-1].number
    if not dry_run:
        _say(f"The database was brought from schema {outlook.before} to {newest}.")
        return
    for step in outlook.missing:
        _say(f"-- {step.name}\n{step.sql.rstrip()}\n")
    _say(f"-- This would bring the database from schema {outlook.before} to {newest}. Nothing was done.")


def _move(where: Where, way: str) -> None:
    from bot.operations.moving import move_to_bucket, move_to_postgres

    settings = _settings(where)
    if way == "files-to-bucket":
        moved = asyncio.run(move_to_bucket(settings))
        _say(
            f"In {settings.blobs_url}, read back and compared: {counted(moved.files, 'file')} with "
            f"{counted(moved.size_bytes, 'byte')}. {settings.data_dir / 'files'} is no longer used: keep it until "
            "everything works."
        )
        if moved.damaged or moved.missing:
            _say(
                f"Changed on the disk since they were stored: {moved.damaged} of them; missing there: {moved.missing} "
                "more. Have the disk checked."
            )
        return
    counts = asyncio.run(move_to_postgres(settings))
    for table, count in counts.items():
        _say(f"{table}: {count:,}")
    _say(
        f"Taken over and compared: {counted(sum(counts.values()), 'row')}. From now on run Parley with DATABASE_URL "
        f"and the same DATA_DIR, which holds the files. {settings.data_dir / 'parley.db'} is no longer used: keep it "
        "until everything works."
    )


def _changes(where: Where, *, are_undone: bool) -> None:
    from bot.operations.changing import changes, undo

    text = asyncio.run((undo if are_undone else changes)(_settings(where)))
    _say(text.rstrip() or "Nothing is changed on the admin page.")
    if text and are_undone:
        _say("This is undone: what your own files say holds.")


def _rotate_key(where: Where) -> None:
    from bot.operations.keys import rotate_key

    count = asyncio.run(rotate_key(_settings(where)))
    _say(f"Re-encrypted {counted(count, 'key')}. If you set SECRET_KEY_OLD, remove it now.")


async def _examine(where: Where) -> int:
    from bot.contracts.findings import Verdict
    from bot.operations.doctor import printed
    from bot.operations.examination import examine

    worst = 0
    async for finding in examine(_settings(where)):
        _say(printed(finding))
        worst = max(worst, finding.verdict is Verdict.BAD)
    return int(worst)


def _back_up(where: Where, chosen: argparse.Namespace) -> None:
    from bot.operations import backup

    settings = _settings(where)
    places = {} if chosen.without_settings else _settings_files(settings)
    passphrase = _passphrase(chosen.passphrase_file, settings, ask=chosen.sealed, twice=True)
    url = settings.database_address()
    report = backup.back_up(
        settings.data_dir, chosen.target, url=url, bucket=_bucket(settings), passphrase=passphrase, settings=places
    )
    _say(f"{report.path}: {counted(report.size_bytes, 'byte')}, {counted(report.files, 'file')}, checked.")
    if report.gone:
        _say(f"Erased in the meantime, so not in it: {counted(report.gone, 'file')}.")
    if report.damaged:
        _say(f"Changed on the disk since it was stored: {counted(report.damaged, 'file')}. Have the disk checked.")
    _say_what_is_secret(report, is_sealed=passphrase is not None)
    if settings.origin.environment and not chosen.without_settings:
        names = ", ".join(settings.origin.environment)
        _say(f"Not in it, because the environment sets them and no file does: {names}. Keep those yourself.")


def _say_what_is_secret(report: "Report", *, is_sealed: bool) -> None:
    if is_sealed:
        _say(
            "It is encrypted: without the passphrase no one can read it, not even you. Keep the passphrase "
            "elsewhere, too."
        )
    held = [f"the tokens and keys in {' and '.join(report.settings)}"] if report.settings else []
    held += ["the secret that opens people's own keys"] if report.has_secret else []
    if held and not is_sealed:
        _say(f"It holds {' and '.join(held)}, for anyone who can read the file: keep it safe, or add --sealed.")


def _restore(where: Where, chosen: argparse.Namespace) -> None:
    from bot.operations.backup_archive import needs_passphrase
    from bot.operations.restoring import restore

    settings = _settings(where)
    sealed = needs_passphrase(chosen.archive)
    passphrase = _passphrase(chosen.passphrase_file, settings, ask=sealed, twice=False)
    places = {} if chosen.without_settings else _settings_files(settings)
    url = settings.database_address()
    back = restore(
        chosen.archive, settings.data_dir, url=url, bucket=_bucket(settings), passphrase=passphrase, settings=places
    )
    _say(f"{settings.data_dir}: the database and {counted(back.report.files, 'file')} are restored.")
    if back.aside is not None:
        _say(f"The previous data was moved to {back.aside}. Delete it once everything works.")
    for path in back.settings:
        _say(f"{path} is restored.")
    for path in back.beside:
        name = path.name.partition(".from-backup")[0]
        _say(f"{name} is different here, and was kept. The backup's version is {path}: compare them.")
    if not back.report.has_secret:
        _say("The backup holds no secret: set SECRET_KEY to the one that was in use, or people's own keys stay sealed.")
    if back.settings:
        _say_where_data_are(where, settings.data_dir)


def _say_where_data_are(where: Where, data_dir: Path) -> None:
    """The settings that came back may name another directory, and the next start would find nothing there."""
    try:
        named = _settings(where).data_dir
    except SettingsError as error:
        _say(f"The settings that came back do not fit this machine yet: {error}")
        return
    if named.resolve() != data_dir.resolve():
        _say(f"They name another DATA_DIR, {named}: change that line to {data_dir}, or move the data there.")


def _bucket(settings: "Settings") -> "BucketBlobs | None":
    """The bucket that holds the files; None if the data directory does."""
    if settings.blobs_url is None:
        return None
    from bot.outside import Routes, open_bucket

    return open_bucket(settings, Routes.of(settings, os.environ))


def _settings_files(settings: "Settings") -> dict[str, Path]:
    from bot.operations.backup import settings_files

    origin = settings.origin
    return settings_files(origin.home, origin.files) if origin.home is not None else {}


def _passphrase(file: Path | None, settings: "Settings", *, ask: bool, twice: bool) -> str | None:
    """That of the file, of BACKUP_PASSPHRASE, or what is typed if `ask` says so. None: there is none."""
    if file is not None:
        return _passphrase_in(file)
    if settings.backup_passphrase is not None:
        return settings.backup_passphrase.get_secret_value()
    if not ask:
        return None
    if not sys.stdin.isatty():
        raise SettingsError(
            "There is no terminal to type a passphrase into. Use --passphrase-file, or set BACKUP_PASSPHRASE."
        )
    from getpass import getpass

    typed = getpass("Passphrase: ")
    if not typed or (twice and getpass("Again: ") != typed):
        raise SettingsError("The passphrase was empty, or the two did not match. Nothing was done: try again.")
    return typed


def _passphrase_in(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--passphrase-file names {str(file)!r}, which cannot be read as text.") from error
    if not lines or not lines[0]:
        raise SettingsError(f"{str(file)!r} has an empty first line: put the passphrase there.")
    return lines[0]


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _demo() -> None:
    from bot.playground import demo

    asyncio.run(demo.main())


if __name__ == "__main__":
    sys.exit(main())
