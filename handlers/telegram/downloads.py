"""Files that people have sent, fetched from Telegram or from the operator's own server."""

import asyncio
from pathlib import Path

import aiohttp
from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot.domain.errors import NotSent, Rejected
from handlers.telegram.calls import Call
from handlers.telegram.errors import cause_for_log, translated
from handlers.telegram.wire import FINAL_TIMEOUT_S


async def download(client: Bot, remote_id: str, limit: int, *, on_this_machine: bool) -> bytes:
    """The bytes of a file, at most `limit`. `on_this_machine`: the server may give it as a path here.

    Raises:
        PlatformError: it cannot be had, or is larger.
    """
    try:
        found = await client(Call("getFile", file_id=remote_id), request_timeout=FINAL_TIMEOUT_S)
        if on_this_machine and Path(found["file_path"]).is_absolute():
            return await asyncio.to_thread(Path(found["file_path"]).read_bytes)
        url = client.session.api.file_url(client.token, found["file_path"])
        chunks = client.session.stream_content(url, timeout=FINAL_TIMEOUT_S, raise_for_status=True)
        data = b""
        async for chunk in chunks:
            data += chunk
            if len(data) > limit:
                raise Rejected(f"getFile: more than {limit} bytes came.")
    except aiohttp.ClientError as error:
        # Its text holds the address, and that the token.
        raise NotSent(f"getFile: {type(error).__name__}") from None
    except (AiogramError, UnicodeDecodeError, OSError) as error:
        raise translated(error, "getFile") from cause_for_log(error)
    return data
