"""A person has tools used, and the gateway is killed in the middle of each; the chat is printed to be read.

    python -m tests.crash.tools [--platform telegram] [--pictures DIRECTORY]

They search the web, read a link, log in at a server of their own, use it, answer what it asks for, deny what it would
do, and allow it. Around the gateway are strict stand-ins for the platforms and the model, a small web, and a server of
tools that lets nobody in who has not logged in by OAuth; it counts what it is asked for. Those outlive every kill.

With `--pictures` all of it happens in the playground, whose gateway is started by the playground itself; a Chromium
shows its page, and a picture is taken of each step.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.standins.dialects import Called
from bot.standins.model import ModelServer, Reply
from tests.crash.apart import ApartHouse, Killed, chat
from tests.scenario.test_own_servers import link_in
from tests.support.clock import TurnedClock
from tests.support.sides import SIDES, Shown
from tests.support.tool_servers import HttpServer
from tests.support.web import SmallWeb, small_web
from tests.support.world import Someone

PATIENCE_S = 180.0
"""How long nothing may change: on a busy machine a process takes its time to start."""
FORM = {"Name": "Eve", "Guests": "2", "Mail": "eve@example.com"}
TOLD = {
    "action": "accept",
    "content": {"name": "Eve", "guests": 2, "mail": "eve@example.com", "room": "out", "quiet": False},
}

ASKS = frozenset(("Do not answer", "Deny", "Leave it"))
"""Each card of a turn that waits has one of these below it."""

UNINDEXED = "SELECT COUNT(*) FROM message WHERE indexed = 0 AND forgotten_at IS NULL"

Look = Callable[[str], Awaitable[None]]
"""Is told each step, when there is something to be seen of it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody asks for: the call that it takes, and what is answered then."""

    asks: str
    call: Called
    answer: str


@dataclass(slots=True)
class Errands:
    """One person, and everything around them."""

    house: Killed
    alice: Someone
    web: SmallWeb
    server: HttpServer
    look: Look
    written: list[str]
    """What the server must have been asked for by the end, where that has an effect."""

    def errands(self) -> dict[str, Errand]:
        """All that is asked, by what it is about."""
        tides = f"{self.web.url}/tides"
        return {
            "search": Errand(
                "How often does the sea rise?", Called("web_search", '{"words": "tides"}'), f"Twice a day ({tides})."
            ),
            "read": Errand(
                f"What does {tides} say?", Called("read_link", json.dumps({"address": tides})), "That the Moon pulls."
            ),
            "use": Errand("What time is it in Rome?", Called("server_now", '{"zone": "Rome"}'), "Twelve."),
            "form": Errand("A table for tonight, please.", Called("server_asks_politely"), "It knows for whom."),
            "deny": Errand("Cancel it all.", Called("server_forks"), "I have left it."),
            "allow": Errand("Then book one.", Called("server_books"), "It may be booked."),
        }

    def reply(self, body: Mapping[str, Any]) -> Reply:
        """The model: it calls what the last question takes, and answers once it has a result."""
        messages = body["messages"]
        last = max(number for number, message in enumerate(messages) if message["role"] == "user")
        asked = str(messages[last]["content"])
        errand = next((one for one in self.errands().values() if one.asks in asked), None)
        if errand is None:
            return Reply("Hello.")
        has_result = any(message["role"] == "tool" for message in messages[last:])
        return Reply(errand.answer) if has_result else Reply("", calls=(errand.call,))

    async def go(self) -> None:
        """Run all errands."""
        for act in self.acts():
            await act()
            await self.house.rests()
            await self.presses_again()
        await self.house.until(lambda: self.house.rows(UNINDEXED) == [(0,)])

    def acts(self) -> list[Callable[[], Awaitable[None]]]:
        """What the person does, in this order."""
        return [self.searches, self.reads, self.adds, self.uses, self.fills, self.denies, self.allows]

    async def searches(self) -> None:
        """The web: killed while the engine searches."""
        self.web.gate.shut()
        await self._asks("search", lambda: self.web.gate.came)
        await self._dies(self.web.gate.open)
        await self._is_answered("search")
        assert "Sources: 1. " in self._last().text

    async def reads(self) -> None:
        """A link: killed while its site answers."""
        self.web.gate.shut()
        await self._asks("read", lambda: self.web.gate.came)
        await self._dies(self.web.gate.open)
        await self._is_answered("read")
        await self.alice.commands("documents")
        listed = f"{self.web.url.removeprefix('http://')}/tides"
        await self.house.until(lambda: self._last().text.startswith("1.") and listed in self._last().text)
        await self.look("documents")

    async def adds(self) -> None:
        """A server of their own: killed while the form for its address is open, and between the link and the login."""
        await self.alice.commands("tools", "add")
        await self.house.until(lambda: self.house.side.asks(self.alice.person, self.alice.room, "Its address"))
        await self.look("its-address")
        await self._dies()
        await self.alice.fills("Its address", self.server.url)
        await self.alice.sees("It wants a login.")
        await self.alice.presses("Log in")
        await self.alice.sees("Copy the whole address")
        await self.look("log-in")
        address = self.server.lets_in(link_in(self.house, self.alice))
        await self._dies()
        await self.alice.presses("I have copied it")
        await self.alice.fills("What you have copied", address)
        await self.alice.sees("They may change something")
        await self.look("logged-in")

    async def uses(self) -> None:
        """What it reads: killed while it works."""
        self.server.gate.shut()
        await self._asks("use", lambda: self.server.gate.came)
        await self._dies(self.server.gate.open)
        await self._is_answered("use")
        assert self.server.heard[-1] == f"Bearer {self.server.key}"

    async def fills(self) -> None:
        """What it asks for: killed before the form is opened, and in its middle."""
        await self._asks("form", self._shows("wants to know something"))
        await self._dies()
        await self.alice.presses("Answer")
        await self.house.until(lambda: self.house.side.asks(self.alice.person, self.alice.room, "Name"))
        await self.look("form-open")
        await self.alice.fills_all(FORM)
        await self.house.until(self._shows("Room", button="Outside"))
        await self.look("form-choices")
        await self._dies()
        await self.alice.presses("Outside")
        await self.alice.presses("No")
        await self.alice.sees("This is what it would be told")
        await self.look("form-filled")
        await self.alice.presses("Send it")
        await self._is_answered("form")
        assert json.loads(self._results()[-1].removeprefix("I was told ").rstrip(".")) == TOLD

    async def denies(self) -> None:
        """What it would do: killed while its card stands there."""
        await self._asks("deny", self._shows("May I use server_forks?"))
        await self._dies()
        await self.alice.presses("Deny")
        await self._is_answered("deny")
        assert "Used" not in self._last().text

    async def allows(self) -> None:
        """What it does: killed while it does it. Nobody knows what came of that, and it is not done again."""
        await self._asks("allow", self._shows("May I use server_books?"))
        self.server.gate.shut()
        await self.alice.presses("Allow once")
        self.written.append("books")
        await self.house.until(lambda: self.server.gate.came)
        await self._dies(self.server.gate.open)
        await self.house.until(self._shows("It may or may not have done this."))
        await self.look("allow-unknown")
        await self.alice.presses("Leave it")
        await self._is_answered("allow")
        assert "may or may not have taken effect" in self._results()[-1]

    async def presses_again(self) -> None:
        """What still asks about what has ended: its sending was cut off by a kill, so that nobody knew of it."""
        for left in self.asking():
            await self.alice.presses(next(label for label in left.labels if label in ASKS), on=left)
            await self._asks_no_more(left.id)
            await self.look("asked-in-vain")

    def asking(self) -> list[Shown]:
        """The messages that ask for a decision or for answers."""
        return [shown for shown in self.alice.answers() if not ASKS.isdisjoint(shown.labels)]

    # How it is done

    async def _asks(self, about: str, waits: Callable[[], object]) -> None:
        """Ask, and come back when the gateway is in the middle of it."""
        self.alice.says(self.errands()[about].asks)
        await self.house.until(waits)
        await self.look(f"{about}-begun")

    async def _dies(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Kill the gateway, let go of what waits, and start it again."""
        await self.house.killed()
        await self.look("killed")
        meanwhile()
        await self.house.start()

    async def _asks_no_more(self, number: int) -> None:
        await self.house.until(lambda: all(shown.id != number for shown in self.asking()))

    async def _is_answered(self, about: str) -> None:
        await self.alice.sees(self.errands()[about].answer)
        await self.look(f"{about}-answered")

    def _shows(self, text: str, button: str = "") -> Callable[[], bool]:
        def look() -> bool:
            found = [shown for shown in self.alice.answers() if text in shown.text]
            return bool(found) and (not button or any(button in label for label in found[-1].labels))

        return look

    def _last(self) -> Shown:
        return self.alice.answers()[-1]

    def _results(self) -> list[str]:
        messages = self.house.model.requests[-1].body["messages"]
        return [str(message["content"]) for message in messages if message["role"] == "tool"]

    # What has become of it

    def troubles(self) -> Iterator[str]:
        """What is wrong in the end."""
        effects = [name for name in self.server.called if name in ("forks", "books")]
        if effects != self.written:
            yield f"The server did {effects} in place of {self.written}."
        for about, errand in self.errands().items():
            times = sum(errand.answer in shown.text for shown in self.alice.answers())
            if times != 1:
                yield f"{about} was answered {times} times."
        for shown in self.alice.answers():
            if shown.grows or "went wrong" in shown.text:
                yield shown.text
        for shown in self.asking():
            yield f"This can still be pressed: {shown.text}"
        if waiting := self.house.side.waiting(self.alice.person):
            yield f"They wait for what they have pressed: {waiting}"
        yield from self.house.model.refused


