"""The command line: `python -m bot`, also installed as `parley`."""

import argparse
import asyncio
import sys

from bot.errors import ParleyError


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say. Returns 0, or 2 after one sentence about what is wrong and how to mend it."""
    parser = argparse.ArgumentParser(prog="parley", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the gateway until it is told to stop; without any token, the playground")
    playground = commands.add_parser("playground", help="open a local page with both platforms: no token, no key")
    playground.add_argument("--port", type=int, help="where the page is served (8642, or a free one)")
    commands.add_parser("demo", help="show it at work against local stand-ins, in under a minute")
    commands.add_parser("rotate-key", help="seal people's own keys with a new secret; while the gateway is stopped")
    chosen = parser.parse_args(arguments)
    try:
        match chosen.command:
            case "demo":
                _demo()
            case "playground":
                _playground(chosen.port)
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
    from bot import app
    from bot.settings import load_settings

    settings = load_settings()
    if settings.telegram_bot_token is None and settings.discord_bot_token is None:
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
    print(f"Sealed anew: {count}. If you set SECRET_KEY_OLD, remove it now.")  # noqa: T201


def _demo() -> None:
    from bot import demo

    asyncio.run(demo.main())


if __name__ == "__main__":
    sys.exit(main())
