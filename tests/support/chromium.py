"""A headless Chromium, driven over the DevTools protocol; enough of it to see a page as a person does."""

import asyncio
import base64
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.support.patience import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    # Without a display there is no mouse either; the page is to believe in one.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
)


def find_chromium() -> str | None:
    """The path of a Chromium, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page. `errors` holds what went wrong in it: exceptions, console errors, broken rules of its own policy."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Take what the browser says, until it says no more."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            data = message.json()
            if (future := self._waiting.pop(data.get("id", 0), None)) is not None:
                if not future.done():
                    future.set_result(data)
            elif data.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(data["params"]["exceptionDetails"]))
            elif data.get("method") == "Log.entryAdded" and data["params"]["entry"]["level"] == "error":
                self.errors.append(str(data["params"]["entry"]))

    async def send(self, method: str, timeout_s: float = 30.0, /, **parameters: Any) -> dict[str, Any]:
        """One command; gives its result."""
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        data = await asyncio.wait_for(future, timeout_s)
        if "error" in data:
            raise RuntimeError(f"{method}: {data['error']}")
        result: dict[str, Any] = data["result"]
        return result

    async def open(self, url: str) -> None:
        """Go there."""
        for domain in ("Page", "Runtime", "Log"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=url)

    async def evaluate(self, expression: str, timeout_s: float = 30.0) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        answer = await self.send(
            "Runtime.evaluate", timeout_s, expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def until(self, expression: str, timeout_s: float = 40.0) -> Any:
        """The first truthy value of an expression, asked once per frame. Raises TimeoutError with it."""
        wait = f"""new Promise((resolve, reject) => {{
            const end = performance.now() + {timeout_s * 1000};
            const look = () => {{
                let value = null;
                try {{ value = {expression}; }} catch {{ value = null; }}
                if (value) resolve(value);
                else if (performance.now() > end) resolve(null);
                else setTimeout(look, 30);
            }};
            look();
        }})"""
        while True:
            try:
                value = await self.evaluate(wait, timeout_s + 5)
            except RuntimeError as error:
                # A page that is left takes the question along: the next one is asked again.
                if "navigated" not in str(error):
                    raise
            else:
                break
        if value is None:
            raise TimeoutError(f"Never true: {expression}")
        return value

    async def type(self, selector: str, text: str) -> None:
        """Write into a field, as from a keyboard."""
        await self.evaluate(f"document.querySelector({selector!r}).focus()")
        await self.send("Input.insertText", text=text)

    async def key(self, key: str, code: int) -> None:
        """Press a key, named as in `KeyboardEvent.key`, with its Windows key code."""
        text = {"Enter": "\r", "Tab": "\t"}.get(key, "")
        pressed = {"key": key, "windowsVirtualKeyCode": code, "code": key}
        await self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **pressed)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    async def click(self, expression: str) -> None:
        """Click the element that a JavaScript expression gives, in its middle."""
        box = await self.evaluate(
            f"(() => {{ const e = {expression}; e.scrollIntoView({{block: 'nearest'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    async def picture(self, path: Path) -> None:
        """Save what is to be seen, as PNG."""
        data = await self.send("Page.captureScreenshot", format="png")
        # One small file of a test's own.
        path.write_bytes(base64.b64decode(data["data"]))  # noqa: ASYNC240


@contextlib.asynccontextmanager
async def open_tab(chromium: str, profile: Path, width: int = 1440, height: int = 900) -> AsyncIterator[Tab]:
    """A browser of its own with one tab; it and its profile are gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        chromium,
        *FLAGS,
        f"--user-data-dir={profile}",
        f"--window-size={width},{height}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await asyncio.wait_for(_debugger(process), PATIENCE_S)
        base = address.removeprefix("ws://").partition("/")[0]
        async with ClientSession() as session:
            async with session.get(f"http://{base}/json/list") as answer:
                pages = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                listening = asyncio.create_task(tab.listen())
                try:
                    yield tab
                finally:
                    listening.cancel()
                    await asyncio.wait((listening,))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _debugger(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on " in line:
            return line.decode().split("DevTools listening on ")[1].strip()
    raise RuntimeError("Chromium ended before it could be reached.")
