"""The identifiers of what is kept. All are positive integers given by the database and never given twice."""

import random
from typing import NewType

PersonId = NewType("PersonId", int)
SessionId = NewType("SessionId", int)
MessageId = NewType("MessageId", int)
TurnId = NewType("TurnId", int)
FolderId = NewType("FolderId", int)
FactId = NewType("FactId", int)
AttachmentId = NewType("AttachmentId", int)
DocumentId = NewType("DocumentId", int)
SummaryId = NewType("SummaryId", int)
ScheduleId = NewType("ScheduleId", int)
PageId = NewType("PageId", int)
"""A row of the outbox: one platform message that must be shown, or has been."""

UnixMs = NewType("UnixMs", int)
"""A moment: milliseconds since 1970-01-01 UTC."""


def new_reference(rng: random.Random) -> str:
    """Six characters that a person can quote and the operator can find in the log."""
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6))
