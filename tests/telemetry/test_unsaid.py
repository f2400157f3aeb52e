"""Nobody's words are in the log, whatever repeats them; what is needed for mending is."""

import asyncio
import contextlib
import errno
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import aiohttp
import discord
import pytest
import structlog
from aiogram.exceptions import TelegramBadRequest, TelegramNetworkError
from aiogram.methods import SetMyDescription
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ParleyError, StorageError
from bot.domain.ids import UnixMs
from bot.domain.provider_errors import BadCredentials
from bot.operations.started import what_is_doubted, what_is_on
from bot.settings import load_settings
from bot.telemetry.logs import set_up_logging
from bot.telemetry.unsaid import Unsaid
from handlers.discord import errors as at_discord
from handlers.telegram import errors as at_telegram
from providers.refusals import Refusal

WORDS = "xylophone"
SAID = f"my {WORDS} is {WORDS}"

BODIES = [
    f'{{"error": {{"message": "{SAID}", "type": "invalid_request_error", "code": "context_length_exceeded"}}}}',
    f'{{"error": {{"message": "no", "param": "{WORDS}", "code": "{WORDS}", "type": "{WORDS}"}}}}',
    f'{{"error": {{"message": "no", "metadata": {{"raw": "{{\\"error\\": \\"{SAID}\\"}}"}}}}}}',
    f'{{"error": "{SAID}"}}',
    f'{{"detail": [{{"loc": ["body"], "msg": "{SAID}", "input": "{SAID}"}}]}}',
    f'[{{"error": {{"status": "{WORDS}", "message": "{SAID}"}}}}]',
    f"<html><h1>{SAID}</h1></html>",
    SAID,
    "",
]


def telegram(words: str) -> ParleyError:
    error = TelegramBadRequest(SetMyDescription(description=words), f"Bad Request: can't parse entities: tag {words}")
    return at_telegram.translated(error, "sendMessage")


def at_discord_(words: str) -> ParleyError:
    class Response:
        status = 400
        reason = words
        headers: ClassVar[dict[str, str]] = {}

    told = {"code": 50035, "message": words, "errors": {"content": {"_errors": [{"code": words, "message": words}]}}}
    return at_discord.translated(discord.HTTPException(Response(), told), "send")  # type: ignore[arg-type]


