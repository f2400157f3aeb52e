"""What happens to people, peer by peer: each cell of the table is made of what the stand-ins have seen."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from bot.standins.model import Hold
from tests.bench.peers.answers import BROKEN, lost_characters, mark, opening, question, sentences, shown
from tests.bench.peers.scene import LOST, REFUSED, SENDING, SHOWING, Scene, Spoiling

PEOPLE = 10
IN_PROGRESS_S = 45.0
RESUMED_S = 90.0
"""How long nobody is answered before those who wait count as lost."""
SETTLED_S = 30.0
"""How long something may still come twice, or late."""
LONG = 150
"""Sentences: 10,000 characters."""
TWO_PIECES = 80
TALKERS, TURNS = 10, 8

Opened = Callable[[], AbstractAsyncContextManager[Scene]]
Cells = dict[str, str]

KILLED = "`kill -9` with ten messages in progress"
REFUSALS = "the last send is refused three times (502)"
UNHEARD = "a sent message's acknowledgement is lost"
QUICK = "two messages in quick succession"
MARKDOWN = "broken Markdown from the model"
LENGTH = "an answer longer than a message (10,000 characters)"
CPU = "CPU per short turn, ms"
MEMORY = "memory when idle, MB"


async def killed(opened: Opened) -> Cells:
    """Ten people wait for the model when everything is killed; it is started again."""
    async with opened() as scene:
        hold = scene.model.hold = Hold()
        asked = {scene.newcomer(): scene.ask_number() for _ in range(PEOPLE)}
        for person, number in asked.items():
            scene.say(person, question(number))
        await scene.until(lambda: {mark(number) for number in asked.values()} <= set(scene.asked), IN_PROGRESS_S)
        await scene.until(lambda: not _pending(scene), IN_PROGRESS_S)
        await scene.tree.kill()
        # The next process finds a model that answers.
        scene.model.hold = None
        hold.over.set()
        await scene.start()
        began = time.monotonic()
        answered = await _answered(scene, asked)
        took_s = time.monotonic() - began
        await scene.until(lambda: any(scene.answers(*each) > 1 for each in asked.items()), 5)
        twice = sum(scene.answers(*each) > 1 for each in asked.items())
        told = sum(not scene.answers(*each) and bool(scene.texts(each[0])) for each in asked.items())
        return {KILLED: _of_killed(answered, took_s, twice, told)}


async def _answered(scene: Scene, asked: dict[int, int]) -> int:
    """How many people have an answer, once no more of them get one: some bots resume one after the other."""

    def count() -> int:
        return sum(scene.answers(*each) > 0 for each in asked.items())

    answered = count()
    while answered < PEOPLE and await scene.until(lambda before=answered: count() > before, RESUMED_S):  # type: ignore[misc]
        answered = count()
    return answered


def _pending(scene: Scene) -> int:
    """Messages that the bot has not taken from the platform."""
    return sum(len(bot.updates.pending) for bot in scene.telegram.world.bots.values())


def _of_killed(answered: int, took_s: float, twice: int, told: int) -> str:
    if answered == PEOPLE:
        said = f"none lost; all answered {took_s:.0f} s after the start"
    elif answered:
        said = f"{PEOPLE - answered} of ten lost"
    else:
        said = "all ten lost"
    return said + (f"; {twice} answered twice" if twice else "") + (f"; {told} are told" if told else "")


async def refused(opened: Opened) -> Cells:
    """The end of an answer of two messages meets 502 three times."""
    async with opened() as scene:
        person, number = scene.newcomer(), scene.ask_number()
        end = f"The end of {mark(number)}"
        scene.answer = lambda marks, _: f"{opening(marks)} {sentences(TWO_PIECES)} {end}"
        scene.wire.spoilings = [Spoiling(REFUSED, SHOWING, words=end)] * 3
        began = time.monotonic()
        scene.say(person, question(number))
        ended = await scene.until(lambda: any(end in text for text in scene.texts(person)))
        took_s = time.monotonic() - began
        await _settled(scene, person)
        texts = scene.texts(person)
        seen = shown(texts, TWO_PIECES)
        if seen.once == TWO_PIECES and ended:
            return {REFUSALS: f"arrives whole, after {took_s:.0f} s"}
        return {REFUSALS: f"{seen}{'' if ended else '; its end never comes'}" + await _goes_on(scene, person)}


async def unheard(opened: Opened) -> Cells:
    """The platform shows the answer, but the connection breaks before it has said so."""
    async with opened() as scene:
        person, number = scene.newcomer(), scene.ask_number()
        scene.wire.spoilings = [Spoiling(LOST, SENDING, chat=person)]
        scene.say(person, question(number))
        await scene.until(lambda: scene.answers(person, number))
        await _settled(scene, person)
        times = scene.answers(person, number)
        marked = len([text for text in scene.texts(person) if text.strip() != f"Answer to {mark(number)}."])
        shows = {0: "answer lost", 1: "shown once"}.get(times, f"shown {times} times")
        if times > 1:
            shows += ", marked" if marked else ", unmarked"
        return {UNHEARD: shows + await _goes_on(scene, person)}


async def _settled(scene: Scene, person: int) -> None:
    """Wait until a chat has not changed for a while."""
    while True:
        texts = scene.texts(person)
        if not await scene.until(lambda before=texts: scene.texts(person) != before, SETTLED_S):  # type: ignore[misc]
            return


async def _goes_on(scene: Scene, person: int) -> str:
    """What is to be said of the chat if the next question has no answer."""
    number = scene.ask_number()
    scene.answer = lambda marks, _: opening(marks)
    scene.say(person, question(number))
    return "" if await scene.until(lambda: scene.answers(person, number)) else "; the next question has no answer"


async def quick(scene: Scene) -> Cells:
    """A second message comes while the first is at the model."""
    person, numbers = scene.newcomer(), (scene.ask_number(), scene.ask_number())
    hold = scene.model.hold = Hold()
    scene.say(person, question(numbers[0]))
    await scene.until(lambda: mark(numbers[0]) in scene.asked)
    scene.say(person, question(numbers[1]))
    # Who takes both into one request has asked the model again by then, or will do so behind this answer.
    await scene.until(lambda: mark(numbers[1]) in scene.asked, 3)
    scene.model.hold = None
    hold.over.set()
    await scene.until(lambda: all(scene.answers(person, number) for number in numbers))
    await asyncio.sleep(1)
    places = [
        next((at for at, text in enumerate(scene.texts(person)) if f"Answer to {mark(number)}" in text), -1)
        for number in numbers
    ]
    return {QUICK: _of_quick(*places)}


def _of_quick(first: int, second: int) -> str:
    match (first, second):
        case (-1, -1):
            return "no answer"
        case (-1, _):
            return "the first is not answered"
        case (_, -1):
            return "the second is not answered"
        case _ if first == second:
            return "one answer to both"
        case _:
            return "two answers, in order" if first < second else "two answers, the second first"


async def markdown(scene: Scene) -> Cells:
    """Ten paragraphs of which no sign is markup."""
    person, number = scene.newcomer(), scene.ask_number()
    text = "\n\n".join(BROKEN)
    scene.answer = lambda marks, _: f"{opening(marks)}\n\n{text}\n\nThe end."
    scene.say(person, question(number))
    await scene.until(lambda: any("The end." in text for text in scene.texts(person)))
    lost = lost_characters(text, scene.texts(person))
    return {MARKDOWN: f"{len(lost)} characters dropped: ` {lost} `" if lost else "every character stays"}


async def length(scene: Scene) -> Cells:
    """Three messages' worth of numbered sentences."""
    person, number = scene.newcomer(), scene.ask_number()
    scene.answer = lambda marks, _: f"{opening(marks)} {sentences(LONG)}"
    scene.say(person, question(number))
    await scene.until(lambda: shown(scene.texts(person), LONG).missing == 0)
    await asyncio.sleep(1)
    return {LENGTH: str(shown(scene.texts(person), LONG))}


