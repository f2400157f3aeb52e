"""The connections to one endpoint over aiohttp, which both platforms' clients bring along, and what is read of them."""

import asyncio

import aiohttp

from bot.contracts.provider import Endpoint
from bot.domain.clock import Clock
from bot.domain.provider_errors import ProviderError, ProviderUnreachable, StreamBroken
from providers import Connect
from providers.answer import Answer
from providers.guard import guarded_connector
from providers.patience import Patience
from providers.refusals import Refusal, shown_address

LONGEST_REFUSAL = 64 * 1024
"""How much of a refusal is read, in bytes."""
LONGEST_LIST = 4 * 1024 * 1024
"""How much of a list of models, or of a recording, is read, in bytes."""
LONGEST_HEADER = 64 * 1024
"""In bytes. Behind some gateways a cookie or a policy is longer than the 8,190 that aiohttp takes by itself."""
LONGEST_PAUSE_S = 0.025
SHORTEST_PAUSE_S = 0.005
PAUSED_PART = 0.2
"""Once there are words, reading rests for this part of the time since the first of them, between these limits: tokens
are read several at a time. People see a preview a second, so that to wake up for each would show them nothing, and made
most of an answer's CPU. A short answer is read as it comes, and the end of a long one comes at most a pause later."""
END_S = 0.05
"""How long to wait for the end of the HTTP body after the last event: only then can the connection be used again."""


class Connection:
    """One endpoint with one key, whatever is said there."""

    def __init__(
        self, endpoint: Endpoint, headers: dict[str, str], clock: Clock, connector: Connect | None = None
    ) -> None:
        """`headers` go with each request; a header whose value is "" does not."""
        self._endpoint = endpoint
        self._headers = {name: value for name, value in headers.items() if value}
        self._clock = clock
        self._connector = guarded_connector if endpoint.guarded else connector or _plain_connector
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self, address: str, body: bytes, patience: Patience, *, streams: bool = True
    ) -> aiohttp.ClientResponse | Refusal:
        """The response to a question, once its headers have come; or how it was refused.

        Raises:
            ProviderError: none came.
        """
        try:
            async with patience.wait() if streams else patience.wait_whole():
                response = await self._open().post(address, data=body, allow_redirects=False)
                if 200 <= response.status < 300:
                    return response
                return await self._refusal(response)
        except TimeoutError:
            raise patience.spent() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreached(error) from error

    async def whole(
        self,
        method: str,
        address: str,
        patience: Patience,
        sent: aiohttp.FormData | bytes | None = None,
        *,
        longest: int = LONGEST_LIST,
        slow: bool = False,
    ) -> bytes:
        """The body of an answer that does not stream, up to `longest` bytes of it.

        `sent`: a form, or JSON. `slow`: it takes a model as long as an answer does.

        Raises:
            ProviderError: the class says what happened.
        """
        body = sent() if isinstance(sent, aiohttp.FormData) else sent
        # The session's own content type is that of JSON; a form brings another.
        headers = {"Content-Type": body.headers["Content-Type"]} if isinstance(body, aiohttp.Payload) else None
        try:
            async with patience.wait_whole() if slow else patience.wait():
                response = await self._open().request(
                    method, address, data=body, headers=headers, allow_redirects=False
                )
                if not 200 <= response.status < 300:
                    raise self.error(await self._refusal(response))
                return await _whole(response, longest)
        except TimeoutError:
            raise patience.spent() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreached(error) from error

    def error(self, refusal: Refusal) -> ProviderError:
        """The error for a refusal of this endpoint."""
        return refusal.error(self._endpoint.name, self._endpoint.api_key)

    async def close(self) -> None:
        """Release every connection."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            usual = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "Parley"}
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                headers=usual | self._headers,
                max_line_size=LONGEST_HEADER,
                max_field_size=LONGEST_HEADER,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            )
        return self._session

    def _unreached(self, error: Exception) -> ProviderError:
        if isinstance(error, aiohttp.ClientResponseError):
            # Such as an encoding that was not asked for.
            return StreamBroken(f"{self._endpoint.name!r} returned an unreadable answer: {error.message}")
        return ProviderUnreachable(f"{self._endpoint.name!r} cannot be reached: {error}")

    async def _refusal(self, response: aiohttp.ClientResponse) -> Refusal:
        try:
            words = b""
            while len(words) < LONGEST_REFUSAL and (more := await response.content.readany()):
                words += more
        finally:
            response.close()
        said, asked = words.decode(errors="replace"), shown_address(str(response.url))
        return Refusal.of(response.status, said, response.headers, self._clock.now(), asked)


class Body:
    """The bytes of a response, read in time."""

    def __init__(self, response: aiohttp.ClientResponse, patience: Patience, answer: Answer) -> None:
        self._response = response
        self._patience = patience
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._began_at: float | None = None
        """When there were words, on the loop's clock; None before the first."""

    async def read(self) -> bytes:
        """More bytes, or nothing at the end; an end that should not be is told to the answer."""
        try:
            async with self._patience.wait():
                await self._rest()
                data = await self._response.content.readany()
        except TimeoutError:
            self._answer.break_off(self._patience.spent())
            return b""
        except (aiohttp.ClientError, OSError) as error:
            broken = StreamBroken(f"The connection broke: {error}")
            broken.__cause__ = error
            self._answer.break_off(broken)
            return b""
        if data:
            # Comments come while a model has not begun: signs of life, though none of the answer.
            self._patience.begun()
        return data

    async def _rest(self) -> None:
        """Let some more of the answer come before it is read."""
        if not self._answer.begun:
            return
        now = self._loop.time()
        self._began_at = self._began_at or now
        pause_s = min(LONGEST_PAUSE_S, PAUSED_PART * (now - self._began_at))
        connection = self._response.connection
        # Once all of the body is there, the response has released its connection.
        if pause_s < SHORTEST_PAUSE_S or connection is None or (transport := connection.transport) is None:
            return
        # It waits in the system, not in the library, which forgets what it holds when the connection breaks.
        transport.pause_reading()
        try:
            await asyncio.sleep(pause_s)
        finally:
            transport.resume_reading()

    async def read_whole(self) -> bytes:
        """All of a body that does not stream; what breaks it off is told to the answer."""
        data = b""
        self._patience.begun()
        while len(data) < LONGEST_LIST and (more := await self.read()):
            data += more
        return data

    async def drain(self) -> None:
        """Read to the end, if it is near, so that the connection can be used again."""
        try:
            async with asyncio.timeout(END_S):
                while await self._response.content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError, OSError):
            return


async def _whole(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """The body, as far as it is read."""
    data = bytearray()
    try:
        while len(data) < longest and (more := await response.content.readany()):
            data += more
    finally:
        response.close()
    return bytes(data)


def _plain_connector() -> aiohttp.TCPConnector:
    # How many may ask at a time is the engine's business.
    return aiohttp.TCPConnector(limit=0)
