"""What is asked for is queued once, however often its event comes."""

from pathlib import Path

from bot.domain.messages import TextPart
from bot.domain.model_names import ModelName
from bot.domain.policy import Policy
from bot.domain.sessions import Mode, Modes
from bot.turns.turn_queue import Origin, Question, Queued, Request, TurnQueue
from storage import sessions
from storage.programs import Program
from tests.people.rooms import NOW, furnished
from tests.support.new_data import open_new

MODES = {"regular": Mode("regular", "", (ModelName("p/m"),), "")}


async def test_an_event_that_comes_again_queues_nothing(tmp_path: Path) -> None:
    queue = TurnQueue(Policy(modes=Modes(MODES, "regular"), tokens_per_request=0))

    def asked(*events: str) -> Program[list[bool]]:
        room, *_ = yield from furnished()
        session = yield from sessions.get(room.session)
        assert session is not None
        queued = []
        for event in events:
            request = Request(session, Question((TextPart("Again."),)), Origin(event), scheduled=True)
            outcome = yield from queue.ask(room.caller, request, NOW)
            assert isinstance(outcome, Queued)
            queued.append(outcome.turn is not None)
        return queued

    async with await open_new(tmp_path) as database:
        # Where the caller takes care of it, there is no event.
        assert await database.write(asked("one", "one", "two", "", "")) == [True, False, True, True, True]