async def figures(scene: Scene) -> Cells:
    """What it needs before anything has happened, and for short answers."""
    await asyncio.sleep(10)
    memory = scene.tree.memory_mb()
    people = [scene.newcomer() for _ in range(TALKERS)]
    # The first turns make what all others find.
    await asyncio.gather(*(_talk(scene, person, 2) for person in people))
    before_s = scene.tree.cpu_s()
    await asyncio.gather(*(_talk(scene, person, TURNS) for person in people))
    used_s = scene.tree.cpu_s() - before_s
    return {
        CPU: f"{1000 * used_s / (TALKERS * TURNS):.0f}",
        MEMORY: f"{memory:.0f}",
    }


async def _talk(scene: Scene, person: int, turns: int) -> None:
    for _ in range(turns):
        number = scene.ask_number()
        scene.say(person, question(number))
        await scene.until(lambda asked=number: scene.answers(person, asked))  # type: ignore[misc]


async def together(opened: Opened) -> Cells:
    """What one process can go through, as nothing in it breaks anything."""
    async with opened() as scene:
        cells: Cells = {}
        for one in (figures, quick, markdown, length):
            scene.answer = lambda marks, _: opening(marks)
            cells |= await one(scene)
        return cells


PARTS: tuple[Callable[[Opened], Awaitable[Cells]], ...] = (killed, refused, unheard, together)
ROWS = (KILLED, REFUSALS, UNHEARD, QUICK, MARKDOWN, LENGTH, CPU, MEMORY)
