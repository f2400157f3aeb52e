"""Makes the picture of the README: `python -m tests.playground.picture`, where a Chromium is found.

The page is the playground as it is, the gateway the real one; only what the model says is written here.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bot.domain.clock import SystemClock
from bot.playground.playground import Playground, open_playground
from bot.standins.model import ModelServer, Pace
from tests.support.chromium import Tab, find_chromium, open_tab

PICTURES = Path(__file__).parent.parent.parent / ".github"
WIDTH, HEIGHT = 1440, 900

TIDES = """The **Moon** pulls at the sea: the side that faces it rises, and so does the far side.

1. Near side: the pull is a little *stronger* than on the Earth as a whole.
2. Far side: it is a little *weaker*, so the water stays behind.

> The Sun does the same, at just under half the strength.

So most coasts see two high tides a day, about `12 h 25 min` apart."""
PRIMES = """Here is one with a sieve, fast enough for a few million:

```python
def primes(limit: int) -> list[int]:
    sieve = bytearray([1]) * (limit + 1)
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(sieve[n * n :: n]))
    return [n for n in range(2, limit + 1) if sieve[n]]
```

### Why it is fast
- It crosses out whole *slices*, in C
- It starts at `n * n`: smaller multiples are gone already

Call it as `primes(100)` to see the first **25**."""
SPRING = """Think of it as a *heartbeat* with two drummers.

When the Sun and the Moon stand in one line, at **new** and **full moon**, their pulls add up: the high tides are
higher and the low tides lower. These are *spring tides*.

A week later they pull at right angles, and the difference is small. These are **neap tides**."""


def reply(body: Mapping[str, Any]) -> str:
    """What the model says."""
    question = str(body["messages"][-1]["content"])
    return PRIMES if "prime" in question else SPRING if "spring" in question else TIDES


async def play(tab: Tab, playground: Playground, model: ModelServer) -> None:
    """Two short conversations, the last answer still growing."""
    telegram, discord = playground.telegram, playground.discord
    alice = next(iter(telegram.world.people))
    there = next(user.id for user in discord.world.users.values() if not user.bot)
    general = next(channel.id for channel in discord.world.channels.values() if channel.name == "general")
    await tab.until("document.querySelector('#pulse').dataset.condition === 'running'", 30)
    telegram.people.say(alice, alice, "/start")
    await tab.until("document.querySelector('#telegram .message.theirs')")
    telegram.people.say(alice, alice, "Why are there tides?")
    question = "a Python function that finds prime numbers, please"
    thread = discord.people.say(there, general, f"<@{discord.application_id}> {question}")
    await tab.until("[...document.querySelectorAll('#telegram .key')].some(key => /Regenerate/.test(key.textContent))")
    await tab.until("document.querySelector('#discord .room.below')")
    await tab.click("[...document.querySelectorAll('#discord .room.below')].at(-1)")
    await tab.until("[...document.querySelectorAll('#discord .key')].some(key => /Regenerate/.test(key.textContent))")
    discord.people.command(there, thread, "tokens")
    await tab.until("/tokens/.test(document.querySelector('#discord .messages').lastChild.textContent)")
    model.pace = Pace(first_token_s=0.1, token_s=0.06)
    telegram.people.say(alice, alice, "And spring tides? What are those?")
    await tab.until("/new/.test(document.querySelector('#telegram .draft')?.textContent)")


async def main() -> None:
    """Play and take the picture, light and dark."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium was found; install one, such as the package `chromium`.")
    model = ModelServer()
    model.reply, model.pace = reply, Pace(first_token_s=0.1, token_s=0.01)
    async with AsyncExitStack() as stack:
        await model.start()
        stack.push_async_callback(model.close)
        os.environ |= {"MISTRAL_API_KEY": "for-the-picture", "MISTRAL_BASE_URL": f"{model.url}/v1", "TITLES": "off"}
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playground = await open_playground(stack, directory, SystemClock(), 0)
        tab = await stack.enter_async_context(open_tab(chromium, directory / "profile", WIDTH, HEIGHT))
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1.5, "mobile": False}
        await tab.send("Emulation.setDeviceMetricsOverride", **size)
        await tab.open(playground.site.url)
        await play(tab, playground, model)
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            await tab.send("Emulation.setEmulatedMedia", features=features)
            await tab.picture(PICTURES / f"playground-{scheme}.png")


if __name__ == "__main__":
    asyncio.run(main())
