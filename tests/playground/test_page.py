"""The playground as a person uses it, in a real browser. Skipped, visibly, where no Chromium is found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.domain.clock import SystemClock
from bot.playground.playground import Playground, open_playground
from bot.standins.model import Hold, ModelServer
from tests.support.accessible import weaknesses
from tests.support.chromium import Tab, find_chromium, open_tab

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the playground's page is not tested"),
    # One browser and one gateway serve all tests here: each needs seconds to start.
    pytest.mark.asyncio(loop_scope="module"),
]

RUNNING = "document.querySelector('#pulse').dataset.condition === 'running'"
ENTER = ("Enter", 13)
NO_COLOUR = "rgba(0, 0, 0, 0)"

SAMPLE = """## A heading

**Bold**, *italic*, `code`, a [link](https://example.org/) and $a^2$.

> A quotation.

- [x] done
- [ ] open

| Name | Number |
|---|---:|
| one | 1 |

```python
print("hello")
```

The end."""


def settled(pane: str) -> str:
    """An expression that is true while a pane shows the end of its conversation."""
    end = "(scroll => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 4)"
    return f"{end}(document.querySelector('#{pane} .scroll'))"


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

    async def sees(self, pane: str, text: str, *, times: int | None = None) -> None:
        """Wait until messages of a pane hold a text: some, or exactly so many."""
        messages = f"[...document.querySelectorAll('#{pane} .messages > *')]"
        count = f"{messages}.filter(one => one.textContent.includes({text!r})).length"
        await self.tab.until(f"{count} > 0" if times is None else f"{count} === {times}")

    async def presses(self, pane: str, label: str) -> None:
        """Press the last button of a pane with this label."""
        button = (
            f"[...document.querySelectorAll('#{pane} button')].filter(b => b.textContent.includes({label!r})).at(-1)"
        )
        await self.tab.until(button + " !== undefined")
        await self.tab.click(button)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A browser before an open playground, for all tests here; what one has said the next one still finds."""
    directory = tmp_path_factory.mktemp("page")
    model = ModelServer()
    await model.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(model.close)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {
            "MISTRAL_API_KEY": "key-of-the-page",
            "MISTRAL_BASE_URL": f"{model.url}/v1",
            "TITLES": "off",
            "TELEGRAM_BOT_TOKEN": "not-this-one",
        }.items():
            patch.setenv(name, value)
        playground = await open_playground(stack, directory / "data", SystemClock(), 0)
        tab = await stack.enter_async_context(open_tab(CHROMIUM or "", directory / "profile"))
        yield Scene(tab, playground, model)


@pytest_asyncio.fixture(loop_scope="module")
async def scene(opened: Scene) -> AsyncIterator[Scene]:
    """The page as somebody finds it who opens it now."""
    opened.model.hold = None
    await opened.tab.send("Emulation.clearDeviceMetricsOverride")
    await opened.tab.send("Emulation.setEmulatedMedia", features=[])
    await opened.tab.open(opened.playground.site.url)
    await opened.tab.until(RUNNING, 90)
    yield opened
    assert opened.tab.errors == []


async def test_axe_finds_nothing_on_a_phone_a_laptop_and_a_wide_screen(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = SAMPLE
    await scene.writes("telegram", "Show everything.")
    await scene.sees("telegram", "The end.")
    await scene.writes("discord", "Show everything.")
    await scene.sees("discord", "The end.")
    await scene.writes("telegram", "/settings")
    await scene.sees("telegram", "Default mode")
    found: list[str] = []
    for width, height in ((390, 844), (1280, 800), (2560, 1300)):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        await tab.send("Emulation.setDeviceMetricsOverride", **size)
        for scheme in ("light", "dark"):
            # What still moves is measured halfway.
            wished = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
            features = [{"name": name, "value": value} for name, value in wished.items()]
            await tab.send("Emulation.setEmulatedMedia", features=features)
            for pane in ("telegram", "discord", "inside") if width < 1241 else ("telegram",):
                await tab.evaluate(f"document.querySelector('#tab-{pane}').click()")
                found.extend(f"{width} {scheme} {pane}: {one}" for one in await weaknesses(tab))
    await tab.click("document.querySelector('#what')")
    found.extend(await weaknesses(tab))
    # White on nothing: above a backdrop axe-core does not dare to judge.
    assert await tab.evaluate("getComputedStyle(document.querySelector('dialog .loud')).backgroundColor") != NO_COLOUR
    assert found == []


async def test_both_panes_talk_to_the_bot_and_a_kill_loses_nothing(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = "Two **tides** a day."
    await scene.writes("telegram", "Why are there tides?")
    await scene.sees("telegram", "Two tides a day.")
    assert await tab.evaluate("document.querySelector('#telegram .messages b, #telegram .messages strong').textContent")
    await scene.writes("discord", "Why are there tides?")
    await scene.sees("discord", "Two tides a day.")
    await tab.until("Number([...document.querySelectorAll('#inside .stages b')].at(-1).textContent) >= 2")
    await tab.until("document.querySelectorAll('#inside .ledger tbody tr').length >= 4")

    scene.model.hold = Hold(20)
    scene.model.reply = "word " * 60 + "over and out."
    await scene.writes("telegram", "Talk for a while.")
    await tab.until("document.querySelector('#telegram .draft')?.textContent.includes('word word')")
    await scene.presses("inside", "kill")
    await tab.until("document.querySelector('#pulse').dataset.condition === 'down'")
    scene.model.hold = None
    await tab.until(RUNNING, 90)
    await scene.sees("telegram", "over and out.", times=1)
    await scene.writes("telegram", "Still there?")
    await scene.sees("telegram", "over and out.", times=2)


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
    await scene.tab.click("document.querySelector('#inside .switch .knob')")
    await scene.tab.until("document.querySelector('#inside input[value=flood]').checked")
    await asyncio.wait_for(ask_until_refused(scene), 60)
    await scene.tab.click("document.querySelector('#inside .switch .knob')")
    await scene.tab.until("!document.querySelector('#inside input[value=flood]').checked")


async def ask_until_refused(scene: Scene) -> None:
    """Ask until a call is refused, and see every answer once."""
    asked = 0
    while not await scene.tab.evaluate("/429/.test(document.querySelector('#inside .calls').textContent)"):
        asked += 1
        scene.model.reply = f"It is answer {asked}."
        await scene.writes("telegram", f"Question {asked}")
        await scene.sees("telegram", f"It is answer {asked}.", times=1)


async def test_a_group_answers_a_post_opens_and_a_form_is_asked_once(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = "Here is $x^2$.\n\n| Description of it | Sum |\n|---|---|\n| a | $\\frac{1}{2}$ |"
    await tab.until("/admin/.test(document.querySelector('#telegram .people').textContent)")
    # What the page proposes for a group is heard there; a formula is shown in signs.
    await tab.click("[...document.querySelectorAll('#telegram .room')].find(room => room.title === 'Book club')")
    await scene.writes("telegram", "@parley_bot what is it?")
    await scene.sees("telegram", "1/2")
    await scene.sees("telegram", "x²")
    await scene.sees("telegram", "frac", times=0)
    # What concerns one alone, only they see, and what they have asked for it.
    await scene.writes("telegram", "/tokens")
    await scene.sees("telegram", "Only the bot can see this")
    await scene.sees("telegram", "Only you can see this")
    await scene.presses("telegram", "Bob")
    await tab.click("[...document.querySelectorAll('#telegram .room')].find(room => room.title === 'Book club')")
    await scene.sees("telegram", "x²")
    await scene.sees("telegram", "/tokens", times=0)
    # Where the bot is no member it is called by its name.
    await tab.click("[...document.querySelectorAll('#telegram .room')].find(room => room.title === 'Elsewhere')")
    await scene.writes("telegram", "@parley_bot and here?")
    await scene.sees("telegram", "x²")
    # What is below an answer there is for whoever asked.
    await scene.presses("telegram", "Alice")
    await tab.click("[...document.querySelectorAll('#telegram .room')].find(room => room.title === 'Elsewhere')")
    await scene.sees("telegram", "x²")
    await scene.presses("telegram", "Regenerate")
    await tab.until("/no longer here/.test(document.querySelector('dialog[open]').textContent)")
    await tab.click("document.querySelector('dialog .loud')")
    await tab.until("!document.querySelector('dialog')")
    # A form that was cancelled is gone, also for a page that is opened anew.
    # Bob has no older card whose button could be meant.
    await scene.presses("discord", "Bob")
    await tab.until("document.querySelector('#discord .messages .empty')")
    await tab.type("#discord textarea", "/settings")
    await tab.until("!document.querySelector('#discord .menu').hidden")
    await tab.key(*ENTER)
    await scene.sees("discord", "System prompt", times=1)
    await tab.until(settled("discord"))
    await scene.presses("discord", "System prompt")
    await tab.until("document.querySelector('dialog[open]')")
    await tab.click("document.querySelector('dialog .quiet')")
    await tab.until("!document.querySelector('dialog')")
    await tab.open(scene.playground.site.url)
    await scene.presses("discord", "Bob")
    await scene.sees("discord", "System prompt")
    assert (
        await tab.evaluate(
            "new Promise(done => setTimeout(() => done(document.querySelectorAll('dialog').length), 100))"
        )
        == 0
    )
    # A new post is where one is then.
    await tab.click("[...document.querySelectorAll('#discord .room')].find(room => room.title === 'questions')")
    await scene.presses("discord", "New post")
    await tab.type("dialog input", "Tides")
    await tab.type("dialog textarea", "Why are there tides?")
    await tab.click("document.querySelector('dialog .loud')")
    await tab.until("/Tides/.test(document.querySelector('#discord .chat-head').textContent)")
    # Whatever has come, its end is what one sees.
    scene.model.reply = "\n".join(f"{number}. line" for number in range(1, 80))
    await scene.writes("discord", "@Parley count")
    await scene.sees("discord", "79. line".removeprefix("79. "), times=1)
    await tab.until(settled("discord"))


async def test_what_is_typed_while_a_message_is_on_its_way_stays(scene: Scene) -> None:
    tab = scene.tab
    scene.model.reply = lambda body: f"Heard: {body['messages'][-1]['content']}"
    held = "window.fetch = (...what) => new Promise(done => window.let_go = done).then(() => window.passes(...what))"
    await tab.evaluate(f"window.passes = window.fetch, {held}, 1")
    await scene.writes("telegram", "first line")
    await tab.until("window.let_go")
    await tab.send("Input.insertText", text="second line")
    await tab.evaluate("(window.fetch = window.passes, window.let_go(), 1)")
    await scene.sees("telegram", "Heard: first line")
    assert await tab.evaluate("document.querySelector('#telegram textarea').value") == "second line"
    # What cannot be sent comes back into the field, for one more try.
    await tab.evaluate("(window.fetch = () => Promise.reject(new Error('no network')), 1)")
    await tab.key(*ENTER)
    await tab.until("document.querySelector('#telegram textarea').value === 'second line'")
    await tab.evaluate("(window.fetch = window.passes, 1)")
    await tab.key(*ENTER)
    await scene.sees("telegram", "Heard: second line")
    assert await tab.evaluate("document.querySelector('#telegram textarea').value") == ""
