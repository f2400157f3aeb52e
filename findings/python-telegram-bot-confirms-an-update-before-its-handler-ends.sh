#!/usr/bin/env bash
# python-telegram-bot (22.8) confirms an update to Telegram while its handler still runs, though handlers run one by one.
# By default `concurrent_updates` is off, so that the next update waits for the handler. What is fetched does not: the
# next `getUpdates` already carries the offset behind it, and Telegram forgets what was confirmed. A bot that is killed
# while it waits for a model has lost the message; started again, it gets nothing.
# Guess: an update comes again until its handler has ended. Seen: confirmed twice while the handler of 41 waits.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'python-telegram-bot==22.8'
cd "$dir"
"$dir/venv/bin/python" - <<'PYTHON'
import asyncio
import json
from telegram.ext import Application, MessageHandler, filters
from telegram.request import BaseRequest

MESSAGE = {
    "message_id": 1, "date": 1, "text": "Hello",
    "chat": {"id": 5, "type": "private"}, "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
}
offsets = []


class Telegram(BaseRequest):
    """Answers as the Bot API does: an update comes until a call has an offset behind it."""

    read_timeout = 5.0

    async def initialize(self):
        pass

    async def shutdown(self):
        pass

    async def do_request(self, url, method, request_data=None, **_):
        result = True
        if url.endswith("/getMe"):
            result = {"id": 1, "is_bot": True, "first_name": "Bot", "username": "a_bot"}
        if url.endswith("/getUpdates"):
            offset = int(request_data.parameters.get("offset", 0))
            offsets.append(offset)
            result = [{"update_id": 41, "message": MESSAGE}] if offset <= 41 else []
            await asyncio.sleep(0.1)
        return 200, json.dumps({"ok": True, "result": result}).encode()


async def main():
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def answer(update, context):
        begun.set()
        await may_end.wait()

    app = Application.builder().token("1:x").request(Telegram()).get_updates_request(Telegram()).build()
    app.add_handler(MessageHandler(filters.TEXT, answer))
    async with app:
        await app.start()
        await app.updater.start_polling()
        await begun.wait()
        while len(offsets) < 3:
            await asyncio.sleep(0.01)
        print("offsets while the handler of update 41 waits:", offsets)
        assert app.concurrent_updates == 1
        assert offsets[:3] == [0, 42, 42]
        may_end.set()
        await app.updater.stop()
        await app.stop()


asyncio.run(main())
PYTHON
