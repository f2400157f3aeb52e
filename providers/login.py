"""A user and password in an operator's address, for a server that is kept behind basic authentication."""

import aiohttp
from yarl import URL


def split_login(address: str) -> tuple[str, str]:
    """An address without its user and password, and the Authorization header's value for them, "" without any.

    Not every client takes both an address with a user and a key's header: aiohttp refuses the two together.
    """
    url = URL(address)
    if url.user is None:
        return address, ""
    return str(url.with_user(None)), aiohttp.encode_basic_auth(url.user, url.password or "")
