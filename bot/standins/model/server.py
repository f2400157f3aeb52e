"""The server: its routes, and what it is told."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from bot.domain.clock import Clock, SystemClock
from bot.domain.turns import FinishReason, Usage
from bot.standins.anthropic import wrong_with
from bot.standins.dialects import Anthropic, Called, Dialect, Gemini, OpenAI, Question
from bot.standins.gemini_caches import KeptContents
from bot.standins.model.answer import Answer, tokens_of
from bot.standins.model.drawing import NotDrawn, Source, drawn
from bot.standins.model.values import Answering, Fault, Hold, Pace, Received, Reply
from bot.standins.searching import (
    Finding,
    as_grounded,
    as_message,
    as_response,
    wants_search,
    wrong_with_anthropics,
    wrong_with_geminis,
    wrong_with_response,
)
from bot.standins.speech import sounded, spoken, wants_speech, wrong_with_geminis_speech, wrong_with_speech
from bot.standins.tool_rules import wrong_with_chat, wrong_with_contents

REMEMBERED = 1000
"""How many requests are kept to be looked at; a benchmark sends more."""
LARGEST_BODY = 100 * 1024 * 1024


OPEN_LIST = "/api/v1/models"
"""OpenRouter's list of models, which everybody may see, with a wrong key too."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MODELS = ("gpt-6-luna", "gpt-6-sol")
"""What the server says it has; it answers as any."""


