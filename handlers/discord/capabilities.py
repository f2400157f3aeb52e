"""What Discord can do, and how often."""

from functools import cache

from bot.contracts.platform import Alone, Capabilities
from bot.domain.places import PlaceKind
from bot.pacing import Limits, Rate

TEXT_LIMIT = 2_000
"""Code points of a message, the signs of its Markdown among them."""
NAME_LIMIT = 100
"""Code points of a thread's name."""
CUSTOM_ID_LIMIT = 100
_SAYS_AGAIN = 3
"""What `inbound.AGAIN` takes with its number: there are 25 buttons at most."""

LIMITS = Limits(
    bot=Rate(burst=20, every_s=1 / 45, reserve=5),
    # Discord allows about 5 messages and 5 edits in 5 s in a channel. Whoever uses a bucket up waits inside the
    # library, and a final would wait behind it.
    chat=Rate(burst=4, every_s=1.25, reserve=2),
    group=Rate(burst=4, every_s=1.25, reserve=2),
    group_preview=Rate(burst=1, every_s=1.5),
)


@cache
def capabilities(kind: PlaceKind) -> Capabilities:
    """What can be done at such a place."""
    guest = kind is PlaceKind.GUEST
    return Capabilities(
        text_limit=TEXT_LIMIT,
        caption_limit=TEXT_LIMIT,
        upload_limit_bytes=10 * 1024 * 1024,
        download_limit_bytes=500 * 1024 * 1024,
        preview_interval_s=1.5,
        draft_lifetime_s=None,
        typing_lifetime_s=0.0 if guest else 10.0,
        buttons_per_row=5,
        button_rows=5,
        button_label_limit=80,
        button_data_bytes=CUSTOM_ID_LIMIT - _SAYS_AGAIN,
        choices_limit=25,
        creates_threads=not kind.private and not guest,
        renames_threads=kind is PlaceKind.GROUP_THREAD,
        # Discord remembers a nonce for "a few minutes", but takes none with a command's token.
        deduplicates_sends_s=0.0 if guest else 120.0,
        alert_limit=0,
        private_answers=Alone.ALWAYS,
        forms=True,
        # A command's token brings the first message and five more there; one of them shows the question.
        messages_per_answer=4 if guest else None,
    )
