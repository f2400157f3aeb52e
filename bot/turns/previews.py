"""The preview of an answer while it is being written."""

from bot.contracts.bots import Bots
from bot.contracts.platform import PreviewTarget
from bot.delivery.outbox import answer_nonce
from bot.delivery.preview import Preview
from bot.delivery.waiting_signs import WaitingSigns
from bot.domain.clock import Clock
from bot.domain.people import Previews
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.rendering.pages import window
from bot.texts import say_in
from bot.turns.answer_buttons import stop_button
from bot.turns.briefing import Begun
from storage import places, turns
from storage.database import Database
from storage.programs import Program


class TurnPreviews:
    """Makes the previews of turns."""

    def __init__(self, database: Database, bots: Bots, policy: Policy, clock: Clock, signs: WaitingSigns) -> None:
        self._signs = signs
        self._database = database
        self._bots = bots
        self._policy = policy
        self._clock = clock

    def preview(self, begun: Begun) -> Preview:
        """A turn's preview, not yet started; the message that shows it is noted with the turn.

        What it shows takes the place of a sign that the question waits.
        """
        self._signs.take_back(begun.turn.id)
        turn, wanted = begun.turn, begun.payer.previews or self._policy.previews
        platform = self._bots.at(turn.place)

        async def keep_id(remote_id: str) -> None:
            await self._database.write(turns.note_preview(turn.id, remote_id))

        async def elsewhere() -> Place:
            return await self._database.write(_let_chat_stand_in(turn.place))

        target = PreviewTarget(
            turn.id,
            turn.preview,
            turn.reply_to,
            stop_button(turn.id, say_in(begun.payer.language)),
            nonce=answer_nonce(turn.id, turn.left_cards, self._database.life),
            receipt=turn.receipt,
            as_message=wanted is Previews.EDITS,
        )
        return Preview(
            platform,
            turn.place,
            target,
            self._clock,
            on_message=keep_id,
            elsewhere=elsewhere,
            # What may not be shown at all is not shown while it is written.
            silent=wanted is Previews.OFF or begun.may_be_silent,
            draw=lambda text: window(platform, turn.place, text),
        )


def _let_chat_stand_in(thread: Place) -> Program[Place]:
    """From now on, what is meant for a thread that is gone is shown in its chat."""
    row, _ = yield from places.open_place(thread, "")
    _, chat = yield from places.let_stand_in(row)
    return chat
