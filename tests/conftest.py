"""For every test: nothing is timed (a busy machine must not fail what is right; `make bench` measures), and aiogram is
imported as the gateway does it.

That builds none of its types until they are used (`handlers.telegram.library`): all of them take five seconds of each
worker. Who imports it first decides for the process, which would be chance here.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from handlers.telegram.library import import_aiogram
from tests.support.certificates import read_once

read_once()

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test imports it; who only hands tests out needs none of it."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        import_aiogram()


_TOGETHER = ("test_bucket", "litellm", "hostile_input/test_doubling.py", "standins/test_telegram", "test_one_place")
"""In the names of tests of which one worker runs all: a server of buckets, importing litellm, copying the code,
building all types of aiogram's and reading every module of ours take seconds each."""


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # It has no types.
    """Hands tests out one by one, but those of `_TOGETHER`; xdist's own groups (3.8) need a pytest before 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return next((words for words in _TOGETHER if words in nodeid), nodeid)


_LONG = ("setup/", "crash/test_soak", "playground/", "scenario/test_isolation", "crash/test_walk")
"""In the names of tests that take many seconds: begun last, one of them would run while all other workers rest."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, once the order of all is drawn."""
    items.sort(key=lambda item: not any(words in item.nodeid for words in _LONG))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: walking through it again and again took a tenth of the CPU."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How tests are handed out to workers."""
    return _Together(config, log)


@pytest.fixture
def hears_hangup() -> Iterator[None]:
    """Processes that the test starts hear the end of a terminal and Ctrl-C, also where the suite is behind a shell."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """The PostgreSQL server of this run: gives the URL of a new database with the schema of today."""
    # Most workers need none of it.
    from storage.drivers.postgres.driver import open_driver
    from tests.support.postgres import running

    base = tmp_path_factory.getbasetemp()
    with running(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as server:
        name = f"parley_template_{os.getpid()}"
        server.run(f"CREATE DATABASE {name} TEMPLATE template0")

        async def migrate() -> None:
            await (await open_driver(server.url_of(name))).close()

        # The test that is the first to need it may have a loop in this thread.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(migrate())).result()
        yield partial(server.database, name)
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from tests.support.bucket import running

    with running() as root:
        yield root


@pytest.fixture
def bucket(bucket_server: str) -> dict[str, str]:
    """A new bucket: the settings that name it."""
    from tests.support.bucket import new_bucket

    return new_bucket(bucket_server)


@pytest.fixture
def postgres_url(postgres_server: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A new database with the schema of today."""
    with postgres_server() as url:
        yield url
