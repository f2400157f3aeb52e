"""The playground as a person uses it, in a real browser. Skipped, visibly, where no Chromium is found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.playground.model import ModelServer, Pace
from bot.playground.playground import Playground, open_playground
from tests.playground.chromium import Tab, find_chromium, open_tab

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the playground's page is not tested")

RUNNING = "document.querySelector('#pulse').dataset.condition === 'running'"
ENTER = ("Enter", 13)


@dataclass(frozen=True, slots=True)
class Scene:
    """An open playground in front of a person."""

    tab: Tab
    playground: Playground
    model: ModelServer

    async def writes(self, pane: str, text: str) -> None:
        """Type into a pane and send it."""
        await self.tab.type(f"#{pane} textarea", text)
        await self.tab.key(*ENTER)

    async def sees(self, pane: str, text: str, *, times: int = 1) -> None:
        """Wait until so many messages of a pane hold a text."""
        messages = f"[...document.querySelectorAll('#{pane} .messages > *')]"
        await self.tab.until(f"{messages}.filter(one => one.textContent.includes({text!r})).length === {times}")

    async def presses(self, pane: str, label: str) -> None:
        """Press the last button of a pane with this label."""
        button = (
            f"[...document.querySelectorAll('#{pane} button')].filter(b => b.textContent.includes({label!r})).at(-1)"
        )
        await self.tab.until(button + " !== undefined")
        await self.tab.click(button)


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    model = ModelServer()
    await model.start()
    for name, value in {
        "MISTRAL_API_KEY": "key-of-the-page",
        "MISTRAL_BASE_URL": f"{model.url}/v1",
        "TITLES": "off",
        "TELEGRAM_BOT_TOKEN": "not-this-one",
    }.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(model.close)
        playground = await open_playground(stack, tmp_path / "data", SystemClock(), 0)
        tab = await stack.enter_async_context(open_tab(CHROMIUM or "", tmp_path / "profile"))
        await tab.open(playground.site.url)
        await tab.until(RUNNING, 30)
        yield Scene(tab, playground, model)
        assert tab.errors == []


async def test_both_panes_talk_to_the_bot_and_a_kill_loses_nothing(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = "Two **tides** a day."
    await scene.writes("telegram", "Why are there tides?")
    await scene.sees("telegram", "Two tides a day.")
    assert await tab.evaluate("document.querySelector('#telegram .messages b, #telegram .messages strong').textContent")
    await scene.writes("discord", "Why are there tides?")
    await scene.sees("discord", "Two tides a day.")
    await tab.until("[...document.querySelectorAll('#inside .stages b')].at(-1).textContent === '2'")
    await tab.until("document.querySelectorAll('#inside .ledger tbody tr').length >= 4")

    scene.model.pace = Pace(first_token_s=0.1, token_s=0.05)
    scene.model.reply = "word " * 60 + "end."
    await scene.writes("telegram", "Talk for a while.")
    await tab.until("document.querySelector('#telegram .draft')?.textContent.includes('word word')")
    await scene.presses("inside", "kill")
    await tab.until("document.querySelector('#pulse').dataset.condition === 'down'")
    scene.model.pace = Pace()
    await tab.until(RUNNING, 30)
    await scene.sees("telegram", "end.")
    await scene.writes("telegram", "Still there?")
    await scene.sees("telegram", "end.", times=2)


async def test_commands_buttons_forms_edits_files_and_a_second_person(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = lambda body: f"You said: {body['messages'][-1]['content']}"
    # A command by keyboard from the menu, a button, and a form.
    await tab.type("#discord textarea", "/setti")
    await tab.until("!document.querySelector('#discord .menu').hidden")
    await tab.key(*ENTER)
    await scene.sees("discord", "Default mode")
    await scene.presses("discord", "System prompt")
    await tab.until("document.querySelector('dialog[open] input, dialog[open] textarea')")
    await tab.send("Input.insertText", text="Speak like a pirate.")
    await tab.click("document.querySelector('dialog .loud')")
    await scene.sees("discord", "Speak like a pirate.")
    # An edit asks again.
    await scene.writes("telegram", "waht?")
    await scene.sees("telegram", "You said: waht?")
    await tab.key("ArrowUp", 38)
    await tab.until("document.querySelector('#telegram .context').textContent.includes('Edit')")
    await tab.evaluate("document.querySelector('#telegram textarea').select()")
    await tab.send("Input.insertText", text="what?")
    await tab.key(*ENTER)
    await scene.sees("telegram", "You said: what?")
    # A file.
    await tab.evaluate(
        "(() => { const input = document.querySelector('#telegram input[type=file]'); const data = new DataTransfer();"
        " data.items.add(new File(['hello'], 'notes.txt', {type: 'text/plain'})); input.files = data.files;"
        " input.dispatchEvent(new Event('change')); })()"
    )
    await scene.writes("telegram", "What is in it?")
    await scene.sees("telegram", "notes.txt", times=2)
    # The other person sees nothing of it.
    await scene.presses("telegram", "Bob")
    await tab.until("document.querySelector('#telegram .messages .empty')")
    # A mention opens a thread.
    await tab.click("[...document.querySelectorAll('#discord .room')].find(room => room.title === 'general')")
    await scene.writes("discord", "@Parley hello")
    await tab.until("document.querySelector('#discord .room.below')")


async def test_the_page_works_on_a_phone_in_the_dark_and_by_keyboard(scene: Scene) -> None:
    tab = scene.tab
    light = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
    await tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    await tab.until(f"getComputedStyle(document.body).backgroundColor !== {light!r}")
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    await tab.send("Emulation.setDeviceMetricsOverride", **size)
    shown = "[...document.querySelectorAll('.pane')].filter(pane => pane.offsetParent).map(pane => pane.id).join()"
    await tab.until(f"{shown} === 'telegram'")
    await tab.evaluate("document.querySelector('#tab-telegram').focus()")
    await tab.key("ArrowRight", 39)
    await tab.until(f"{shown} === 'discord'")
    await tab.until("document.documentElement.scrollWidth <= 390")


async def test_a_switch_makes_the_platforms_refuse_calls_and_answers_come_all_the_same(scene: Scene) -> None:
    scene.model.reply = "Here it is."
    await scene.tab.click("document.querySelector('#inside .switch .knob')")
    await scene.tab.until("document.querySelector('#inside input[value=flood]').checked")
    await asyncio.wait_for(ask_until_refused(scene), 60)


async def ask_until_refused(scene: Scene) -> None:
    """Ask until a call is refused, and see every answer once."""
    asked = 0
    while not await scene.tab.evaluate("/429/.test(document.querySelector('#inside .calls').textContent)"):
        asked += 1
        await scene.writes("telegram", f"Question {asked}")
        await scene.sees("telegram", "Here it is.", times=asked)
