"""What lies beneath google-genai: the HTTP session, and the bodies that the library reads from it.

The library (3.6) validates every field of every event, so that one of another type than documented, a comment or a
byte that is not UTF-8 ends an answer; of a refusal it reads nothing but JSON; a redirect is followed with the key. So
what comes is read here first, generously, and handed on with nothing but the fields that `providers.gemini` looks at,
each of the type that the library expects.
"""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import aiohttp
import orjson
from google.genai import types

from providers import Connect
from providers.loose import Halves, dicts_in, error_in, values_in, words_of_content
from providers.rounds import repaired
from providers.sse import BodyReader

LONGEST_REFUSAL = 64 * 1024
"""How much of a refusal is read, in bytes."""
_COUNTS = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
)
_COUNTS_BY_KIND = ("promptTokensDetails", "candidatesTokensDetails")


class Reported(Exception):
    """The vendor reported an error within its answer: `args[0]`, of whatever form."""


class PageInstead(Exception):
    """What came is a page for people."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer with a status that is none of success."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: str


class Wire:
    """The HTTP session, and the response that the call in each task has got.

    The library's generators form a cycle that only the garbage collector breaks: leaving them does not close the
    connection. And it keeps a server's signs of life to itself. So the response is caught on its way: to be counted,
    closed, and read before the library does. A task follows its call, then leaves it.
    """

    def __init__(self, connector: Connect | None) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._catch)
        trace.on_request_redirect.append(self._stop)
        self.session = aiohttp.ClientSession(
            connector=connector() if connector is not None else aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
        )
        self._caught: dict[asyncio.Task[Any] | None, aiohttp.ClientResponse | None] = {}

    def follow(self) -> None:
        """Catch what the current task gets."""
        self._caught[asyncio.current_task()] = None

    def counter(self) -> Callable[[], int]:
        """Counts the bytes that have come of what the current task is getting."""
        task = asyncio.current_task()

        def received() -> int:
            response = self._caught.get(task)
            # The headers count as well: they are a sign of life.
            return 0 if response is None else 1 + response.content.total_bytes

        return received

    def refused(self) -> Refused | None:
        """How the call of the current task was refused; None if it was not."""
        response = self._caught.get(asyncio.current_task())
        if response is None or response.status == 200:
            return None
        body = response.content.heard if isinstance(response.content, _Content) else b""
        return Refused(response.status, response.headers, str(response.url), body.decode(errors="replace"))

    def torn(self) -> bool:
        """Whether an event of what the current task was getting can have held words and made no sense."""
        response = self._caught.get(asyncio.current_task())
        return response is not None and isinstance(response.content, _Content) and response.content.torn

    def leave(self) -> None:
        """Close what the current task was getting."""
        if (response := self._caught.pop(asyncio.current_task(), None)) is not None:
            response.close()

    async def _catch(self, _session: object, _context: object, end: aiohttp.TraceRequestEndParams) -> None:
        response = end.response
        if response.ok and 200 <= response.status < 300:
            # The library takes 201 for an error.
            response.status = 200
        response.content = cast(aiohttp.StreamReader, _Content(response, response.content))
        self._caught[asyncio.current_task()] = response

    async def _stop(self, _session: object, _context: object, redirect: aiohttp.TraceRequestRedirectParams) -> None:
        """No API redirects; anyone who answers in its place must not see the key."""
        self._caught[asyncio.current_task()] = redirect.response
        redirect.response.close()
        raise aiohttp.ClientError("An API does not redirect.")


class _Content:
    """The content of a response, as the library is to read it: by `iter_any` where it streams, else by `read`."""

    def __init__(self, response: aiohttp.ClientResponse, content: aiohttp.StreamReader) -> None:
        self.heard = b""
        """What a refusal says."""
        self.torn = False
        self._response = response
        self._content = content
        self._halves = Halves()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Events. Raises ValueError when one is too long, and what the module names."""
        async for event in self._events():
            yield b"data: " + orjson.dumps(event) + b"\n\n"

    async def read(self) -> bytes:
        """A refusal as it is, or the whole answer as one object. Raises as `iter_any`."""
        if self._response.status != 200:
            self.heard = await self._begun()
            self._response.close()
            return self.heard
        if self._response.url.path.endswith("/cachedContents"):
            return orjson.dumps(_named(await self._begun()))
        return orjson.dumps(_joined([event async for event in self._events()]))

    async def _begun(self) -> bytes:
        """What came, up to the length of a refusal."""
        begun = b""
        while len(begun) < LONGEST_REFUSAL and (more := await self._content.readany()):
            begun += more
        return begun

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        body = BodyReader()
        async for data in self._content.iter_any():
            for event in body.feed(data):
                for one in self._cleaned(event):
                    yield one
        whole = body.whole or b""
        if whole.startswith(b"<"):
            raise PageInstead
        for event in (whole,) if whole else body.end():
            for one in self._cleaned(event):
                yield one

    def _cleaned(self, event: bytes) -> list[dict[str, Any]]:
        values, is_all = values_in(event)
        self.torn = self.torn or (not is_all and event.startswith((b"{", b"[{", b"[\n", b"[\r")))
        # Unless asked for a stream, the vendor sends a list of events.
        flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
        return [cleaned(one, self._halves) for one in flat if isinstance(one, dict)]


