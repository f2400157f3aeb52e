"""What Telegram can do, per kind of place, and how fast a bot may talk there. Figures are those of Bot API 10.3."""

from bot.contracts.platform import Alone, Capabilities
from bot.domain.places import PlaceKind
from bot.pacing import Limits, Rate
from handlers.telegram.guest_buttons import DATA_BYTES

# A bot may send about 1 message a second to a chat (short bursts pass), 20 a minute to a group and 30 a second in all
# (Telegram's Bots FAQ). Edits and drafts count like messages. Each rate stays a little below, for what bunches up on
# the way: a group's is 14 a minute on top of a burst of 5.
LIMITS = Limits(
    bot=Rate(burst=5, every_s=0.04),
    chat=Rate(burst=4, every_s=1.0, reserve=1),
    group=Rate(burst=5, every_s=4.2, reserve=2),
    group_preview=Rate(burst=1, every_s=3.0),
)

_MEGABYTE = 1024 * 1024


def capabilities(kind: PlaceKind, *, topics: bool) -> Capabilities:
    """What can be done in such a place; `topics` says whether the bot's private chats have topics."""
    return (_WITH_TOPICS if topics else _WITHOUT_TOPICS)[kind]


def _of(kind: PlaceKind, *, topics: bool) -> Capabilities:
    guest = kind is PlaceKind.GUEST
    return Capabilities(
        text_limit=4096,
        caption_limit=1024,
        upload_limit_bytes=0 if guest else 50 * _MEGABYTE,
        download_limit_bytes=20 * _MEGABYTE,
        preview_interval_s=1.0 if kind.private else LIMITS.group_preview.every_s,
        draft_lifetime_s=30.0 if kind.private else None,
        typing_lifetime_s=0.0 if guest else 5.0,
        buttons_per_row=8,
        # A message takes 100 buttons in all.
        button_rows=12,
        button_label_limit=64,
        button_data_bytes=DATA_BYTES if guest else 64,
        choices_limit=8,
        creates_threads=topics and kind.private,
        renames_threads=kind in (PlaceKind.PRIVATE_THREAD, PlaceKind.GROUP_THREAD),
        deduplicates_sends_s=0.0,
        alert_limit=200,
        private_answers=Alone.NEVER if kind.private or guest else Alone.SOMETIMES,
        forms=False,
        messages_per_answer=1 if guest else None,
    )


_WITH_TOPICS = {kind: _of(kind, topics=True) for kind in PlaceKind}
_WITHOUT_TOPICS = {kind: _of(kind, topics=False) for kind in PlaceKind}