@pytest.fixture(params=["readable", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up_logging("info", request.param, [])
    yield stream
    structlog.reset_defaults()
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [0, 302, 400, 401, 404, 429, 503])
def test_a_vendors_refusal(written: io.StringIO, body: str, status: int) -> None:
    headers = {"x-request-id": "req_0123456789abcdef", "location": SAID, "retry-after": WORDS, "cf-ray": WORDS}
    error = Refusal.of(status, body, headers, UnixMs(0)).error("mistral", "key")
    structlog.get_logger().warning("model_failed", model="mistral/one", error=type(error).__name__, detail=error)
    log = written.getvalue()
    assert WORDS not in log
    for needed in ("mistral", str(status), "req_0123456789abcdef", type(error).__name__, "characters"):
        assert needed in log


def test_codes_stay(written: io.StringIO) -> None:
    structlog.get_logger().warning("model_failed", detail=Refusal.of(400, BODIES[0], {}, UnixMs(0)).error("m", ""))
    assert "code=context_length_exceeded type=invalid_request_error" in written.getvalue()


@pytest.mark.parametrize("make", [telegram, at_discord_])
def test_a_platforms_refusal(written: io.StringIO, make: object) -> None:
    error = make(SAID)  # type: ignore[operator]
    structlog.get_logger().warning("page_not_shown", page=7, error=type(error).__name__, detail=error)
    log = written.getvalue()
    assert WORDS not in log
    assert "Rejected" in log
    assert "50035" in log or "can't parse entities" in log


def refused() -> aiohttp.ClientConnectorError:
    key = ConnectionKey(WORDS, 443, True, True, None, None, None)
    return aiohttp.ClientProxyConnectionError(key, ConnectionRefusedError(errno.ECONNREFUSED, WORDS))


def telegram_unreached() -> ParleyError:
    error = TelegramNetworkError(SetMyDescription(description=WORDS), f"https://{WORDS}")
    error.__cause__ = refused()
    return at_telegram.translated(error, "getMe")


@pytest.mark.parametrize("error", [telegram_unreached(), at_discord.translated(refused(), "getMe")])
def test_why_a_platform_is_not_reached(written: io.StringIO, error: ParleyError) -> None:
    structlog.get_logger().warning("platform_not_reached", detail=error)
    assert "getMe: no connection (ClientProxyConnectionError: Connection refused)" in written.getvalue()
    assert WORDS not in written.getvalue()


def test_tracebacks_tell_where_and_what_kind(written: io.StringIO) -> None:
    try:
        try:
            raise KeyError(SAID)
        except KeyError as error:
            raise ExceptionGroup(SAID, [ValueError(SAID), BadCredentials(SAID)]) from error
    except ExceptionGroup as error:
        structlog.get_logger().error("message_set_aside", key="7", exc_info=error)
        structlog.get_logger().exception("command_broke", key="7")
        logging.getLogger("library").exception("It broke: %s", SAID)
    log = written.getvalue()
    assert WORDS not in log
    assert log.count("test_tracebacks_tell_where_and_what_kind") >= 3
    assert "KeyError" in log and "ValueError" in log and "BadCredentials" in log


def test_what_libraries_say(written: io.StringIO) -> None:
    library = logging.getLogger("library")
    library.warning(f"Cannot send {SAID}")
    library.warning("Cannot send %s in %d s", SAID, 7)
    library.warning("Cannot send %(what)s", {"what": SAID})
    library.error("Task failed", exc_info=aiohttp.InvalidURL(SAID))
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        loop.call_exception_handler({"message": SAID, "exception": ValueError(SAID)})
    log = written.getvalue()
    assert WORDS not in log
    assert "in 7 s" in log and "test_unsaid" in log and "InvalidURL" in log


def test_the_databases_own_words_stay(written: io.StringIO) -> None:
    structlog.get_logger().error("worker_waits", error=StorageError("The database refused: disk is full."))
    assert "disk is full" in written.getvalue()


def test_what_the_operator_is_told_at_the_start_stays(written: io.StringIO, tmp_path: Path) -> None:
    home = tmp_path / "a bot"
    home.mkdir()
    (home / "parley.toml").write_text('[[bots]]\nname = "one"\nplatform = "telegram"\ntoken = "1:abcdef"\n')
    settings = load_settings({"ACESS": "open"}, home)
    lines = [*what_is_on(settings), *what_is_doubted(settings)]
    for event, fields in lines:
        structlog.get_logger().info(event, **fields)
    assert "setting_doubted" in dict(lines) and "secrets_readable" in dict(lines)
    assert "Did you mean 'ACCESS'?" in written.getvalue() and "chmod 600" in written.getvalue()
    assert "characters)" not in written.getvalue()


@given(st.dictionaries(st.sampled_from(["title", "file", "detail", "words", "reason", "name"]), st.just(SAID)))
def test_no_field_takes_a_sentence(fields: dict[str, str]) -> None:
    shown = Unsaid()(None, "info", {"event": "seen", **fields, "many": [SAID], "pair": (SAID,), "raw": SAID.encode()})
    assert WORDS not in repr(shown)


def test_debug_tells_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up_logging("debug", "json", [])
    structlog.get_logger().warning("model_failed", detail=BadCredentials(SAID))
    structlog.reset_defaults()
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])
    assert SAID in stream.getvalue()


def test_secrets_are_hidden_wherever_they_stand_and_words_stay_words(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    hide = set_up_logging("debug", "json", ["none", "x", "sk-longer-than-eight", "sk-longer-than-eight-and-more", ""])
    hide("swordfish")
    structlog.get_logger().warning(
        "next_nonexistent", key="none", said="xsk-longer-than-eight-and-morex for=x,swordfishes"
    )
    structlog.reset_defaults()
    logging.basicConfig(force=True, handlers=[logging.NullHandler()])
    line = json.loads(stream.getvalue())
    assert (line["event"], line["key"]) == ("next_nonexistent", "[secret]")
    assert line["said"] == "x[secret]x for=[secret],[secret]es"