async def _no_look(_: str) -> None:
    """Nobody looks."""


def settings_of(web: SmallWeb) -> dict[str, Any]:
    """What the gateway has to be told."""
    return {"tools": "web", "searxng_url": web.url, "endpoint_addresses": "any"}


@asynccontextmanager
async def around() -> AsyncIterator[tuple[SmallWeb, HttpServer, ModelServer]]:
    """The web, the server of tools and the model: what outlives every gateway."""
    async with small_web() as web, HttpServer().running() as server:
        server.logs_in, server.key = True, "nobody has it"
        model = ModelServer()
        await model.start()
        try:
            yield web, server, model
        finally:
            await model.close()


@asynccontextmanager
async def beginning(platform: str, directory: Path) -> AsyncIterator[Errands]:
    """The errands of a person on a platform, with everything around them."""
    clock = TurnedClock()
    async with around() as (web, server, model):
        side = SIDES[platform](clock)
        await side.start()
        house = ApartHouse(directory, side, model, clock)
        house.patience_s = PATIENCE_S
        errands = Errands(house, house.newcomer("Alice"), web, server, _no_look, [])
        model.reply = errands.reply
        try:
            await house.start(**settings_of(web))
            yield errands
        finally:
            await house.stop()
            await side.stop()


async def walked(platform: str) -> bool:
    """Run the errands, and print the chat and what is wrong; whether nothing is."""
    with tempfile.TemporaryDirectory(prefix="tools-") as directory:
        async with beginning(platform, Path(directory) / "data") as errands:
            try:
                await errands.go()
                await errands.house.stop()
            finally:
                sys.stdout.writelines(f"{line}\n" for line in chat(errands.alice))
            troubles = [*errands.troubles(), *errands.house.troubles()]
    sys.stdout.write(f"\n{platform}: wrong: {troubles or 'nothing'}\n")
    return not troubles


