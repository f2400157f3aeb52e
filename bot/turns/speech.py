"""Reading answers aloud, behind them: what is wanted stands in the database, put there by the transaction that keeps an
answer, until its recordings wait in the outbox.

So no crash loses one, and none is shown twice: killed before that, it is made again; killed after it, it is there. The
words always stand in the chat already: what cannot be read aloud costs nobody anything but a voice.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.contracts.provider import Recording
from bot.domain.blocks import OutFile, Page
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError, StorageError
from bot.domain.ids import TurnId
from bot.domain.messages import FilePart, Message
from bot.domain.people import Person, ReadAloud
from bot.domain.policy import Policy
from bot.domain.provider_errors import EnglishOnly, StreamBroken
from bot.domain.turns import Turn
from bot.files.opus import voice_of
from bot.llm.chain import Chain
from bot.rendering.aloud import beginning, pieces, readable_aloud
from bot.rendering.pages import notice
from bot.texts import said_later, say_in
from bot.turns.turn_pages import where_to
from bot.voices.encoding import Encoder, NotEncoded
from storage import messages, outbox, speech, turns
from storage.database import Database
from storage.outbox import OutboxPage, Target
from storage.programs import Program

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Answers that are read aloud at the same time."""

_NOT_ITS_LANGUAGE = said_later("I can read only English aloud here.")
_NOT_READ = said_later("I could not read this aloud just now. Please try again later.")


def is_wanted(payer: Person, question: Message, policy: Policy) -> bool:
    """Whether the answer to a question is to be read aloud."""
    if not policy.speaking or payer.read_aloud is ReadAloud.OFF:
        return False
    spoken = any(isinstance(part, FilePart) and part.spoken for part in question.parts)
    return spoken or payer.read_aloud is ReadAloud.ALWAYS


def is_long(text: str) -> bool:
    """Whether only the beginning of an answer is read aloud unless somebody wants all of it."""
    readable = readable_aloud(text)
    return len(beginning(readable)) < len(readable.strip())


@dataclass(frozen=True, slots=True)
class _Needed:
    """What is to be read."""

    turn: Turn
    pieces: tuple[str, ...]
    whole: bool


class Speech:
    """Makes recordings of answers."""

    def __init__(
        self,
        database: Database,
        chain: Chain,
        policy: Policy,
        clock: Clock,
        deliver: Callable[[Sequence[OutboxPage]], None],
    ) -> None:
        self._database = database
        self._chain = chain
        self._policy = policy
        self._clock = clock
        self._deliver = deliver
        self._tasks: dict[TurnId, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._encoder = Encoder()

    def kick(self, turn: TurnId) -> None:
        """A turn's answer is to be read aloud."""
        if turn not in self._tasks:
            self._tasks[turn] = asyncio.create_task(self._run(turn), name=f"speech-{turn}")

    async def close(self) -> None:
        """Drop what is being read; it is wanted still."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._encoder.close()

    async def _run(self, turn: TurnId) -> None:
        try:
            async with self._places:
                await self._read(turn)
        except StorageError as error:
            log.error("speech_waits", turn=turn, error=error)
        finally:
            del self._tasks[turn]

    async def _read(self, turn: TurnId) -> None:
        needed = await self._database.read(_needed(turn))
        if needed is None:
            await self._database.write(speech.end(turn))
            return
        try:
            files = [await self._recorded(number, piece) for number, piece in enumerate(needed.pieces, 1)]
        except ParleyError as error:
            if isinstance(error, StorageError):
                raise
            log.warning("speech_failed", turn=turn, error=type(error).__name__, detail=error)
            why = _NOT_ITS_LANGUAGE if isinstance(error, EnglishOnly) else _NOT_READ
            self._deliver(await self._database.write(self._keep(needed, [], why)))
        else:
            self._deliver(await self._database.write(self._keep(needed, files)))

    async def _recorded(self, number: int, text: str) -> OutFile:
        await self._encoder.prepare()
        recording = await self._chain.speak(self._policy.speaking, text, self._policy.voice)
        try:
            data = await self._in_opus(recording)
            voice = voice_of(data)
        except (ValueError, NotEncoded) as error:
            raise StreamBroken(f"A recording cannot be read: {error}") from error
        return OutFile(f"voice-{number}.ogg", "audio/ogg", data, voice=voice)

    async def _in_opus(self, recording: Recording) -> bytes:
        """As both platforms take voice messages. Raises NotEncoded."""
        if recording.samples_per_s is None:
            return recording.data
        return await self._encoder.encoded(recording.data, recording.samples_per_s)

    def _keep(self, needed: _Needed, files: Sequence[OutFile], why: str = _NOT_READ) -> Program[list[OutboxPage]]:
        """Put recordings into the outbox, once; whoever asked for one hears why there is none."""
        if not (yield from speech.end(needed.turn.id)):
            return []
        place_row, turn = yield from where_to(needed.turn)
        say = say_in((yield from turns.language_of(turn.id)))
        pages = [Page((), file=file) for file in files]
        if not pages and needed.whole:
            pages = [notice(say(why))]
        queued = []
        for page in pages:
            # Among several people it says for whom it is.
            target = Target(place_row, turn.place, reply_to=None if turn.place.kind.private else turn.reply_to)
            row = yield from outbox.add(target, page, self._clock.now(), person=turn.payer)
            queued.append(row)
        return queued


def _needed(number: TurnId) -> Program[_Needed | None]:
    """What is to be read of a turn's answer; None if there is nothing, or it has gone."""
    whole = yield from speech.is_whole(number)
    found = yield from turns.get(number)
    answer = yield from turns.answer_of(number)
    message = (yield from messages.get(answer)) if answer is not None else None
    if whole is None or found is None or message is None or (yield from messages.is_forgotten(message.id)):
        return None
    text = readable_aloud(message.text)
    if not text:
        return None
    return _Needed(found[0], tuple(pieces(text)) if whole else (beginning(text),), whole)
