"""Messages that only one member of a group sees: they are edited and deleted by methods of their own."""

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.keyboard import checked_keyboard
from bot.standins.telegram.methods_messages import apply_edit, edited_content
from bot.standins.telegram.model import Chat, Message


def edit_ephemeral_message_text(context: Context) -> bool:
    """Another text or rich content, and other buttons."""
    chat, message = _own(context)
    keyboard = checked_keyboard(context.params.mapping("reply_markup"))
    apply_edit(context, chat, message, {**edited_content(context), "keyboard": keyboard})
    return True


def edit_ephemeral_message_reply_markup(context: Context) -> bool:
    """Other buttons, or none."""
    chat, message = _own(context)
    apply_edit(context, chat, message, {"keyboard": checked_keyboard(context.params.mapping("reply_markup"))})
    return True


def delete_ephemeral_message(context: Context) -> bool:
    """Take it away."""
    chat, message = _own(context)
    context.world.delete(chat, message.id)
    return True


def _own(context: Context) -> tuple[Chat, Message]:
    chat = context.chat()
    message = chat.messages.get(context.params.integer("ephemeral_message_id") or 0)
    receiver = context.params.integer("receiver_user_id")
    if message is None or message.receiver is None or message.receiver["id"] != receiver:
        raise bad_request("message to edit not found")
    if message.sender["id"] != context.bot.id:
        raise bad_request("message to edit not found")
    return chat, message
