"""The command line of `parley`."""

import argparse
from functools import partial
from importlib.metadata import version
from pathlib import Path

_EPILOG = """\
Without a bot's token, `parley run` opens the playground: a local page on which everything can be tried.
Settings come from the environment, `.env` and `parley.toml`: of the present directory if it holds one of them, else of
the checkout, or of ~/.config/parley where Parley is installed. `parley COMMAND --help` says more of a command.
"""


def command_line() -> argparse.ArgumentParser:
    """The commands with their options, as `--help` shows them."""
    places = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    _add_places(places)
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Parley puts AI conversations into Telegram and Discord.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"parley {version('parley')}")
    _add_places(parser)
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    add = partial(commands.add_parser, parents=[places])
    run = add("run", help="run the gateway until it is stopped; without any token, the playground")
    run.add_argument("--no-playground", action="store_true", help="without any token, say so and exit with 2")
    # The playground's child process: it ends when its parent does, however that ends, and removes this directory.
    run.add_argument("--playground-room", type=Path, help=argparse.SUPPRESS)
    playground = add("playground", help="open a local page with both platforms: no token, no key")
    playground.add_argument("--port", type=int, help="port of the page (default: 8642, or a free one)")
    add("demo", help="show the gateway at work in the terminal, against local stand-ins")
    add("doctor", help="examine tokens, rights, models, disk and clock; exits with 1 if something is wrong")
    backup = add("backup", help="write everything into one archive, while the gateway runs")
    backup.add_argument("target", nargs="?", type=Path, help="a new file or a directory (default: the current one)")
    backup.add_argument("--sealed", action="store_true", help="ask for a passphrase and encrypt the archive with it")
    backup.add_argument("--without-settings", action="store_true", help="leave out .env and parley.toml")
    restore = add("restore", help="restore a backup into DATA_DIR, while the gateway is stopped")
    restore.add_argument("archive", type=Path)
    restore.add_argument("--without-settings", action="store_true", help="restore the data alone")
    for each in (backup, restore):
        each.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase")
    migrate = add("migrate", help="bring the database's schema up to date, as every start does")
    migrate.add_argument("--dry-run", action="store_true", help="print the statements that it would take; do nothing")
    move = commands.add_parser("move", help="take the data or the files elsewhere, while the gateway is stopped")
    ways = move.add_subparsers(dest="way", metavar="WHAT", required=True)
    to = partial(ways.add_parser, parents=[places])
    to(
        "sqlite-to-postgres",
        help="take SQLite's data over into the empty database of DATABASE_URL, while it is stopped",
    )
    to("files-to-bucket", help="take every file over into the bucket of BLOBS_URL, while it is stopped")
    changes = add("changes", help="show what admins have changed on their page")
    changes.add_argument("--undo", action="store_true", help="show it, and undo it, while the gateway is stopped")
    add("rotate-key", help="encrypt people's own keys with a new secret, while the gateway is stopped")
    return parser


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="read this file; parley.toml lies beside it")
    parser.add_argument("--data-dir", type=Path, metavar="DIRECTORY", help="keep everything there (DATA_DIR)")
