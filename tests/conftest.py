"""For every test: nothing is timed (a busy machine must not fail what is right; `make bench` measures), and aiogram is
whole.

The gateway imports aiogram without building its types (`handlers.telegram.library`) and needs few of them; the clients
that tests play people's bots with use all. Who imports it first decides for the process, which would be chance here.
Gateways in processes of their own have it as it is for everybody.
"""

import signal
from collections.abc import Iterator

import aiogram  # noqa: F401  # Before anything of ours.
import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def hears_hangup() -> Iterator[None]:
    """Processes that the test starts hear the end of a terminal, also where the suite itself runs under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
