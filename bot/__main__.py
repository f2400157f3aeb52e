"""The command line: `python -m bot`, also installed as `parley`."""

import argparse
import asyncio
import gc
import sys
from pathlib import Path

from bot.errors import ParleyError


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say. Returns 0; 1: the doctor found something; 2: a mistake, said in one sentence."""
    parser = argparse.ArgumentParser(prog="parley", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the gateway until it is told to stop; without any token, the playground")
    playground = commands.add_parser("playground", help="open a local page with both platforms: no token, no key")
    playground.add_argument("--port", type=int, help="where the page is served (8642, or a free one)")
    commands.add_parser("demo", help="show it at work against local stand-ins, in under a minute")
    commands.add_parser("rotate-key", help="seal people's own keys with a new secret; while the gateway is stopped")
    commands.add_parser("doctor", help="look at tokens, rights, models, disk and clock; 1: something is wrong")
    backup = commands.add_parser("backup", help="write everything into one archive, while the gateway runs")
    backup.add_argument("target", nargs="?", type=Path, help="a new file or a directory (the present one)")
    restore = commands.add_parser("restore", help="put a backup into DATA_DIR, while the gateway is stopped")
    restore.add_argument("archive", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        match chosen.command:
            case "demo":
                _demo()
            case "playground":
                _playground(chosen.port)
            case "doctor":
                return asyncio.run(_examine())
            case "backup":
                _back_up(chosen.target)
            case "restore":
                _restore(chosen.archive)
            case "rotate-key":
                _rotate_key()
            case _:
                _run()
    except ParleyError as error:
        print(f"parley: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


# Imported only where it is used, so that a wrong word on the command line answers at once.


def _run() -> None:
    # Next to nothing of what is imported is garbage: looking for it took a tenth of the start.
    gc.disable()
    from bot import app
    from bot.settings import load_settings

    settings = load_settings()
    if settings.telegram_bot_token is None and settings.discord_bot_token is None:
        gc.enable()
        _playground(None)
    else:
        asyncio.run(app.main(settings))


def _playground(port: int | None) -> None:
    from bot.playground import playground
    from bot.settings import load_settings

    asyncio.run(playground.main(load_settings(), port))


def _rotate_key() -> None:
    from bot import app
    from bot.settings import load_settings

    count = asyncio.run(app.rotate_key(load_settings()))
    _say(f"Sealed anew: {count}. If you set SECRET_KEY_OLD, remove it now.")


async def _examine() -> int:
    from bot import app
    from bot.doctor import printed
    from bot.platform import Verdict
    from bot.settings import load_settings

    worst = 0
    async for finding in app.examine(load_settings()):
        _say(printed(finding))
        worst = max(worst, finding.verdict is Verdict.BAD)
    return int(worst)


def _back_up(target: Path | None) -> None:
    from bot import backup
    from bot.settings import load_settings

    report = backup.back_up(load_settings().data_dir, target)
    _say(f"{report.path}: {report.size_bytes:,} bytes, {report.files} files, checked.")
    if report.gone:
        _say(f"{report.gone} files were erased meanwhile and are not in it.")
    if report.damaged:
        _say(f"{report.damaged} files have changed on the disk since they were kept. Have the disk checked.")
    if report.has_secret:
        _say("It holds the secret that opens people's own keys: keep it as safe as DATA_DIR.")


def _restore(archive: Path) -> None:
    from bot import backup
    from bot.settings import load_settings

    data_dir = load_settings().data_dir
    report, aside = backup.restore(archive, data_dir)
    _say(f"{data_dir}: the database and {report.files} files are back.")
    if aside is not None:
        _say(f"What was there before lies in {aside}. Delete that when all is well.")
    if not report.has_secret:
        _say("The backup holds no secret: set SECRET_KEY to the one that was in use, or people's own keys stay sealed.")


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _demo() -> None:
    from bot import demo

    asyncio.run(demo.main())


if __name__ == "__main__":
    sys.exit(main())
