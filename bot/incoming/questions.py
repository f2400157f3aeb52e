"""Questions that stay open in a chat: a view's form or menu, and the message that answers it."""

from bot.contracts.command import View
from bot.domain.incoming import Inbound, Invocation
from bot.domain.messages import FilePart
from storage.inbox import Asked


def asked_as(label: str) -> str:
    """The label of a field, as a message that asks for it."""
    return label if label.endswith((":", "?", ".", "：", "？", "。")) else f"{label}:"


def question_of(view: View) -> Asked | None:
    """What the next message may answer."""
    if view.form is not None:
        return Asked(view.form.command, view.form.args, tuple(field.label for field in view.form.fields))
    return Asked(view.menu.command, view.menu.args, ()) if view.menu is not None else None


def answering(inbound: Inbound, asked: Asked) -> Invocation:
    """A message as the command that has asked, with what was given to it before."""
    return Invocation(
        event_key=inbound.event_key,
        place=inbound.place,
        sender=inbound.sender,
        command=asked.command,
        args=asked.args,
        origin="native",
        remote_id=inbound.remote_id,
        receipt=inbound.receipt if inbound.private else "",
        private=inbound.private,
        place_title=inbound.place_title,
        adults_only=inbound.adults_only,
        named=inbound.named,
        files=tuple(part for part in inbound.parts if isinstance(part, FilePart)),
    )
