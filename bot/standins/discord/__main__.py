"""`python -m bot.standins.discord [--port 0] [--no-limits]`: the stand-in as a separate process.

Prints one line of JSON, `{"url": ..., "api_url": ..., "gateway_url": ..., "token": ..., "application_id": ...}`, when
it listens; ends on SIGTERM or SIGINT.
"""

import argparse
import asyncio
import signal
import sys
from dataclasses import replace

import orjson

from bot.standins.discord.limits import Limits
from bot.standins.discord.server import TOKEN, DiscordStandIn


async def serve(options: argparse.Namespace) -> None:
    """Run until a signal comes."""
    limits = replace(Limits(), calls_kept=options.call_log_size)
    discord = DiscordStandIn(token=options.token, limits=limits, rate_limited=not options.no_limits)
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    await discord.start(options.port)
    try:
        known = {
            "url": discord.url,
            "api_url": discord.api_url,
            "gateway_url": discord.gateway_url,
            "token": discord.token,
            "application_id": str(discord.application_id),
        }
        sys.stdout.write(orjson.dumps(known).decode() + "\n")
        sys.stdout.flush()
        await done.wait()
    finally:
        await discord.stop()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.standins.discord")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the bot's token")
    parser.add_argument("--no-limits", action="store_true", help="hold no rate limits")
    parser.add_argument("--call-log-size", type=int, default=10_000, help="how many calls to remember")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