async def seen(platform: str, pictures: Path) -> bool:
    """The same in a playground, of whose page pictures are taken."""
    # A browser is needed for this alone.
    from tests.crash.seen import opened

    async with AsyncExitStack() as stack:
        web, server, model = await stack.enter_async_context(around())
        settings = settings_of(web) | {"mistral_api_key": "k", "mistral_base_url": f"{model.url}/v1", "titles": "off"}
        house, look = await stack.enter_async_context(opened(platform, model, settings, pictures))
        house.patience_s = PATIENCE_S
        errands = Errands(house, house.newcomer("Alice"), web, server, look, [])
        model.reply = errands.reply
        await errands.go()
        troubles = list(errands.troubles())
    sys.stdout.write(f"{platform}: wrong: {troubles or 'nothing'}\n")
    return not troubles


def main() -> int:
    """Read the options, run the errands, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.tools", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--platform", choices=sorted(SIDES), action="append")
    parser.add_argument("--pictures", type=Path, help="where to put pictures of the playground's page")
    options = parser.parse_args()
    platforms = options.platform or list(SIDES)
    if options.pictures is None:
        found = [asyncio.run(walked(platform)) for platform in platforms]
    else:
        options.pictures.mkdir(parents=True, exist_ok=True)
        found = [asyncio.run(seen(platform, options.pictures)) for platform in platforms]
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
