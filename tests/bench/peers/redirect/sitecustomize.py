"""Loaded by the Python of a peer that has no setting for where Telegram is: requests go to the stand-in instead.

What would listen on every address listens on the loopback alone. Nothing else of the peer or its libraries is changed.
`TELEGRAM_STAND_IN` is the stand-in's root.
"""

import os
import socket
from typing import Any

import httpx

_TELEGRAM = "api.telegram.org"
_STAND_IN = httpx.URL(os.environ["TELEGRAM_STAND_IN"])
_send = httpx.AsyncHTTPTransport.handle_async_request
_bind = socket.socket.bind


async def _redirected(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
    if request.url.host == _TELEGRAM:
        where = {"scheme": _STAND_IN.scheme, "host": _STAND_IN.host, "port": _STAND_IN.port}
        request.url = request.url.copy_with(**where)
    return await _send(self, request)


def _bound(self: Any, address: Any) -> None:
    if isinstance(address, tuple) and address[0] == "0.0.0.0":  # noqa: S104  # that is what must not be
        address = ("127.0.0.1", *address[1:])
    _bind(self, address)


httpx.AsyncHTTPTransport.handle_async_request = _redirected  # type: ignore[method-assign]
socket.socket.bind = _bound  # type: ignore[method-assign]
