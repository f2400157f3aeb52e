"""Drafts: the answer as it grows, in private chats only."""

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.methods_messages import text_of, thread_of
from bot.standins.telegram.model import DRAFT_LIFE_S, ChatKind, Draft, Json, Version
from bot.standins.telegram.rich import checked_rich, rich_text
from bot.standins.telegram.text import TEXT_LIMIT, Entity, units


def send_message_draft(context: Context) -> bool:
    """Text, 0 to 4096 units; an empty one shows "Thinking…"."""
    text, entities = text_of(context)
    return _show(context, text, entities, None)


def send_rich_message_draft(context: Context) -> bool:
    """Rich content; a `thinking` block is allowed here only."""
    rich = checked_rich(context.params.mapping("rich_message") or {}, draft=True)
    return _show(context, rich_text(rich["blocks"]), [], rich)


def _show(context: Context, text: str, entities: list[Entity], rich: Json | None) -> bool:
    chat = context.chat()
    if chat.kind is not ChatKind.PRIVATE:
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    number = context.params.integer("draft_id")
    if not number:
        raise bad_request("RANDOM_ID_INVALID")
    if rich is None and units(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    thread = thread_of(context, chat)
    draft = Draft(
        number,
        context.bot.id,
        text,
        entities,
        rich,
        can_stop=context.params.flag("can_stop"),
        keep_on_stop=context.params.flag("keep_on_stop"),
        expires_s=context.world.clock.monotonic() + DRAFT_LIFE_S,
    )
    shown = chat.drafts.get(thread)
    if shown is not None and shown.id == number:
        draft.versions = shown.versions
    draft.versions.append(Version(context.world.clock.now(), text, entities))
    chat.drafts[thread] = draft
    context.world.changes.ring()
    return True
