"""Ports for gateways: free, and nobody but the test comes to have them before its gateway does, or between two of them.

The kernel hands out ports by itself, to every server of a test that asks for any and to whoever connects, thousands in
a run: one of those that was free a moment ago may be taken when a gateway starts.
"""

import random
import socket

_OURS = range(10_000, 32_000)
"""Below those that the kernel hands out: from 32,768 on Linux (`ip_local_port_range`), from 49,152 elsewhere."""

_CHANCE = random.SystemRandom()  # The other one begins anew with each test, in every process of a run.


def free_port() -> int:
    """A port that nobody listens on."""
    while True:
        port = _CHANCE.choice(_OURS)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
