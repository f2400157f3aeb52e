"""What a file may decide: no more than the person who brings it could choose by hand."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.archive import ArchivedMessage, ArchivedSession
from bot.domain.ids import UnixMs
from bot.domain.messages import Author
from bot.domain.sessions import PROMPT_LIMIT
from bot.domain.turns import FinishReason
from bot.incoming.call import Call
from bot.texts import said_later
from handlers.commands.modes import choosable, consented_modes

LABEL_LIMIT = 200
"""Of a model's or a speaker's name, in characters."""

MODE = said_later("modes")
MODEL = said_later("models")
PROMPT = said_later("system prompts")

_FINISHES = frozenset(FinishReason)


@dataclass(frozen=True, slots=True)
class Admission:
    """What this person could choose by hand where they are."""

    modes: Collection[str]
    models: Collection[str]
    default_mode: str
    now: UnixMs

    def left_out(self, session: ArchivedSession) -> set[str]:
        """What a session names that this person could not choose: sentences of ours."""
        found = set()
        if session.mode and session.mode not in self.modes:
            found.add(MODE)
        if session.model and session.model not in self.models:
            found.add(MODEL)
        if max(len(session.system_prompt or ""), len(session.instructions)) > PROMPT_LIMIT:
            found.add(PROMPT)
        return found

    def admitted(self, session: ArchivedSession) -> ArchivedSession:
        """The session without that."""
        prompt = (session.system_prompt or "").strip()
        within = {message.parent for message in session.messages} | {session.tip}
        return replace(
            session,
            mode=session.mode if session.mode in self.modes else self.default_mode,
            model=session.model if session.model in self.models else None,
            system_prompt=prompt if prompt and len(prompt) <= PROMPT_LIMIT else None,
            instructions=session.instructions if len(session.instructions) <= PROMPT_LIMIT else "",
            messages=tuple(self._message(message, within) for message in session.messages),
            created_at=self._moment(session.created_at),
            updated_at=self._moment(session.updated_at),
        )

    def _message(self, message: ArchivedMessage, within: Collection[str | None]) -> ArchivedMessage:
        """A note on a file hangs beside the conversation. One that stands within it would be a system prompt."""
        instructs = message.author is Author.SYSTEM and message.key in within
        return replace(
            message,
            author=Author.USER if instructs else message.author,
            model=message.model[:LABEL_LIMIT],
            speaker=message.speaker[:LABEL_LIMIT],
            finish=message.finish if message.finish in _FINISHES else "",
            created_at=self._moment(message.created_at),
        )

    def _moment(self, moment: UnixMs) -> UnixMs:
        """Nothing was said later than now; what has no time is from now."""
        return min(moment, self.now) or self.now


async def admission_of(call: Call) -> Admission:
    """What the caller could choose by hand here."""
    return Admission(await consented_modes(call), await choosable(call), call.policy.default_mode, call.now)
