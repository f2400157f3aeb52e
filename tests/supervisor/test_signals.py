"""What a gateway does when it is told to end, in a process of its own."""

import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.domain.clock import SystemClock
from bot.standins.model import Fault, ModelServer
from tests.operations.test_secrets import Gateway
from tests.playground.test_ending import until
from tests.support.sides import TelegramSide


@pytest.mark.usefixtures("hears_hangup")
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGHUP])
async def test_it_says_what_it_waits_for_and_a_second_signal_ends_it_at_once(
    tmp_path: Path, first: signal.Signals
) -> None:
    async with AsyncExitStack() as stack:
        model, side = ModelServer(), TelegramSide(SystemClock())
        await model.start()
        stack.push_async_callback(model.close)
        await side.start()
        stack.push_async_callback(side.stop)
        model.fail(Fault("stall", after_tokens=1))
        environ = {
            **{key.upper(): str(value) for key, value in side.settings().items()},
            "MISTRAL_API_KEY": "key",
            "MISTRAL_BASE_URL": f"{model.url}/v1",
            "ACCESS": "open",
            "DATA_DIR": str(tmp_path / "data"),
            "SHUTDOWN_GRACE_S": "600",
        }
        gateway = await stack.enter_async_context(Gateway(tmp_path, environ, side))
        process, log = gateway.process, tmp_path / "log"
        assert process is not None
        await gateway.until(side.hears)
        person, room = side.newcomer("Alice")
        side.say(person, room, "hello", reply_to=None, mention=False)
        await until(lambda: bool(model.requests))
        process.send_signal(first)
        await until(lambda: "Waiting for 1 answer… press Ctrl-C again to stop now." in log.read_text())
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 128 + signal.SIGINT
