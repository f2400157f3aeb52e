"""`python -m bot.standins.telegram [--port 0] [--limits]`: the stand-in as a separate process.

Prints one line of JSON, `{"url": ..., "token": ...}`, when it listens; ends on SIGTERM or SIGINT.
"""

import argparse
import asyncio
import signal
import sys

import orjson

from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.server import TelegramStandIn


async def serve(options: argparse.Namespace) -> None:
    """Run until a signal comes."""
    telegram = TelegramStandIn(limits=FloodLimits() if options.limits else None, call_log_size=options.call_log_size)
    bot = telegram.people.add_bot(options.token, has_topics_enabled=options.topics)
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    await telegram.start(options.port)
    try:
        sys.stdout.write(orjson.dumps({"url": telegram.url, "token": bot.token}).decode() + "\n")
        sys.stdout.flush()
        await done.wait()
    finally:
        await telegram.stop()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.standins.telegram")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=None, help="the token of the bot that is there at the start")
    parser.add_argument("--limits", action="store_true", help="hold Telegram's flood limits")
    parser.add_argument("--topics", action="store_true", help="private chats with topics")
    parser.add_argument("--call-log-size", type=int, default=10_000, help="how many calls to remember")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
