"""Guest mode: a bot that is not in a chat answers a message that names it there, once, and may edit its answer."""

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.keyboard import checked_keyboard
from bot.standins.telegram.model import Chat, Json, Message
from bot.standins.telegram.text import TEXT_LIMIT, checked, units

QUERY_LIFE_S = 60.0
"""Not published. Shorter than the real one may be, so that nobody relies on a longer one."""
RESULT_ID_BYTES = 64


def answer_guest_query(context: Context) -> Json:
    """Answer a question; the message's id is one of its own kind."""
    query = context.bot.guest_queries.get(context.params.text("guest_query_id"))
    too_old = query is not None and context.world.clock.monotonic() - query.at_s > QUERY_LIFE_S
    if query is None or query.answer is not None or too_old:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    result = context.params.mapping("result") or {}
    if result.get("type") != "article":
        raise bad_request("can't parse inline query result: the stand-in knows articles alone")
    if not 1 <= len(str(result.get("id", "")).encode()) <= RESULT_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if not result.get("title"):
        raise bad_request('can\'t parse inline query result: field "title" must be of type String')
    content = result.get("input_message_content") or {}
    text, entities = checked(str(content.get("message_text", "")), content.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    keyboard = checked_keyboard(result.get("reply_markup"))
    context.world.post_as_guest(context.bot, query, text, entities, keyboard)
    return {"inline_message_id": query.inline_id}


def inline_message(context: Context) -> tuple[Chat, Message]:
    """The answer of a guest that is to be edited; raises ApiError if it is gone or another bot's."""
    wanted = context.params.text("inline_message_id")
    query = next((query for query in context.bot.guest_queries.values() if query.inline_id == wanted), None)
    chat = context.world.groups[query.chat] if query is not None else None
    message = chat.messages.get(query.answer or 0) if chat is not None and query is not None else None
    if chat is None or message is None:
        raise bad_request("MESSAGE_ID_INVALID")
    return chat, message
