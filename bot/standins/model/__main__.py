"""The server by itself: `python -m bot.standins.model`."""

import argparse
import asyncio
from collections.abc import Iterable

from bot.standins.model import ModelServer


async def serve(port: int) -> None:
    """Run until cancelled; the first line on standard output is the address."""
    server = ModelServer()
    await server.start(port)
    print(server.url, flush=True)  # noqa: T201  # the program that started this waits for the address
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()


def main(arguments: Iterable[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="A local stand-in for the vendors of models.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    port: int = parser.parse_args(list(arguments) if arguments is not None else None).port
    try:
        asyncio.run(serve(port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