class ModelServer:
    """The server. `reply`, `pace`, `hold` and `faults` may be changed at any time; the next request hears of it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.url = ""
        """The root, e.g. "http://127.0.0.1:4711"; for OpenAI's format add "/v1". Empty before `start`."""
        self.pace = Pace()
        self.hold: Hold | None = None
        """Where the next answers wait."""
        self.reply: str | Reply | Answering | None = None
        """What to answer always; None: an echo."""
        self.keys: frozenset[str] | None = None
        """The keys that are taken; None: every one, and none at all."""
        self.lists = asyncio.Event()
        """While it is clear, requests for the list of models wait."""
        self.lists.set()
        self.reads = asyncio.Event()
        """While it is clear, whoever wants to be read to waits."""
        self.reads.set()
        self.spoken = "Nothing was said."
        """What every recording says."""
        self.listed: Any = {"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]}
        """Its list of models: a JSON value, or bytes that are sent as they are."""
        self.replies: deque[str | Reply] = deque()
        """What to answer next, one after the other, before `reply` counts again."""
        self.faults: deque[Fault] = deque()
        """What goes wrong with the next requests, one fault each."""
        self.requests: deque[Received] = deque(maxlen=REMEMBERED)
        self.refused: list[str] = []
        """What the vendor's API would not have taken of what it was asked."""
        self.drawn = 0
        """Pictures that were asked for."""
        self.kept = KeptContents()
        """What it keeps of conversations at Gemini's address."""
        self.finding = Finding()
        """What the vendors' own searches find."""
        self.searchless: set[str] = set()
        """Models whose vendors have no search for them."""
        self._clock = clock or SystemClock()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on the loopback; port 0 takes a free one."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[self._let_in])
        app.router.add_post("/{version}/models/{call}", self._gemini)
        app.router.add_post("/{version}/cachedContents", self._keep)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get(OPEN_LIST, self._list)
        app.router.add_get("/api/v1/key", self._key)
        app.router.add_get("/{version}/models", self._list_as_gemini)
        app.router.add_post("/v1/messages", self._anthropic)
        app.router.add_post("/{prefix:.*}chat/completions", self._openai)
        app.router.add_post("/{prefix:.*}responses", self._respond)
        app.router.add_post("/{prefix:.*}audio/transcriptions", self._transcribe)
        app.router.add_post("/{prefix:.*}audio/speech", self._speak)
        app.router.add_post("/{prefix:.*}images/{way:generations|edits}", self._draw)
        app.router.add_get("/control", self._show)
        app.router.add_post("/control", self._change)
        # Cancelling the handler is how a client that leaves is noticed while nothing is being sent.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening and drop what is open."""
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, *faults: Fault) -> None:
        """Let the next requests go wrong."""
        self.faults.extend(faults)

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        if (wrong := wrong_with_chat(body)) is not None:
            self.refused.append(wrong)
            return web.json_response(OpenAI().error(400, wrong), status=400)
        return await self._serve(request, OpenAI(), body, body["model"], streamed=bool(body.get("stream")))

    async def _anthropic(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        if (wrong := wrong_with(request.headers, body)) is not None:
            self.refused.append(wrong)
            kind = {"type": "invalid_request_error", "message": wrong}
            return web.json_response({"type": "error", "error": kind, "request_id": "req_011CSHoEe"}, status=400)
        if wants_search(body):
            return self._searched(request, Anthropic(), body, body["model"], wrong_with_anthropics(body))
        return await self._serve(request, Anthropic(), body, body["model"], streamed=bool(body.get("stream")))

    async def _respond(self, request: web.Request) -> web.Response:
        """OpenAI's Responses, which are asked to search alone."""
        body = orjson.loads(await request.read())
        return self._searched(request, OpenAI(), body, body["model"], wrong_with_response(body))

    def _searched(
        self, request: web.Request, dialect: Dialect, body: dict[str, Any], model: str, wrong: str | None
    ) -> web.Response:
        """What a vendor's own search brings; `wrong`: why the vendor refuses the request."""
        headers = {str(name): value for name, value in request.headers.items()}
        self.requests.append(Received(dialect.name, request.path, model, headers, body, state="answered"))
        if self.faults and (fault := self.faults.popleft()).kind == "status":
            return web.json_response(dialect.error(fault.status, "The stand-in says no."), status=fault.status)
        if wrong is not None:
            self.refused.append(wrong)
        if model in self.searchless:
            wrong = f"Search tool 'web_search' is not supported with {model}."
        if wrong is not None:
            return web.json_response(dialect.error(400, wrong), status=400)
        match dialect.name:
            case "gemini":
                return web.Response(body=as_grounded(model, self.finding), content_type="text/event-stream")
            case "anthropic":
                return web.json_response(as_message(body, self.finding))
            case _:
                return web.json_response(as_response(model, self.finding))

    async def _transcribe(self, request: web.Request) -> web.Response:
        """OpenAI's way to write down a recording."""
        form = await request.post()
        file = form["file"]
        body = {
            "model": form["model"],
            "file": file.filename if isinstance(file, web.FileField) else "",
            "bytes": len(file.file.read()) if isinstance(file, web.FileField) else 0,
        }
        headers = {str(name): value for name, value in request.headers.items()}
        self.requests.append(Received("openai", request.path, str(form["model"]), headers, body))
        if self.faults and (fault := self.faults.popleft()).kind == "status":
            return web.json_response(OpenAI().error(fault.status, "The stand-in says no."), status=fault.status)
        return web.json_response({"text": self.spoken})

    async def _speak(self, request: web.Request) -> web.Response:
        """OpenAI's way to read aloud."""
        body = orjson.loads(await request.read())
        headers = {str(name): value for name, value in request.headers.items()}
        received = Received("openai", request.path, str(body.get("model")), headers, body, state="answered")
        self.requests.append(received)
        await self.reads.wait()
        if self.faults and (fault := self.faults.popleft()).kind == "status":
            return web.json_response(OpenAI().error(fault.status, "The stand-in says no."), status=fault.status)
        if (wrong := wrong_with_speech(body)) is not None:
            self.refused.append(wrong)
            return web.json_response(OpenAI().error(400, wrong), status=400)
        return web.Response(body=spoken(body["input"]), content_type="audio/ogg")

    async def _sound(self, request: web.Request, body: dict[str, Any], model: str) -> web.Response:
        """Gemini's way to read aloud."""
        headers = {str(name): value for name, value in request.headers.items()}
        self.requests.append(Received("gemini", request.path, model, headers, body, state="answered"))
        await self.reads.wait()
        if self.faults and (fault := self.faults.popleft()).kind == "status":
            return web.json_response(Gemini().error(fault.status, "The stand-in says no."), status=fault.status)
        if (wrong := wrong_with_geminis_speech(model, body)) is not None:
            self.refused.append(wrong)
            return web.json_response(Gemini().error(400, wrong), status=400)
        return web.json_response(sounded(model, body))

    async def _draw(self, request: web.Request) -> web.Response:
        """OpenAI's way to draw."""
        edits = request.match_info["way"] == "edits"
        fields, sources = await _picture_asked(request, edits=edits)
        headers = {str(name): value for name, value in request.headers.items()}
        received = Received(
            "openai", request.path, str(fields.get("model")), headers, fields | {"sources": len(sources)}
        )
        received.state = "answered"
        self.requests.append(received)
        if self.faults and (fault := self.faults.popleft()).kind == "status":
            return web.json_response(OpenAI().error(fault.status, "The stand-in says no."), status=fault.status)
        try:
            self.drawn += 1
            return web.json_response(drawn(self.drawn, fields, sources, edits=edits))
        except NotDrawn as error:
            said = {"message": str(error), "type": "invalid_request_error", "param": None, "code": error.code}
            return web.json_response({"error": said}, status=400)

    async def _list(self, _request: web.Request) -> web.Response:
        await self.lists.wait()
        body = self.listed if isinstance(self.listed, bytes) else orjson.dumps(self.listed)
        return web.Response(body=body, content_type="application/json")

    async def _list_as_gemini(self, _request: web.Request) -> web.Response:
        return web.json_response({"models": [{"name": f"models/{name}"} for name in MODELS]})

    async def _key(self, _request: web.Request) -> web.Response:
        return web.json_response({"data": {"label": "sk-or-v1-abc...xyz", "limit": None, "usage": 0}})

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a key as its vendor does, where the keys that are taken are named."""
        given = _key_in(request)
        if self.keys is None or given in self.keys or request.path in ("/control", OPEN_LIST):
            return await handler(request)
        if "x-goog-api-key" in request.headers:
            refused = Gemini().error(400, "API key not valid. Please pass a valid API key.")
            return web.json_response(refused, status=400)
        dialect = Anthropic() if "x-api-key" in request.headers else OpenAI()
        return web.json_response(dialect.error(401, "Incorrect API key provided."), status=401)

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        model, _, method = request.match_info["call"].partition(":")
        whole = self.kept.whole(model, body)
        if isinstance(whole, tuple):
            status, words = whole
            return web.json_response(Gemini().error(status, words), status=status)
        if (wrong := wrong_with_contents(whole)) is not None:
            self.refused.append(wrong)
            return web.json_response(Gemini().error(400, wrong), status=400)
        if wants_search(whole):
            return self._searched(request, Gemini(), body, model, wrong_with_geminis(whole))
        if wants_speech(whole):
            return await self._sound(request, body, model)
        return await self._serve(request, Gemini(), body, model, streamed=method == "streamGenerateContent")

    async def _keep(self, request: web.Request) -> web.Response:
        """Gemini's way to keep the beginning of a conversation."""
        body = orjson.loads(await request.read())
        headers = {str(name): value for name, value in request.headers.items()}
        received = Received("gemini", request.path, str(body.get("model")), headers, body, state="answered")
        self.requests.append(received)
        fault = self.faults.popleft() if self.faults else None
        kept = self.kept.keep(body) if fault is None else "The stand-in says no."
        if isinstance(kept, str):
            status = 400 if fault is None else fault.status
            return web.json_response(Gemini().error(status, kept), status=status)
        return web.json_response(kept)

    async def _serve(
        self, request: web.Request, dialect: Dialect, body: dict[str, Any], model: str, *, streamed: bool
    ) -> web.StreamResponse:
        received = Received(
            dialect.name, request.path, model, {str(name): value for name, value in request.headers.items()}, body
        )
        self.requests.append(received)
        fault = self.faults.popleft() if self.faults else None
        reply = self._reply_to(dialect.question(body), body)
        answer = Answer(request, dialect, received, fault, reply, self._clock, self.hold)
        pace = self.pace if fault is None or fault.kind != "slow" else Pace(fault.delay_s, fault.delay_s)
        try:
            return await answer.stream(pace) if streamed else await answer.whole(pace)
        except (asyncio.CancelledError, ConnectionError):
            received.state = "left"
            raise
        finally:
            received.ended.set()

    def _reply_to(self, question: Question, body: Mapping[str, Any]) -> tuple[Reply, Usage]:
        reply = self.replies.popleft() if self.replies else self.reply
        if callable(reply):
            reply = reply(body)
        if reply is None:
            reply = _echo(question)
        if isinstance(reply, str):
            reply = Reply(reply)
        return reply, reply.usage or Usage(question.words, len(tokens_of(reply.text)))

    async def _show(self, _: web.Request) -> web.Response:
        data = {"requests": [received.to_data() for received in self.requests], "faults_left": len(self.faults)}
        return web.Response(body=orjson.dumps(data), content_type="application/json")

    async def _change(self, request: web.Request) -> web.Response:
        change = orjson.loads(await request.read())
        if "pace" in change:
            self.pace = Pace(**change["pace"])
        match change.get("reply"):
            case list() as replies:
                self.replies.extend(_reply_from(reply) for reply in replies)
            case None:
                pass
            case reply:
                self.reply = _reply_from(reply)
        self.fail(*(Fault(**fault) for fault in change.get("faults", ())))
        return web.Response(text="{}", content_type="application/json")


def _key_in(request: web.Request) -> str:
    headers = request.headers
    bearer = headers.get("Authorization", "").removeprefix("Bearer ")
    return headers.get("x-goog-api-key") or headers.get("x-api-key") or bearer


async def _picture_asked(request: web.Request, *, edits: bool) -> tuple[dict[str, Any], list[Source]]:
    """The fields of a request for a picture, and the pictures that came along."""
    if not edits:
        return orjson.loads(await request.read()), []
    fields, sources = dict[str, Any](), list[Source]()
    for name, sent in (await request.post()).items():
        if isinstance(sent, web.FileField):
            sources.append(Source(sent.content_type, sent.file.read()))
        else:
            fields[name] = str(sent)
    return fields, sources


def _echo(question: Question) -> Reply:
    pictures = f"\n\nI see **{question.images}** picture(s)." if question.images else ""
    quoted = "\n".join(f"> {line}" for line in question.text.splitlines())
    return Reply(f"**You said:**\n\n{quoted}{pictures}\n\nI am a *stand-in*, not a model.")


def _reply_from(data: str | dict[str, Any]) -> str | Reply:
    if isinstance(data, str):
        return data
    usage = Usage(**data["usage"]) if data.get("usage") else None
    reason = FinishReason(data.get("reason", FinishReason.COMPLETE))
    calls = tuple(Called(**call) for call in data.get("calls", ()))
    return Reply(data["text"], data.get("reasoning", ""), reason, usage, calls=calls)
