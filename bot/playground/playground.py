"""`parley playground`: both platforms, the gateway and a page that shows them, in one command on one machine.

Nothing leaves the loopback but the questions to models whose keys the person has set.
"""

import asyncio
import os
import random
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.domain.clock import Clock, SystemClock
from bot.domain.errors import DataDirError, ParleyError
from bot.playground.child_process import House
from bot.playground.inside import Inside
from bot.playground.panes import DiscordPane, TelegramPane
from bot.playground.site import Site
from bot.settings import Settings
from bot.standins.changes import Changes
from bot.standins.discord.server import DiscordStandIn
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.server import TelegramStandIn
from bot.supervisor.signals import end_on_signals
from storage.datadir import lock_data_dir

CALLS_KEPT = 400

BEGINNING_S = 60.0
"""So old a directory may be that another playground has just made, and does not hold yet."""


class PlaygroundError(ParleyError):
    """It cannot open: the message says why, and the cure."""


@dataclass(frozen=True, slots=True)
class Playground:
    """An open playground."""

    site: Site
    house: House
    telegram: TelegramStandIn
    discord: DiscordStandIn


async def open_playground(stack: AsyncExitStack, data_dir: Path, clock: Clock, port: int | None = None) -> Playground:
    """Start everything; leaving `stack` ends everything. What the gateway keeps is thrown away then.

    The platforms' state lives in memory, so a gateway's memory of an earlier playground would fit nothing.

    Raises OSError if the port is taken or nothing can be written below `data_dir`.
    """
    home = data_dir / "playground"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    tidy(home)
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=home)))
    stack.enter_context(lock_data_dir(directory))
    telegram = await stack.enter_async_context(
        TelegramStandIn(limits=FloodLimits(), call_log_size=CALLS_KEPT, clock=clock)
    )
    # Repeatable tokens would do; this keeps one playground's gateway out of another's.
    discord = await stack.enter_async_context(DiscordStandIn(clock=clock, rng=random.SystemRandom()))
    # As the README advises: without privacy mode it hears a mention in a group.
    bot = telegram.people.add_bot(has_topics_enabled=True, implicit_topics=False, can_read_all_group_messages=True)
    bot.supports_guest_queries = True
    admins = _furnish(telegram, discord)
    changes = Changes()
    environ = _environ(telegram, bot, discord, directory / "data", admins)
    house = House(environ, directory / "gateway.log", clock, changes.ring, (TelegramPane.name, DiscordPane.name))
    panes = (TelegramPane(telegram, admins), DiscordPane(discord, admins))
    inside = Inside(panes, house, directory / "data", clock, changes)
    site = Site(panes, inside, changes)
    await site.start(port)
    stack.push_async_callback(site.stop)
    for task in (asyncio.create_task(inside.watch()), asyncio.create_task(house.run())):
        stack.push_async_callback(_end, task)
    return Playground(site, house, telegram, discord)


async def main(settings: Settings, port: int | None = None) -> None:
    """Open the playground until a signal ends it."""
    ending = asyncio.Event()
    end_on_signals(ending)
    async with AsyncExitStack() as stack:
        try:
            playground = await open_playground(stack, settings.data_dir, SystemClock(), port)
        except OSError as error:
            raise PlaygroundError(
                f"The playground cannot open ({error}). Choose another `--port`, or a `DATA_DIR` that can be "
                "written to."
            ) from error
        print(f"The playground is open: {playground.site.url}  (Ctrl-C closes it)", flush=True)  # noqa: T201
        await ending.wait()


def tidy(home: Path) -> None:
    """Remove what was left where a playground and its gateway were both killed. One that is open holds its own."""
    for left in home.glob("run-*"):
        try:
            if time.time() - left.stat().st_mtime < BEGINNING_S:
                continue
            with lock_data_dir(left):
                shutil.rmtree(left, ignore_errors=True)
        except (DataDirError, OSError):
            continue


def _furnish(telegram: TelegramStandIn, discord: DiscordStandIn) -> list[str]:
    """Two people and where they meet. Returns Alice's names as the admin's, as `ADMINS` takes them."""
    names = ("Alice", "Bob")
    here = [telegram.people.open_person(name, name.lower()) for name in names]
    for person in here:
        telegram.people.open_private(person)
    telegram.people.open_group("Book club", here)
    workshop = telegram.people.open_group("Workshop", here, forum=True, admin=True)
    telegram.people.open_topic(here[0], workshop, "Ideas")
    telegram.people.open_group("Elsewhere", here, bots=())
    there = [discord.people.open_person(name) for name in names]
    home = discord.people.open_guild("Home", there)
    discord.people.open_channel(home, "general")
    discord.people.open_channel(home, "random")
    discord.people.open_channel(home, "questions", kind="forum")
    for person in there:
        discord.people.open_private(person)
    return [f"telegram:user:{here[0]}", f"discord:user:{there[0]}"]


def _environ(
    telegram: TelegramStandIn, bot: BotAccount, discord: DiscordStandIn, data: Path, admins: list[str]
) -> dict[str, str]:
    """The person's own environment, their models' keys among it, but for what makes it a playground."""
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return os.environ | {
        # The stand-ins are here, whatever proxy leads outside.
        "no_proxy": f"{direct},127.0.0.1",
        "TELEGRAM_BOT_TOKEN": bot.token,
        "TELEGRAM_API_URL": telegram.url,
        "DISCORD_BOT_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DATA_DIR": str(data.absolute()),
        "ACCESS": "open",
        "GREETING": "off",
        "ADMINS": ",".join(admins),
        "PACING": "on",
        "SHUTDOWN_GRACE_S": "2",
        "PYTHONUNBUFFERED": "1",
    }


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait((task,))
