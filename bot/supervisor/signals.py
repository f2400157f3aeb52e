"""What ends a gateway from outside: a signal, or the end of the process that started it."""

import asyncio
import os
import signal
import sys

import structlog

log = structlog.get_logger(__name__)


def end_on_signals(ending: asyncio.Event) -> None:
    """SIGTERM, SIGINT and the end of the terminal set `ending`; a second one ends the process at once.

    Nothing is lost by that: what is kept is kept, and the next start continues from there.
    """

    def ends(number: int) -> None:
        if ending.is_set():
            print("parley: stopped at once. Everything stored so far is kept.", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(128 + number)
        ending.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What `nohup` set is left alone.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, ends, number)


def end_with_stdin(ending: asyncio.Event) -> None:
    """Set `ending` when the other end of our standard input is closed, however that happened."""
    loop = asyncio.get_running_loop()

    def heard() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            ending.set()

    loop.add_reader(sys.stdin.fileno(), heard)
