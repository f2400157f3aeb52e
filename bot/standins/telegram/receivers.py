"""Who alone sees a message in a group, and whether a bot may send them one (Bot API 10.2, reshaped in 10.3).

An administrator may, to any member. Any other bot answers what has just been done: a press, by the query's id, or a
command or reply that only it sees, by that message's id. The published rules name no words of refusal.
"""

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.model import ANSWERABLE_S, Chat, ChatKind, Json


def receiver_of(context: Context, chat: Chat) -> Json | None:
    """The `User` object of the receiver; None for a message that everybody sees.

    Raises ApiError if the bot may not send them one.
    """
    wanted = context.params.mapping("ephemeral_message_parameters")
    if wanted is None:
        return None
    receiver = wanted.get("receiver_user_id")
    if chat.kind is ChatKind.PRIVATE or receiver not in chat.members:
        raise bad_request("USER_ID_INVALID")
    if not (
        chat.bots[context.bot.id].status == "administrator"
        or _answers_press(context, chat, wanted)
        or _answers_message(context, chat, receiver)
    ):
        raise bad_request("MESSAGE_NOT_COMMAND")
    return chat.members[receiver].to_api()


def _answers_press(context: Context, chat: Chat, wanted: Json) -> bool:
    query = context.bot.queries.get(wanted.get("callback_query_id") or "")
    if query is None or (query.person, query.chat) != (wanted["receiver_user_id"], chat.id):
        return False
    return context.world.clock.monotonic() - query.at_s <= ANSWERABLE_S


def _answers_message(context: Context, chat: Chat, receiver: int) -> bool:
    parameters = context.params.mapping("reply_parameters") or {}
    message = chat.messages.get(parameters.get("ephemeral_message_id") or 0)
    if message is None or message.receiver is None or message.sender["id"] != receiver:
        return False
    return message.receiver["id"] == context.bot.id and context.world.now_s() - message.date <= ANSWERABLE_S
