"""A server that speaks S3, of another make: moto's, a process of its own, in which every bucket is kept in memory."""

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

_number = itertools.count(1)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of such a server."""
    with subprocess.Popen(
        (sys.executable, "-W", "ignore", "-m", "tests.support.bucket"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            # It ends with its input, so also where this process is killed.
            server.stdin.close()
            server.wait()


def new_bucket(root: str) -> dict[str, str]:
    """A bucket that has not been there: the settings that name it."""
    name = f"parley-{next(_number)}"
    with contextlib.closing(HTTPConnection(urlsplit(root).netloc)) as connection:
        connection.request("PUT", f"/{name}")
        assert connection.getresponse().status == 200
    return {
        "blobs_url": f"s3://{name}/of/parley",
        "aws_endpoint_url": root,
        "aws_access_key_id": "a key",
        "aws_secret_access_key": "its secret",
    }


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    _serve()