def cleaned(event: dict[str, Any], halves: Halves) -> dict[str, Any]:
    """The fields of an event that are looked at, in the types that are expected. Raises Reported."""
    if (error := error_in(event)) is not None:
        raise Reported(error)
    found: dict[str, Any] = {}
    if (candidate := _first(event.get("candidates"))) is not None:
        found["candidates"] = [_candidate(candidate, halves)]
    if isinstance(feedback := _field(event, "promptFeedback"), dict):
        found["promptFeedback"] = {"blockReason": _word(_plain(_field(feedback, "blockReason")), types.BlockedReason)}
    if isinstance(usage := _field(event, "usageMetadata"), dict):
        counts = {name: _field(usage, name) for name in _COUNTS}
        by_kind = {name: _by_kind(_field(usage, name)) for name in _COUNTS_BY_KIND}
        found["usageMetadata"] = {name: count for name, count in counts.items() if type(count) is int} | by_kind
    return found


def _by_kind(details: Any) -> list[dict[str, Any]]:
    """Counts of text, pictures and sound."""
    return [
        {"modality": kind if kind in types.MediaModality.__members__ else None, "tokenCount": count}
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
        and type(count := _field(detail, "tokenCount")) is int
        and (kind := _plain(_field(detail, "modality")))
    ]


def _candidate(candidate: dict[str, Any], halves: Halves) -> dict[str, Any]:
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else content
    listed = parts if isinstance(parts, list) else [parts]
    return {
        "content": {"parts": [_part(part, halves) for part in listed]},
        "finishReason": _word(_field(candidate, "finishReason"), types.FinishReason),
        "groundingMetadata": _grounds(_field(candidate, "groundingMetadata")),
    }


def _grounds(told: Any) -> dict[str, Any] | None:
    """What was searched for, and which pages were found."""
    if not isinstance(told, dict):
        return None
    queries, chunks = _field(told, "webSearchQueries"), _field(told, "groundingChunks")
    webs = [web for chunk in dicts_in(chunks) if isinstance(web := chunk.get("web"), dict)]
    return {
        "webSearchQueries": [_plain(query) for query in (queries if isinstance(queries, list) else ())],
        "groundingChunks": [{"web": {name: _plain(web.get(name)) for name in ("uri", "title")}} for web in webs],
    }


def _part(part: Any, halves: Halves) -> dict[str, Any]:
    thought = isinstance(part, dict) and part.get("thought") is True
    # Models that draw send drafts as well, as thinking.
    blob = _field(part, "inlineData") if isinstance(part, dict) and not thought else None
    if isinstance(blob, dict) and (data := _bytes(blob.get("data"))):
        kind = _field(blob, "mimeType")
        return {"inlineData": {"data": data, "mimeType": _plain(kind) or "image/png"}}
    if isinstance(part, dict) and (called := _field(part, "functionCall")):
        return _call(called, _field(part, "thoughtSignature"))
    return {"text": halves.joined(words_of_content(part)), "thought": thought}


def _call(called: Any, signature: Any) -> dict[str, Any]:
    called = called if isinstance(called, dict) else {}
    args = called.get("args")
    signed = {"thoughtSignature": made} if (made := _bytes(signature)) else {}
    call = {"name": _plain(called.get("name")), "args": repaired(args) if isinstance(args, dict) else {}}
    return {"functionCall": call | ({"id": given} if (given := _plain(called.get("id"))) else {}), **signed}


def _first(candidates: Any) -> dict[str, Any] | None:
    listed = candidates if isinstance(candidates, list) else [candidates]
    return listed[0] if listed and isinstance(listed[0], dict) else None


def _field(data: dict[str, Any], name: str) -> Any:
    """A field in Google's spelling for JSON, or in the one of its protocol."""
    if (value := data.get(name)) is not None:
        return value
    return data.get("".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name))


def _word(value: Any, known: type[Enum]) -> str | None:
    """A reason; the library warns of each that it does not know, and what it is called changes nothing."""
    if not value:
        return None
    name = value.strip().upper() if isinstance(value, str) else ""
    if name.endswith("_UNSPECIFIED"):
        return None
    return name if name in known.__members__ else "OTHER"


def _plain(value: Any) -> str:
    """A string without lone surrogates, which the library does not accept; "" for anything else."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _bytes(data: Any) -> str:
    """Base64 that can be read, or nothing."""
    try:
        return b64encode(b64decode(data, altchars=b"-_" if "-" in data or "_" in data else None)).decode()
    except (ValueError, TypeError):
        return ""


def _named(body: bytes) -> dict[str, Any]:
    """What is said of a beginning that is kept now: its name."""
    try:
        kept = orjson.loads(body)
    except ValueError:
        return {}
    return {"name": _plain(kept.get("name"))} if isinstance(kept, dict) else {}


def _joined(events: list[dict[str, Any]]) -> dict[str, Any]:
    """One event of what several say."""
    found: dict[str, Any] = {}
    candidates = [event["candidates"][0] for event in events if "candidates" in event]
    for event in events:
        found |= event
    if candidates:
        parts = [part for candidate in candidates for part in candidate["content"]["parts"]]
        ends = [candidate["finishReason"] for candidate in candidates if candidate["finishReason"]]
        grounds = [candidate["groundingMetadata"] for candidate in candidates if candidate["groundingMetadata"]]
        found["candidates"] = [
            {
                "content": {"parts": parts},
                "finishReason": ends[-1] if ends else None,
                "groundingMetadata": grounds[-1] if grounds else None,
            }
        ]
    return found
