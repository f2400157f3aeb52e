"""The command line: `python -m bot`, also installed as `parley`."""

import argparse
import asyncio
import sys

from bot.errors import ParleyError


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say. Returns 0, or 2 after one sentence about what is wrong and how to mend it."""
    parser = argparse.ArgumentParser(prog="parley", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the gateway until it is told to stop")
    commands.add_parser("demo", help="show it at work against local stand-ins, in under a minute")
    chosen = parser.parse_args(arguments).command
    try:
        _demo() if chosen == "demo" else _run()
    except ParleyError as error:
        print(f"parley: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _run() -> None:
    # Imported here so that a wrong word on the command line answers at once.
    from bot import app
    from bot.settings import load_settings

    asyncio.run(app.main(load_settings()))


def _demo() -> None:
    from bot import demo

    asyncio.run(demo.main())


if __name__ == "__main__":
    sys.exit(main())
